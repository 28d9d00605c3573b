"""The parts of the embedded engine that need no weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.engines.kokoro import align, pitch, stock, symbols
from sayso.engines.kokoro.voice import MAGIC, KokoroVoice, unpack
from sayso.errors import BadArtifact

RATE = 24_000


def voice(**changes) -> KokoroVoice:
    rng = np.random.default_rng(7)
    parts = {
        "affines": rng.normal(size=37_396).astype(np.float16).astype(np.float32),
        "prosody": rng.normal(size=(6, 128)).astype(np.float16).astype(np.float32),
        "prosody_symbols": stock.SYMBOLS,
        "pitch_ratio": 1.07,
        "rate_ratio": 0.93,
        "notes": {"seed": 3},
    }
    return KokoroVoice(**{**parts, **changes})


def test_a_voice_survives_its_file():
    parts = (np.full((2, 5, 3), 0.5, np.float32), np.full((4, 2), 0.25, np.float32))
    there = voice(deltas={"decoder.encode.conv1": parts})
    back = unpack(there.pack())
    np.testing.assert_array_equal(back.affines, there.affines)
    np.testing.assert_array_equal(back.prosody, there.prosody)
    assert set(back.deltas) == {"decoder.encode.conv1"}
    for kept, part in zip(back.deltas["decoder.encode.conv1"], parts, strict=True):
        np.testing.assert_array_equal(kept, part)
    assert (back.pitch_ratio, back.rate_ratio, back.notes, back.prosody_symbols) == (
        1.07,
        0.93,
        {"seed": 3},
        stock.SYMBOLS,
    )


def test_a_voice_is_at_most_200_kilobytes_and_the_same_voice_is_the_same_file():
    assert len(voice().pack()) < 200_000
    assert voice().pack() == voice().pack()


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_is_ever_loaded(at, bit):
    file = bytearray(voice().pack())
    file[at] ^= 1 << bit
    with pytest.raises(BadArtifact):
        unpack(bytes(file))


def test_a_file_from_the_future_is_refused_by_its_number():
    file = bytearray(voice().pack())
    file[len(MAGIC)] = 9
    with pytest.raises(BadArtifact, match="version 9, this program reads version 2"):
        unpack(bytes(file))


def test_pauses_of_its_own_survive_and_the_usual_ones_are_not_written():
    assert unpack(voice(pause_ratio=1.7).pack()).pause_ratio == 1.7
    assert unpack(voice().pack()).pause_ratio == 1.0
    assert b"pause_ratio" not in voice().pack()


@pytest.mark.parametrize("ratio", [-0.5, 1e9, float("inf"), float("nan"), 10**400])
def test_pauses_that_nobody_makes_are_refused(ratio):
    with pytest.raises(BadArtifact, match="cannot be read"):
        unpack(voice(pause_ratio=ratio).pack())


@pytest.mark.parametrize("content", [b"", b"not a voice", MAGIC, MAGIC + b"\x01" + bytes(60)])
def test_what_is_no_voice_is_refused(content):
    with pytest.raises(BadArtifact):
        unpack(content)


def test_the_style_of_the_nearest_length_is_used():
    some = voice()
    np.testing.assert_array_equal(some.row(9), some.prosody[0])
    np.testing.assert_array_equal(some.row(500), some.prosody[-1])


@pytest.mark.parametrize("hz", [75.0, 118.0, 210.0, 330.0])
def test_the_pitch_of_a_buzz_is_found_within_one_percent(hz):
    t = np.arange(RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 12)).astype(np.float32) * 0.1
    found = pitch.track(buzz)
    assert len(found) == RATE // pitch.HOP
    assert np.median(found) == pytest.approx(hz, rel=0.01)
    assert (found[4:-4] > 0).all()


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).normal(size=RATE).astype(np.float32) * 0.1
    assert (pitch.track(noise) > 0).mean() < 0.1
    assert (pitch.track(np.zeros(RATE, np.float32)) == 0).all()
    assert len(pitch.track(np.zeros(10, np.float32))) == 0


def test_phonemes_are_found_where_a_slower_reader_says_them():
    import torch

    rng = np.random.default_rng(1)

    def sounds(lengths: list[int]) -> np.ndarray:
        """Vowel-like buzzes of different colours, 25 ms a frame."""
        out = []
        for i, n in enumerate(lengths):
            t = np.arange(n * 600) / RATE
            tone = sum(
                np.sin(2 * np.pi * f * t)
                for f in (300 + 400 * (i % 3), 900 + 500 * (i % 4), 3000 - 350 * (i % 5))
            )
            out.append(tone * 0.1 + rng.normal(size=len(t)) * 0.003)
        return np.concatenate(out).astype(np.float32)

    fast, slow = [6, 4, 8, 5, 7, 6], [9, 7, 11, 8, 10, 9]
    found, _ = align.durations(torch.from_numpy(sounds(slow)), torch.from_numpy(sounds(fast)), np.array(fast))
    assert np.abs(np.cumsum(found) - np.cumsum(slow)).max() <= 2


def test_silence_is_what_is_quiet_for_a_tenth_of_a_second_beside_speech():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=600 * 100).astype(np.float32)
    level = np.full(100, 0.1, np.float32)
    level[20:30] = level[50:53] = level[96:] = 0.0005
    assert align.silences(noise * level.repeat(600)) == [(20, 30), (96, 100)]
    # Under noise of a room there are none left to see, and in a hiss there never were.
    assert align.silences(noise * 0.1) == []
    assert align.silences(np.zeros(600 * 50, np.float32)) == []
    assert align.silences(np.zeros(0, np.float32)) == []


@given(st.lists(st.floats(0, 60), min_size=0, max_size=20), st.integers(0, 30))
def test_durations_are_whole_positive_and_fill_the_recording(ends, extra):
    borders = np.sort(np.array(ends))
    total = max(60, len(ends) + 1) + extra
    found = align._whole(borders, total)
    assert found.sum() == total
    assert (found >= 1).all()


def test_only_symbols_of_the_network_get_numbers():
    assert symbols.ids("hˈI🙂") == [0, 50, 156, 25, 0]


def test_the_nearest_stock_voice_of_a_stock_voice_is_itself():
    for name in stock.READERS:
        own = stock.voices()[name]
        assert stock.nearest(own.embedding, own.pitch_hz, english=True).name == name
