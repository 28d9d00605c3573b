"""What is told of a consent whose sound is refused, and what may be why another one failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from sayso.audio import codec
from sayso.audio.band import through_telephone
from sayso.audio.waveform import Waveform
from sayso.domain.consent import CAUSES, Findings, Reason, Verdict
from sayso.engines.registry import EngineOptions
from sayso.engines.watermark import MARKED
from sayso.pipeline.consent import MAYBE_MARKED, MOST_CLIPPED, MOST_HEARD_S, Asked, _microphone, examine
from sayso.pipeline.tools import make_tools
from sayso.text.consent.statement import load
from serving import STATEMENT, humming, saying

ASKED = Asked("Bread Radio", ("sayso",), load(), "en", mark_confidence=0.1)
TOOLS = make_tools("tone", EngineOptions(Path(), 1))
RECORDING = codec.decode(humming(4.0))
NUMBERS = {
    *("duration_s", "speech_s", "speech_level_dbfs", "clipped_ratio", "watermark_confidence"),
    *("words_heard", "language", "word_confidence", "coverage", "company_similarity", "platform_similarity"),
    *("speaker_similarity", "speaker_line", "speaker_refuse_line", "recordings", "snr_db"),
}


def said(text: str = STATEMENT, gain: float = 1.0, more_s: float = 0.0) -> Waveform:
    wave = codec.decode(saying(text))
    hum = codec.decode(humming(more_s, rate_hz=wave.rate_hz)).samples if more_s else np.zeros(0, np.float32)
    return Waveform(np.concatenate([gain * wave.samples, hum]).astype(np.float32), wave.rate_hz)


def check(consent: Waveform) -> Findings:
    return examine(consent, {"00": lambda: RECORDING}, ASKED, TOOLS, lambda *_: None)


def codes(found: Findings) -> set[str]:
    return {reason.code for reason in found.reasons}


@pytest.mark.parametrize(
    ("consent", "code", "is_judged"),
    [
        (said(more_s=61.0), "too_long", True),
        (said(more_s=4 * MOST_HEARD_S), "too_long", True),
        (said().cut(0.0, 1.5), "too_short", False),
        (said(gain=0.001), "too_quiet", True),
        (Waveform(np.zeros(64_000, np.float32), 16_000), "no_speech", False),
        (Waveform(np.zeros(160, np.float32) + 0.1, 16_000), "too_short", False),
    ],
    ids=["61 s more", "eight minutes", "1.5 s", "very low", "nobody", "10 ms"],
)
def test_every_number_is_told_when_the_sound_is_refused(
    consent: Waveform, code: str, *, is_judged: bool
) -> None:
    found = check(consent)
    assert code in codes(found)
    assert found.numbers.keys() >= NUMBERS
    assert found.has_recordings is is_judged
    if is_judged:
        assert found.numbers["speaker_similarity"] > 0.9
        assert str(found.numbers["words_heard"]).lower().startswith(STATEMENT[:40].lower())
    else:
        assert codes(found) == {code}


def test_who_decides_about_what_is_too_long_sees_what_is_wrong_with_its_words() -> None:
    found = check(said(STATEMENT.replace("I am aware", "I am not aware"), more_s=61.0))
    assert codes(found) >= {"too_long", "words_negated"}


NEGATED = STATEMENT.replace("I am aware", "I am not aware")


def hissing(wave: Waveform) -> Waveform:
    """With a little of everything above 4 kHz, as any microphone gives, and pauses in it."""
    hiss = 0.002 * np.random.default_rng(0).standard_normal(len(wave.samples))
    return Waveform((wave.samples + hiss).astype(np.float32), wave.rate_hz)


def clipped(wave: Waveform, ratio: float) -> Waveform:
    """Its loudest part of `ratio` on a flat top."""
    top = float(np.quantile(np.abs(wave.samples), 1.0 - ratio))
    return Waveform(np.clip(wave.samples, -top, top), wave.rate_hz)


def in_a_hall(wave: Waveform, decay_s: float = 0.6) -> Waveform:
    t = np.arange(round(decay_s * wave.rate_hz)) / wave.rate_hz
    tail = np.random.default_rng(1).standard_normal(len(t)) * 10.0 ** (-3.0 * t / decay_s)
    tail[0] = 1.0
    wet = scipy.signal.fftconvolve(wave.samples, tail)[: len(wave.samples)]
    return Waveform((0.5 * wet / np.abs(wet).max()).astype(np.float32), wave.rate_hz)


def remedies(wave: Waveform, snr_db: float = 30.0, clipped_ratio: float = 0.0) -> dict[str, str]:
    reason = Reason("words_missing", Verdict.REFUSED, "A part was not heard.", "Say all of it.")
    numbers = {"snr_db": snr_db, "clipped_ratio": clipped_ratio}
    return {one.code: one.remedy for one in _microphone(wave, [reason], numbers)}


def test_a_remedy_fits_what_is_wrong_with_the_recording() -> None:
    wave = hissing(said())
    assert "gain down" in remedies(wave, clipped_ratio=0.01)["some_clipping"]
    assert "some_clipping" not in remedies(wave, clipped_ratio=MOST_CLIPPED + 0.01)
    assert "some_clipping" not in remedies(wave)
    assert "not over a call" in remedies(through_telephone(wave))["telephone"]
    assert "telephone" not in remedies(wave)
    assert "quiet" in remedies(wave, snr_db=5.0)["noisy"]
    hall = remedies(in_a_hall(wave))
    assert "hand's breadth" in hall["reverberant"]
    assert _microphone(wave, [], {"snr_db": 30.0, "clipped_ratio": 0.01}) == []


def test_what_may_be_why_is_told_beside_a_refusal_and_never_alone() -> None:
    assert "some_clipping" in codes(check(clipped(hissing(said(NEGATED)), 0.01)))
    fine = check(clipped(hissing(said()), 0.01))
    assert not fine.standing, fine


@pytest.mark.parametrize(
    ("confidence", "code", "verdict"),
    [
        (MAYBE_MARKED - 0.01, None, Verdict.ACCEPTED),
        (MAYBE_MARKED, "maybe_synthetic", Verdict.REVIEW),
        (MARKED - 0.001, "maybe_synthetic", Verdict.REVIEW),
        (MARKED, "synthetic", Verdict.REFUSED),
    ],
)
def test_a_watermark_is_refused_and_a_hint_of_one_is_left_to_a_person(
    confidence: float, code: str | None, verdict: Verdict
) -> None:
    asked = replace(ASKED, mark_confidence=confidence)
    found = examine(hissing(said()), {"00": lambda: RECORDING}, asked, TOOLS, lambda *_: None)
    assert codes(found) - CAUSES == ({code} if code else set())
    assert found.verdict is verdict
