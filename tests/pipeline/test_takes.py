"""What of the uploads a voice is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sayso.audio.spans import loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, HeardWord
from sayso.engines.tone import ToneVoiceprints, pitch_hz
from sayso.errors import OtherSpeaker, TooLittleSpeech
from sayso.pipeline import ingest, training
from sayso.pipeline.ingest import Given, Listened, choose, speech_seconds
from sayso.pipeline.speaker_match import LINES, Witness

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
    ingest.write_inputs(
        folder, (ingest.Upload(ingest.flac(wave), text, is_sure) for wave, text, is_sure in given)
    )
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


def test_a_text_of_words_alone_gets_the_marks_that_are_heard_and_no_word(tmp_path: Path) -> None:
    ear = ScriptedEar("When it rained, they stayed at Rome.")
    takes = gathered(
        tmp_path,
        ear,
        (speech(4.0), "WHEN IT RAINED THEY STAYED AT HOME", True),
        (speech(4.0), "When it rained they stayed at home.", True),
        (speech(4.0, seed=1), "WHEN IT RAINED THEY STAYED AT HOME", False),
    )
    assert [text for _, text in takes] == [
        "WHEN IT RAINED, THEY STAYED AT HOME.",
        "When it rained they stayed at home.",
        "WHEN IT RAINED, THEY STAYED AT HOME.",
    ]
    assert len(ear.heard) == 2


def test_a_sure_text_stays_where_its_marks_are_not_heard(tmp_path: Path) -> None:
    ear = ScriptedEar("nothing, surely", confidence=0.01)
    given = [(speech(4.0), "words that were compared with their sound before", True)] * 3
    assert [text for _, text in gathered(tmp_path, ear, *given)] == [given[0][1]] * 3


def test_of_more_than_can_be_learnt_the_takes_come_from_all_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "TRAINED_S", 20.0)
    given = [(speech(5.0, seed=n), f"number {n}", True) for n in range(9)]
    takes = gathered(tmp_path, ScriptedEar("nobody listens"), *given)
    assert [text for _, text in takes] == ["number 0", "number 2", "number 5", "number 8"]


def person(seconds: float, pitch_hz: float, noise: float = 0.0005) -> Waveform:
    """Whom the tone engine's voiceprints know by the pitch."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    swell = np.clip(np.sin(2 * np.pi * 2 * t), 0.02, 1)
    samples = 0.3 * np.sin(2 * np.pi * pitch_hz * t) * swell + np.random.default_rng(1).normal(
        0, noise, len(t)
    )
    return Waveform(samples.astype(np.float32), RATE_HZ)


def after(*parts: Waveform) -> Waveform:
    gap = silence(2.0).samples
    return Waveform(np.concatenate([piece for part in parts for piece in (part.samples, gap)]), RATE_HZ)


def listened(
    folder: Path, *uploads: tuple[Waveform, float | None], consent: Waveform | None = None
) -> list[int]:
    """The pitches of the takes, in Hz."""
    given = [
        ingest.Upload(ingest.flac(wave), None, name=f"number {n}", looked_at_s=looked_at_s)
        for n, (wave, looked_at_s) in enumerate(uploads)
    ]
    ingest.write_inputs(folder, given, consent)
    ingest.listen(folder, ScriptedEar("some words"), lambda *_: None, ToneVoiceprints())
    return [round(pitch_hz(take.wave), -1) for take in training.read_takes(folder)]


def test_nothing_is_taken_from_what_was_not_looked_at(tmp_path: Path) -> None:
    late = after(person(5.0, 150.0, noise=0.02), person(5.0, 300.0))
    takes = listened(tmp_path, (late, 5.5), (late, 5.5), (late, 5.5))
    assert takes == [150] * 2
    assert ingest.read_listened(tmp_path) == Listened({}, {}, {}), (
        "what is heard is not the text of all of it"
    )


def test_a_piece_of_somebody_else_is_left_out_and_another_taken_for_it(tmp_path: Path) -> None:
    mixed = after(person(3.0, 150.0, noise=0.02), person(4.0, 300.0))
    consent = person(8.0, 150.0)
    assert listened(tmp_path, *[(mixed, None)] * 4, consent=consent) == [150] * 4
    # Of each of whose pieces one was left out it is known how much; no more of them is looked at than is needed.
    left_out = ingest.read_listened(tmp_path).other_s
    assert left_out
    assert all(seconds == pytest.approx(4.0, abs=0.3) for seconds in left_out.values())
    # Without a consent whoever speaks most is the speaker.
    both = [(person(4.0, 150.0), None), (person(4.5, 152.0), None), (person(3.0, 300.0), None)]
    assert listened(tmp_path, *both) == [150, 150]
    assert ingest.read_listened(tmp_path).other_s == {2: pytest.approx(3.0, abs=0.3)}
    assert set(ingest.read_listened(tmp_path).heard) == {0, 1}


def test_two_people_in_one_piece_are_no_take(tmp_path: Path) -> None:
    without_pause = Waveform(
        np.concatenate([person(4.0, 150.0).samples, person(4.0, 300.0).samples]), RATE_HZ
    )
    clean = person(6.0, 150.0, noise=0.02)
    takes = listened(tmp_path, (without_pause, None), (clean, None), consent=person(8.0, 150.0))
    assert takes == [150]
    assert training.read_takes(tmp_path)[0].wave.duration_s == pytest.approx(6.0, abs=0.5)


def test_where_too_much_is_somebody_elses_the_recordings_are_named(tmp_path: Path) -> None:
    others = [(person(4.0, 300.0), None)] * 3
    with pytest.raises(OtherSpeaker, match=r"“number 0”, .* in only 0\.0 s.*delete or replace"):
        listened(tmp_path, *others, consent=person(8.0, 150.0))


def test_short_takes_are_judged_together_and_one_alone_is_not(tmp_path: Path) -> None:
    consent = person(8.0, 150.0)
    short = after(*[person(1.3, 300.0)] * 3)
    assert listened(tmp_path, (short, None), (person(6.0, 150.0), None), consent=consent) == [150]
    cough = after(person(1.3, 300.0))
    assert listened(tmp_path, (cough, None), (person(6.0, 150.0), None), consent=consent) == [300, 150]


def test_what_a_voice_is_learnt_from_is_held_to_a_higher_line_than_a_whole_recording() -> None:
    encoder = ToneVoiceprints()
    consent = person(8.0, 150.0)
    print_ = encoder.embed_speech(consent)
    by_likeness = {
        float(print_ @ encoder.embed_speech(wave)): wave
        for wave in (person(6.0, hz) for hz in range(170, 190))
    }
    between = [wave for cosine, wave in by_likeness.items() if LINES.odd < cosine < LINES.window]
    above = [wave for cosine, wave in by_likeness.items() if LINES.window < cosine < LINES.window + 0.1]
    assert between
    assert above
    assert set(Witness(consent, encoder).others(between)) == {True}
    assert set(Witness(consent, encoder).others(above)) == {False}
