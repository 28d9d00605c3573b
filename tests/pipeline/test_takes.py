"""What of the uploads a voice is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sayso.audio.spans import loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, HeardWord
from sayso.errors import TooLittleSpeech
from sayso.pipeline import ingest, training
from sayso.pipeline.ingest import Given, choose, speech_seconds

RATE_HZ = 16_000


class ScriptedEar:
    """Hears the same words in every stretch of sound; none at all where several are joined, if `is_muddled`."""

    def __init__(self, text: str, confidence: float = 0.9, *, is_muddled: bool = False) -> None:
        self.text = text
        self.confidence = confidence
        self.is_muddled = is_muddled
        self.heard: list[float] = []

    def hear(self, wave: Waveform, language: str | None = None) -> Heard:
        self.heard.append(wave.duration_s)
        spans = loud_spans(wave, bridge_s=0.55)
        # The pause between takes is longer than any within them.
        if self.is_muddled and len(spans) > 1:
            return Heard("", (), language or "en", 1.0)
        words: list[HeardWord] = []
        for span in spans:
            said = self.text.split()
            edges = np.linspace(span.start_s, span.end_s, len(said) + 1)
            words += [
                HeardWord(word, float(edges[i]), float(edges[i + 1]), self.confidence)
                for i, word in enumerate(said)
            ]
        return Heard(" ".join(word.text for word in words), tuple(words), language or "en", 1.0)


def speech(seconds: float, noise: float = 0.0005, seed: int = 0) -> Waveform:
    """Something with the rhythm of speech above some noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound = 0.3 * np.sin(2 * np.pi * 150 * t) * np.clip(np.sin(2 * np.pi * 2 * t), 0, 1)
    return Waveform((sound + rng.normal(0, noise, len(t))).astype(np.float32), RATE_HZ)


def silence(seconds: float) -> Waveform:
    return Waveform(np.zeros(round(seconds * RATE_HZ), np.float32), RATE_HZ)


def chosen(given: Sequence[Given], ear: ScriptedEar) -> list[tuple[float, str]]:
    return [(take.wave.duration_s, take.text) for take in choose(given, ear, "en", lambda *_: None)]


def test_the_clearest_recordings_are_taken_and_no_more_than_needed() -> None:
    noisy = [Given(speech(5.0, noise=0.05, seed=n), None) for n in range(3)]
    clear = [Given(speech(5.0, seed=9 + n), None) for n in range(3)]
    ear = ScriptedEar("some words")
    takes = choose([*noisy, *clear], ear, "en", lambda *_: None)
    assert 10 <= sum(take.wave.duration_s for take in takes) <= 15
    assert [take.text for take in takes] == ["some words"] * len(takes)
    assert len(ear.heard) == 1, "all is heard in one go"
    assert ear.heard[0] < 17, "what is not taken is not listened to"
    for take in takes:
        quiet = np.percentile(np.abs(take.wave.samples), 20)
        assert quiet < 0.01


def test_the_uploaders_spelling_is_kept_where_it_agrees_with_what_is_heard() -> None:
    given = [Given(speech(5.0), "Hello, World: it is I!")]
    assert chosen(given, ScriptedEar("hello world it is i"))[0][1] == "Hello, World: it is I!"


def test_where_text_and_sound_disagree_the_sound_wins() -> None:
    given = [Given(speech(5.0), "transcription")]
    assert chosen(given, ScriptedEar("what is really said"))[0][1] == "what is really said"


def test_long_recordings_are_cut_into_takes_whose_words_are_heard() -> None:
    takes = chosen([Given(speech(60.0), "a text of all sixty seconds")], ScriptedEar("a part"))
    assert all(duration_s <= 12.5 for duration_s, _ in takes)
    assert {text for _, text in takes} == {"a part"}
    assert 10 <= sum(duration_s for duration_s, _ in takes) <= 15


def test_whole_utterances_are_preferred_and_one_is_cut_where_they_are_too_few() -> None:
    ear = ScriptedEar("some words")
    whole = chosen([Given(speech(seconds, seed=int(seconds)), "some words") for seconds in (9, 8, 4)], ear)
    assert [round(duration_s) for duration_s, _ in whole] == [9, 4]
    cut = chosen([Given(speech(seconds, seed=int(seconds)), "some words") for seconds in (9, 8)], ear)
    assert 10 <= sum(duration_s for duration_s, _ in cut) <= 15
    assert len(cut) == 2
    # Far less clear ones are not taken for being whole.
    noisy = Given(speech(3.0, noise=0.05), None)
    clear = [Given(speech(9.0), None), Given(speech(8.0, seed=1), None)]
    takes = choose([*clear, noisy], ear, "en", lambda *_: None)
    assert len(takes) == 2
    assert all(np.percentile(np.abs(take.wave.samples), 20) < 0.01 for take in takes)


def test_what_is_not_understood_among_others_is_heard_alone() -> None:
    ear = ScriptedEar("some words", is_muddled=True)
    takes = chosen([Given(speech(4.0, seed=n), None) for n in range(3)], ear)
    assert [text for _, text in takes] == ["some words"] * 3
    assert len(ear.heard) == 4


def test_recordings_of_different_rates_are_heard_together() -> None:
    other = speech(4.0, seed=5)
    given = [Given(speech(4.0, seed=1), None), Given(Waveform(other.samples, 8_000), None)]
    takes = choose(given, ScriptedEar("some words"), "en", lambda *_: None)
    assert [(take.wave.rate_hz, take.text) for take in takes] == [
        (16_000, "some words"),
        (8_000, "some words"),
    ]


def test_silence_around_and_between_is_cut_out() -> None:
    samples = [silence(3.0), speech(4.0), silence(5.0), speech(4.0), silence(3.0)]
    wave = Waveform(np.concatenate([part.samples for part in samples]), RATE_HZ)
    takes = chosen([Given(wave, None)], ScriptedEar("words"))
    assert 7 <= sum(duration_s for duration_s, _ in takes) <= 9
    assert 6.5 <= speech_seconds(wave) <= 8.5


@pytest.mark.parametrize("ear", [ScriptedEar(""), ScriptedEar("perhaps", confidence=0.2)])
def test_recordings_without_words_are_refused(ear: ScriptedEar) -> None:
    with pytest.raises(TooLittleSpeech, match=r"0\.0 s"):
        choose([Given(speech(5.0), None)], ear, "en", lambda *_: None)


def test_nothing_is_refused_too() -> None:
    with pytest.raises(TooLittleSpeech):
        choose([], ScriptedEar("x"), None, lambda *_: None)
    with pytest.raises(TooLittleSpeech):
        choose([Given(silence(5.0), None)], ScriptedEar("x"), None, lambda *_: None)


def gathered(
    folder: Path, ear: ScriptedEar, *given: tuple[Waveform, str | None, bool]
) -> list[tuple[float, str]]:
    ingest.write_inputs(folder, ((ingest.flac(wave), text, is_sure) for wave, text, is_sure in given))
    ingest.gather(folder, ear, lambda *_: None)
    return [(round(take.wave.duration_s), take.text) for take in training.read_takes(folder)]


def test_a_professional_voice_hears_what_is_not_surely_said(tmp_path: Path) -> None:
    ear = ScriptedEar("what is heard")
    takes = gathered(
        tmp_path,
        ear,
        (speech(4.0), "as it was said", True),
        (speech(4.0), "nothing like it", False),
        (speech(4.0), None, False),
    )
    assert takes == [(4, "as it was said"), (4, "what is heard"), (4, "what is heard")]
    assert len(ear.heard) == 2


def test_of_more_than_can_be_learnt_the_takes_come_from_all_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "TRAINED_S", 20.0)
    given = [(speech(5.0, seed=n), f"number {n}", True) for n in range(9)]
    takes = gathered(tmp_path, ScriptedEar("nobody listens"), *given)
    assert [text for _, text in takes] == ["number 0", "number 2", "number 5", "number 8"]
