"""The humming engine learns a pitch; its ear hears any loud sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.base import Take
from sayso.engines.tone import ToneEar, ToneEngine, ToneSpeaker, ToneVoiceprints, pitch_hz, sentences
from sayso.text.english.sayable import is_sayable


def hum(hz: float, seconds: float = 2.0, rate_hz: int = 16_000) -> Waveform:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return Waveform((0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32), rate_hz)


@pytest.mark.parametrize("hz", [80.0, 150.0, 220.0, 380.0])
def test_a_clone_hums_at_the_pitch_of_its_takes(hz: float, tmp_path: Path) -> None:
    path = ToneEngine().clone([Take(hum(hz), "la")], tmp_path, 1, lambda *_: None)
    speaker = ToneEngine().load(path.read_bytes())
    assert speaker.pitch_hz == pytest.approx(hz, rel=0.02)
    piece = next(speaker.speak("A long sentence to measure the pitch of."))
    assert pitch_hz(piece.wave) == pytest.approx(hz, rel=0.03)


def test_a_finished_take_is_not_learnt_again(tmp_path: Path) -> None:
    takes = [Take(hum(100.0), "la"), Take(hum(101.0), "la")]

    def break_off(_stage: str, fraction: float, _left_s: float | None) -> None:
        if fraction >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ToneEngine().clone(takes, tmp_path, 1, break_off)
    assert '"learnt": [1' in (tmp_path / "tone.learnt.json").read_text()


def test_the_ear_hears_sound_and_no_silence() -> None:
    heard = ToneEar().hear(hum(150.0, 1.4))
    assert heard.text == "la la la la"
    silent = ToneEar().hear(Waveform(np.zeros(16_000, np.float32), 16_000))
    assert (silent.text, silent.words) == ("", ())


@given(st.text(max_size=80))
def test_no_word_is_lost_or_said_twice(text: str) -> None:
    pieces = sentences(text)
    spoken = [c for piece in pieces for c in piece if c.isalnum()]
    assert spoken == ([c for c in text if c.isalnum()] if is_sayable(text) else [])


def test_two_seeds_differ() -> None:
    one, two = (next(ToneSpeaker(150.0).speak("la", seed=seed)).wave.samples for seed in (1, 2))
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
def test_the_ear_understands_what_the_engine_hums(rate_hz: int) -> None:
    said = "I am aware of it. Number 42, really?"
    pieces = [piece.wave for piece in ToneSpeaker(140.0).speak(said)]
    whole = Waveform(np.concatenate([np.zeros(777, np.float32), *(w.samples for w in pieces)]), 24_000)
    heard = ToneEar().hear(resample(whole, rate_hz))
    assert heard.text == said.lower()
    assert heard.words[0].start_s == pytest.approx(777 / 24_000, abs=0.03)


def test_two_hums_are_as_alike_as_their_pitches() -> None:
    prints = ToneVoiceprints()
    low, near, far = (prints.embed_speech(hum(hz)) for hz in (120.0, 121.0, 160.0))
    assert float(low @ low) == pytest.approx(1.0)
    assert float(low @ near) > 0.95
    assert float(low @ far) < 0.5
