"""What is told of a consent whose sound is refused, and what may be why another one failed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.domain.consent import Findings
from sayso.engines.registry import EngineOptions
from sayso.pipeline.consent import MOST_HEARD_S, Asked, examine
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
