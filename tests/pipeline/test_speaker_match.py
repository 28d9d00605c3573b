"""The speaker of the consent against those of the recordings."""

import numpy as np
import pytest

from real_speech import models_dir, utterances
from sayso.audio.band import through_telephone
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.voiceprint import VoiceprintEncoder, unit
from sayso.pipeline.speaker_match import (
    LINES,
    NARROW_LINES,
    Witness,
    between_heaps,
    compare,
    judged,
    spread,
)

RATE_HZ = 16_000
SENTENCES = (
    "I would like to read a few quiet sentences for you, so that my voice is heard.",
    "The train to the coast leaves from the second platform this morning.",
    "Nobody had seen the old map since the library moved to its new building.",
)


@pytest.mark.parametrize(
    ("similarity", "each", "turns", "refused", "unsure"),
    [
        (0.9, (0.8, 0.8), 0.8, [], []),
        (LINES.accept, (0.8,), None, [], []),
        (LINES.accept - 0.01, (0.8,), 0.8, [], ["unsure_speaker"]),
        (LINES.refuse, (0.5,), 0.8, [], ["unsure_speaker"]),
        (LINES.refuse - 0.01, (0.4,), 0.8, ["other_speaker"], []),
        (0.7, (0.8, 0.1, 0.8), 0.8, ["other_recordings"], []),
        (0.7, (0.8, None, 0.8), 0.8, [], []),
        (0.1, (0.1, 0.1), 0.8, ["other_speaker"], []),
        (0.7, (0.8, 0.8), 0.2, ["two_speakers"], []),
        (None, (), 0.8, [], ["unsure_speaker"]),
        (None, (None, None), 0.2, ["two_speakers"], ["unsure_speaker"]),
    ],
)
def test_the_lines_decide(similarity, each, turns, refused, unsure):
    assert judged(similarity, each, turns) == (refused, unsure)


@pytest.mark.parametrize("lines", [LINES, NARROW_LINES])
def test_the_lines_lie_in_order(lines):
    assert lines.odd <= lines.refuse < lines.accept
    # A piece is not refused where a whole consent would be for a person to decide.
    assert lines.odd < lines.window <= lines.refuse


def test_two_heaps_are_found_in_whatever_order_they_come():
    rng = np.random.default_rng(1)
    first, second = unit(rng.standard_normal((2, 192)).astype(np.float32))
    mixed = np.stack([first, second, second, first, second, first])
    vectors = unit(mixed + 0.03 * rng.standard_normal((6, 192)).astype(np.float32))

    assert between_heaps(vectors) == pytest.approx(float(first @ second), abs=0.1)
    assert between_heaps(vectors[[0, 3, 5]]) > 0.8


def test_the_same_stretch_twice_is_one_heap():
    vector = unit(np.ones((1, 192), np.float32))

    assert between_heaps(np.repeat(vector, 2, axis=0)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0.0), (14.0, 14.0), (15.0, 15.0), (15.01, 15.0), (100.0, 15.0)]
)
def test_long_speech_is_heard_all_over(seconds, expected):
    wave = Waveform(np.linspace(0.0, 1.0, round(seconds * RATE_HZ), dtype=np.float32), RATE_HZ)

    heard = spread(wave, 15.0)

    assert heard.duration_s == pytest.approx(expected)
    if expected:
        assert heard.samples[0] == pytest.approx(0.0, abs=1e-3)
        assert heard.samples[-1] == pytest.approx(1.0, abs=1e-3)


@pytest.fixture(scope="module")
def encoder() -> VoiceprintEncoder:
    return VoiceprintEncoder(models_dir())


@pytest.mark.real
@pytest.mark.parametrize("seconds", [0.0, 0.3, 5.0])
def test_silence_is_nobody(encoder, seconds):
    silence = Waveform(np.zeros(round(seconds * RATE_HZ), np.float32), RATE_HZ)

    match = compare(silence, [silence], encoder)

    assert (match.verdict, match.reasons) == ("refused", ("no_speech",))
    assert (match.similarity, match.each, match.turns, match.snr_db) == (None, (None,), None, None)


@pytest.mark.real
def test_people_are_themselves_and_nobody_else(encoder):
    people: dict[str, list[Waveform]] = {}
    for utterance in utterances():
        people.setdefault(utterance.speaker, []).append(utterance.wave())
    (one, *ones), (other, *others) = list(people.values())[:2]

    honest = compare(one, ones[:3], encoder)
    stranger = compare(other, ones[:3], encoder)
    swapped = compare(one, [*ones[:2], others[0]], encoder)
    both = compare(Waveform(np.concatenate([one.samples, other.samples]), one.rate_hz), ones[:3], encoder)

    assert (honest.verdict, honest.reasons, honest.odd) == ("accepted", (), ())
    assert stranger.verdict == "refused"
    assert stranger.odd == (0, 1, 2)
    assert (swapped.verdict, swapped.odd) == ("refused", (2,))
    assert "two_speakers" in both.reasons


@pytest.mark.real
def test_a_telephone_is_compared_as_one(encoder):
    people: dict[str, list[Waveform]] = {}
    for utterance in utterances():
        people.setdefault(utterance.speaker, []).append(utterance.wave())
    (one, *ones), (other, *_) = list(people.values())[:2]

    honest = compare(through_telephone(one), ones[:3], encoder)
    stranger = compare(resample(other, 8_000), ones[:3], encoder)

    assert honest.is_narrow
    assert stranger.is_narrow
    assert (honest.verdict, honest.line) == ("accepted", NARROW_LINES.accept)
    assert stranger.verdict == "refused"


@pytest.fixture(scope="module")
def readers() -> dict[str, list[Waveform]]:
    """Two synthetic readers: what runs where there is no human speech."""
    from sayso.engines.kokoro.engine import KokoroEngine

    engine = KokoroEngine(models_dir(), 2)
    said: dict[str, list[Waveform]] = {}
    for name, sentences in (("am_michael", SENTENCES), ("bm_george", SENTENCES[:1])):
        speaker = engine.reader(name)
        for text in sentences:
            wave = np.concatenate([piece.wave.samples for piece in speaker.speak(text)])
            said.setdefault(name, []).append(Waveform(wave, speaker.rate_hz))
    return said


@pytest.mark.real
@pytest.mark.parametrize("noise_db", [None, 10.0])
def test_a_reader_is_accepted_and_another_refused(encoder, readers, noise_db):
    def spoilt(wave: Waveform) -> Waveform:
        if noise_db is None:
            return wave
        noise = np.cumsum(np.random.default_rng(1).standard_normal(len(wave.samples)))
        noise -= np.convolve(noise, np.ones(200) / 200, mode="same")
        noise *= np.sqrt(np.mean(wave.samples**2) / np.mean(noise**2)) * 10 ** (-noise_db / 20)
        return Waveform((wave.samples + noise).astype(np.float32), wave.rate_hz)

    (michael, *michaels), (george, *_) = readers.values()

    honest = compare(spoilt(michael), michaels, encoder)
    stranger = compare(spoilt(george), michaels, encoder)

    assert honest.verdict == "accepted"
    assert (stranger.verdict, stranger.odd) == ("refused", (0, 1))
    if noise_db is not None:
        assert honest.snr_db == pytest.approx(noise_db, abs=5.0)


@pytest.mark.real
@pytest.mark.parametrize("turn_s", [2.0, 1.25])
def test_two_who_take_short_turns_are_not_accepted(encoder, readers, turn_s):
    (michael, *michaels), (george, *_) = readers.values()
    size = round(turn_s * michael.rate_hz)
    both = michael.samples[: len(george.samples)].copy()
    for start in range(size, len(both), 2 * size):
        both[start : start + size] = george.samples[start : start + size][: len(both) - start]

    mixed = compare(Waveform(both, michael.rate_hz), michaels, encoder)
    alone = compare(Waveform(michael.samples[: len(both)], michael.rate_hz), michaels, encoder)

    assert mixed.verdict != "accepted"
    assert "unsure_turns" in mixed.reasons
    assert (alone.verdict, alone.reasons) == ("accepted", ())
    assert alone.strangest > LINES.strange + 0.05


@pytest.mark.real
def test_clipping_and_one_short_recording_are_borne(encoder, readers):
    michael, *michaels = readers["am_michael"]
    limit = float(np.quantile(np.abs(michael.samples), 0.95))
    clipped = Waveform(np.clip(michael.samples, -limit, limit), michael.rate_hz)

    match = compare(clipped, [michaels[0], michaels[1].cut(0.0, 0.3)], encoder)

    assert match.verdict == "accepted"
    assert match.each[1] is None


@pytest.mark.real
def test_without_recordings_a_person_decides(encoder, readers):
    match = compare(readers["am_michael"][0], [], encoder)

    assert (match.verdict, match.similarity, match.each) == ("review", None, ())


@pytest.mark.real
def test_a_witness_knows_pieces_of_the_reader_from_those_of_another(encoder, readers):
    (michael, *michaels), (george, *_) = readers.values()
    size = min(len(michaels[0].samples), len(george.samples))
    mixed = Waveform(np.concatenate([michaels[0].samples, george.samples[:size]]), george.rate_hz)
    pieces = [michaels[0], george, michaels[1].cut(0.3, 2.6), mixed, george.cut(0.3, 1.2)]

    assert Witness(michael, encoder).others(pieces) == (False, True, False, True, False)
    assert Witness(None, encoder).others([michael, *michaels, george]) == (False, False, False, True)
