"""Speech in another language is refused before anything is learnt; a doubt never is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, Rivals
from sayso.engines.tone import ToneEar, ToneSpeaker
from sayso.errors import OtherLanguage
from sayso.pipeline.ingest import Given, choose
from sayso.pipeline.language import LOOKS, expect_english

GERMAN = "Ich bin hier und du bist nicht hier, aber wir sind es heute."
ENGLISH = "The boats were late today, and nobody could say when they would come."


def said(text: str) -> Waveform:
    return Waveform(np.concatenate([piece.wave.samples for piece in ToneSpeaker(150.0).speak(text)]), 24_000)


class Doubtful:
    """An ear that is as sure of languages as it is told to be, one recording after the other."""

    def __init__(self, *answers: dict[str, float]) -> None:
        self._answers = list(answers)
        self.looked = 0

    def languages(self, _: Waveform) -> tuple[tuple[str, float], ...]:
        answer = self._answers[self.looked % len(self._answers)]
        self.looked += 1
        return tuple(sorted(answer.items(), key=lambda item: -item[1]))

    def hear(self, *_: object) -> Heard:
        raise AssertionError("no words are wanted")


def seconds(*lengths: float) -> list[Waveform]:
    return [Waveform(np.full(round(16_000 * s), 0.1, np.float32), 16_000) for s in lengths]


def test_another_language_is_named_with_how_sure_and_what_to_do() -> None:
    with pytest.raises(OtherLanguage) as told:
        expect_english([said(GERMAN)] * 3, ToneEar())
    assert str(told.value).startswith("The recordings are in German (95 % sure, from 3 of them)")
    assert "English speech only" in str(told.value)
    assert "start the build again" in str(told.value)


def test_english_passes_and_so_does_what_is_only_partly_in_another_language() -> None:
    expect_english([said(ENGLISH)] * 3, ToneEar())
    expect_english([said(ENGLISH), said(GERMAN), said(GERMAN)], ToneEar())
    expect_english([], ToneEar())
    expect_english(seconds(3.0), Doubtful({}))


@pytest.mark.parametrize(
    "answers",
    [
        [{"cy": 0.55, "en": 0.05, "de": 0.4}],  # Nobody knows what it is.
        [{"cy": 0.75, "en": 0.25}],  # An accent.
        [{"de": 0.99, "en": 0.01}, {"en": 0.9, "de": 0.1}],  # Two languages, or a name in one of them.
        [{"de": 0.99}, {"nl": 0.99}, {"fr": 0.99}],  # A guess, each time another.
    ],
)
def test_where_the_ear_is_in_doubt_the_build_goes_on(answers: Sequence[dict[str, float]]) -> None:
    expect_english(seconds(5.0, 5.0, 5.0), Doubtful(*answers))


def test_of_many_recordings_only_a_few_of_the_longest_are_looked_at() -> None:
    ear = Doubtful({"ru": 0.97, "en": 0.01})
    with pytest.raises(OtherLanguage, match=rf"Russian \(97 % sure, from {LOOKS} of them"):
        expect_english(seconds(*[4.0] * 100), ear)
    assert ear.looked == LOOKS
    # What is too short to tell is looked at only where there is nothing else.
    ear = Doubtful({"ru": 0.97})
    with pytest.raises(OtherLanguage):
        expect_english(seconds(5.0, 1.0, 1.0), ear)
    assert ear.looked == 1


def test_a_language_without_a_name_here_is_called_by_its_code() -> None:
    with pytest.raises(OtherLanguage, match="in the language “tlh”"):
        expect_english(seconds(5.0), Doubtful({"tlh": 0.9}))


class Counting(ToneEar):
    """Counts what the choice of takes asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def hear(self, wave: Waveform, language: str | None = None, rivals: Rivals | None = None) -> Heard:
        self.asked.append(f"hear {language}")
        return super().hear(wave, language, rivals)

    def languages(self, wave: Waveform) -> tuple[tuple[str, float], ...]:
        self.asked.append("languages")
        return super().languages(wave)


def test_a_rapid_build_of_english_is_heard_once_and_not_looked_at_again() -> None:
    ear = Counting()
    takes = choose([Given(said(ENGLISH), None)] * 3, ear, "en", lambda *_: None)
    assert takes
    assert ear.asked == ["hear None"]


def test_a_rapid_build_of_another_language_ends_before_takes_are_made() -> None:
    ear = Counting()
    with pytest.raises(OtherLanguage, match="German"):
        choose([Given(said(GERMAN), GERMAN)] * 3, ear, "en", lambda *_: None)
    assert ear.asked == ["hear None", *["languages"] * 3]
    # Half of it English: what was heard as German is heard again.
    ear = Counting()
    mixed = [Given(said(f"{GERMAN} {GERMAN}"), None), Given(said(ENGLISH), None)]
    assert choose(mixed, ear, "en", lambda *_: None)
    assert ear.asked == ["hear None", "languages", "languages", "hear en"]
