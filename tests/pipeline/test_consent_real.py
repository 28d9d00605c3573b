"""Consents with the real models: synthetic readers say the statement, and what is not the statement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from real_speech import models_dir
from sayso.audio.waveform import Waveform
from sayso.domain.consent import ConsentState, Findings, Verdict
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.registry import EngineOptions
from sayso.engines.watermark import SpokenMarks, Watermark
from sayso.pipeline.consent import Asked, examine
from sayso.pipeline.tools import make_tools
from sayso.text.consent.statement import load
from serving import STATEMENT

pytestmark = pytest.mark.real

READ = (
    "The train to the coast leaves from the second platform this morning.",
    "Nobody had seen the old map since the library moved to its new building.",
)
Say = Callable[[str, str], Waveform]
Check = Callable[..., Findings]


@pytest.fixture(scope="module")
def say() -> Say:
    engine = KokoroEngine(models_dir(), 2)

    def one(reader: str, text: str) -> Waveform:
        speaker = engine.reader(reader)
        return Waveform(np.concatenate([said.wave.samples for said in speaker.speak(text)]), speaker.rate_hz)

    return one


@pytest.fixture(scope="module")
def check() -> Check:
    tools = make_tools("kokoro", EngineOptions(models_dir(), 2))
    statements = load()

    marks = SpokenMarks(models_dir())

    def one(consent: Waveform, *recordings: Waveform, phrase: str | None = None) -> Findings:
        platforms = ("sayso", "Resemble AI")
        asked = Asked("", platforms, statements, "en", phrase, marks.confidence(consent))
        sounds = {str(n): lambda wave=wave: wave for n, wave in enumerate(recordings)}
        return examine(consent, sounds, asked, tools, lambda *_: None)

    return one


def codes(found: Findings) -> set[str]:
    return {reason.code for reason in found.reasons if reason.verdict is not Verdict.ACCEPTED}


def test_the_statement_by_the_speaker_of_the_recordings_is_accepted(say: Say, check: Check) -> None:
    found = check(say("am_michael", STATEMENT), *(say("am_michael", text) for text in READ))
    assert found.state is ConsentState.ACCEPTED, found
    assert found.numbers["language"] == "en"
    assert found.numbers["speaker_similarity"] > found.numbers["speaker_line"]
    assert check(say("am_michael", STATEMENT)).state is ConsentState.WAITING


def test_another_reader_is_refused(say: Say, check: Check) -> None:
    found = check(say("af_heart", STATEMENT), *(say("am_michael", text) for text in READ))
    assert "other_speaker" in codes(found)
    assert found.verdict is Verdict.REFUSED


def test_a_stranger_among_the_recordings_is_named(say: Say, check: Check) -> None:
    found = check(say("am_michael", STATEMENT), say("am_michael", READ[0]), say("af_heart", READ[1]))
    assert "other_recordings" in codes(found)
    mine, stranger = (entry["similarity"] for entry in found.numbers["recordings"])
    assert mine > stranger


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT.replace("I am aware", "I am not aware"),
        STATEMENT.replace("to train and create a synthetic version of my voice ", ""),
        "The kettle is on the stove, and the children are playing in the garden behind the house.",
    ],
)
def test_other_words_are_refused(say: Say, check: Check, text: str) -> None:
    assert check(say("af_heart", text)).verdict is Verdict.REFUSED


def test_our_own_speech_is_no_consent(say: Say, check: Check) -> None:
    marked = Watermark(models_dir()).mark(say("am_michael", STATEMENT))
    assert codes(check(marked)) == {"synthetic"}


def test_a_phrase_must_be_heard(say: Say, check: Check) -> None:
    said = say("am_michael", f"Four, one, seven, nine, two. {STATEMENT}")
    assert check(said, phrase="4 1 7 9 2").state is ConsentState.WAITING
    assert codes(check(said, phrase="3 8 5 0 6")) == {"phrase_missing"}


def test_a_bad_microphone_is_named_beside_another_reason(say: Say, check: Check) -> None:
    said = say("af_heart", STATEMENT)
    noise = np.random.default_rng(1).standard_normal(len(said.samples)).astype(np.float32)
    drowned = Waveform(said.samples + np.float32(np.sqrt(np.mean(said.samples**2))) * noise, said.rate_hz)
    found = check(drowned, say("am_michael", READ[0]))
    assert {"other_speaker", "noisy"} <= codes(found)
    assert "record it again where it is quiet" in (found.issue or "")
    assert "noisy" not in codes(check(said, say("am_michael", READ[0])))
