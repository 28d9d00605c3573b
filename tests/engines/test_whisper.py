"""The ear: speech -> words with times."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from real_speech import models_dir, utterances
from sayso.audio.band import through_telephone
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.base import HeardWord
from sayso.engines.whisper import (
    WhisperEar,
    _byte_of,
    _Chunk,
    _goes_in_circles,
    _trails_off,
    _with_unnoticed,
    log_mel,
)
from sayso.engines.whisper_tokens import Tokens
from sayso.errors import BadArtifact, BadRequest

RATE = 16_000


def noise(seconds: float, amplitude: float = 0.1) -> Waveform:
    rng = np.random.default_rng(7)
    return Waveform((amplitude * rng.standard_normal(round(seconds * RATE))).astype(np.float32), RATE)


def plain(text: str) -> list[str]:
    return re.sub(r"[^\w' ]+", " ", text.lower()).split()


def distance(expected: list[str], heard: list[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, a in enumerate(expected, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.5, 1_000), (7.0, 1_000), (12.0, 1_500), (29.0, 3_000), (40.0, 3_000)]
)
def test_features_have_the_shape_and_depth_the_network_was_trained_on(seconds, frames):
    features = log_mel(noise(seconds).samples)

    assert features.shape == (80, frames)
    assert features.dtype == np.float32
    assert features.max() - features.min() <= 2.0 + 1e-5  # 80 dB, divided by four


def test_features_of_a_tone_peak_where_the_tone_is():
    t = np.arange(RATE * 5) / RATE
    features = log_mel((0.5 * np.sin(2 * np.pi * 1_000 * t)).astype(np.float32))

    # 1 kHz is mel 15 of 45.2 on Slaney's scale up to 8 kHz: band 80 * 15 / 45.2 = 26.5 of 80.
    assert abs(int(features[:, 200].argmax()) - 26) <= 1


def test_every_byte_has_one_spelling():
    assert sorted(_byte_of().values()) == list(range(256))
    assert len(_byte_of()) == 256
    assert _byte_of()["Ġ"] == ord(" ")
    assert _byte_of()["A"] == ord("A")


def test_going_in_circles_is_noticed():
    assert _goes_in_circles("and then he said " * 12)
    assert not _goes_in_circles("no no no")
    assert not _goes_in_circles(
        "The quick brown fox jumps over the lazy dog while five wizards box quickly and judge."
    )


def test_an_ear_without_weights_says_what_to_do(tmp_path):
    with pytest.raises(BadArtifact, match="sayso models fetch"):
        WhisperEar(tmp_path, 1).hear(noise(1.0))


@pytest.fixture(scope="module")
def ear() -> WhisperEar:
    return WhisperEar(models_dir(), threads=2)


@pytest.mark.real
@pytest.mark.parametrize(
    "wave", [noise(3.0, 0.0), noise(3.0, 0.02), noise(0.0)], ids=["silence", "hiss", "nothing"]
)
def test_where_nobody_speaks_nothing_is_heard(ear, wave):
    heard = ear.hear(wave)

    assert heard.text == ""
    assert heard.words == ()
    assert heard.language_confidence == 0.0


@pytest.mark.real
def test_unknown_languages_are_refused(ear):
    with pytest.raises(BadRequest, match="english"):
        ear.hear(noise(1.0), "english")


@pytest.mark.real
def test_human_speech_is_understood_and_words_have_times(ear):
    errors = total = 0
    for utterance in utterances()[::6]:
        wave = utterance.wave()
        heard = ear.hear(wave)
        errors += distance(plain(utterance.text), plain(heard.text))
        total += len(plain(utterance.text))
        assert heard.language == "en"
        assert " ".join(word.text for word in heard.words) == re.sub(r"\s+", " ", heard.text)
        starts = [word.start_s for word in heard.words]
        assert starts == sorted(starts)
        assert all(0 <= w.start_s <= w.end_s <= wave.duration_s for w in heard.words)
        assert all(0 <= w.confidence <= 1 for w in heard.words)
    assert errors / total < 0.2  # 0.12 where it was written; these speakers are hard


@pytest.mark.real
def test_speech_longer_than_a_window_loses_no_words(ear):
    spoken = utterances()[:6]
    quiet = np.zeros(RATE // 3, np.float32)
    whole = Waveform(np.concatenate([part for u in spoken for part in (u.wave().samples, quiet)]), RATE)
    assert whole.duration_s > 31

    heard = ear.hear(whole, "en")

    expected = [word for u in spoken for word in plain(u.text)]
    assert distance(expected, plain(heard.text)) / len(expected) < 0.2
    assert heard.words[-1].end_s > whole.duration_s - 3
    assert heard.language_confidence == 1.0


@pytest.mark.real
@pytest.mark.parametrize(
    ("folder", "language"),
    [("lang_de_kerstin_16k", "de"), ("lang_nl_flemishguy_24k", "nl"), ("lang_it_carlo_16k", "it")],
)
def test_other_languages_are_recognised(ear, folder, language):
    longest = max(utterances(folder), key=lambda u: len(u.text))

    assert ear.hear(longest.wave()).language == language


@pytest.mark.real
def test_a_right_text_is_likely_and_another_is_not(ear):
    spoken = utterances()[::9]
    likely: dict[str, list[float]] = {"right": [], "wrong": []}
    for said, other in zip(spoken, [*spoken[1:], spoken[0]], strict=True):
        wave = said.wave().cut(0, 29.9)
        right, wrong = (ear.follow(wave, text, "en") for text in (said.text, other.text))
        assert len(right) == len(said.text.split())
        assert all(0 <= probability <= 1 for probability in right)
        assert np.mean(right) > np.mean(wrong) + 0.2
        likely["right"] += right
        likely["wrong"] += wrong
    assert np.mean(np.array(likely["right"]) > 0.3) > 0.8
    assert np.mean(np.array(likely["wrong"]) > 0.3) < 0.3


@pytest.mark.real
def test_following_nothing_or_too_much(ear):
    wave = Waveform(np.zeros(RATE, np.float32), RATE)
    assert ear.follow(wave, " ", "en") == ()
    assert set(ear.follow(wave, "word " * 500, "en")) == {0.0}
    assert max(ear.follow(wave, "something that nobody said", "en")) < 0.7
    with pytest.raises(BadRequest):
        ear.follow(wave, "x", "xx")


def test_text_is_spelt_with_the_longest_tokens_that_were_learnt_first():
    spelling = [
        b" ",
        *(bytes([c]) for c in b"abc'"),
        b"ab",
        b" ab",
        b" abc",
        "é".encode()[:1],
        "é".encode()[1:],
    ]
    tokens = Tokens(spelling)
    assert tokens.words("ab abc ca") == [[6], [7], [0, 3, 1]]
    assert tokens.words("é") == [[0, 8, 9]]
    assert tokens.words(" ") == []


@pytest.mark.real
def test_what_was_not_said_is_much_less_likely_than_what_was():
    from sayso.engines.kokoro.engine import KokoroEngine

    speaker = KokoroEngine(models_dir(), 1).reader("af_heart")
    said = np.concatenate([piece.wave.samples for piece in speaker.speak("I am aware of the open door.")])

    def rivals(language: str, words: Sequence[str]) -> list[tuple[int, int, str]]:
        at = list(words).index("aware")
        return [(at, at + 1, "unaware"), (at, at + 1, "not aware"), (at, at + 1, "aware")]

    heard = WhisperEar(models_dir(), 1).hear(Waveform(said, speaker.rate_hz), rivals=rivals)

    margins = [rival.nats for rival in heard.rivals]
    assert [rival.text for rival in heard.rivals] == ["unaware", "not aware", "aware"]
    assert {heard.words[rival.start].text for rival in heard.rivals} == {"aware"}
    assert min(margins[:2]) > 5.0
    assert margins[2] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "end_s", "trails_off"),
    [
        ("by...", 2.0, True),
        ("by\N{HORIZONTAL ELLIPSIS}", 2.0, True),
        ("by", 2.0, False),
        ("by.", 2.0, False),
        ("by...", 4.2, False),  # there is silence behind it, and half a second of something
    ],
)
def test_a_text_that_trails_off_while_speech_goes_on_is_not_the_whole_of_it(text, end_s, trails_off):
    chunk = _Chunk([Span(1.0, 3.0), Span(4.0, 5.6)], Span(0.8, 8.0))
    words = [HeardWord("used", 1.0, 1.3, 0.9), HeardWord(text, 1.3, end_s, 0.5)]

    assert _trails_off(words, chunk) is trails_off
    assert not _trails_off([], chunk)


def sounding(*levels_dbfs: float) -> Waveform:
    """A second of noise at each level, one after another."""
    rng = np.random.default_rng(7)
    parts = [10 ** (level / 20) * rng.standard_normal(RATE) for level in levels_dbfs]
    return Waveform(np.concatenate(parts).astype(np.float32), RATE)


def rounded(spans: Sequence[Span]) -> list[tuple[float, float]]:
    return [(round(span.start_s, 2), round(span.end_s, 2)) for span in spans]


def test_what_is_as_loud_as_speech_is_heard_as_well():
    wave = sounding(-70, -22, -70, -70, -20, -20, -70, -70, -70, -24, -70)

    found = _with_unnoticed(wave, [Span(4.0, 6.0)])

    assert rounded(found) == [(0.75, 2.25), (4.0, 6.0), (8.75, 10.25)]


def test_what_is_as_loud_as_speech_joins_speech_that_it_touches():
    assert rounded(_with_unnoticed(sounding(-20, -22, -70), [Span(0.1, 1.0)])) == [(0.1, 2.25)]


@pytest.mark.parametrize("beside_dbfs", [-30.0, -70.0, -300.0])
def test_pauses_and_noise_that_speech_stands_10_db_above_are_not_heard(beside_dbfs):
    spans = [Span(1.05, 1.95), Span(3.0, 4.0)]
    assert _with_unnoticed(sounding(beside_dbfs, -20, beside_dbfs, -20, beside_dbfs), spans) == spans


@pytest.mark.parametrize(
    ("wave", "spans"),
    [
        (sounding(-20), []),
        (Waveform(np.zeros(0, np.float32), RATE), []),
        (Waveform(np.full(100, 0.1, np.float32), RATE), [Span(0.0, 100 / RATE)]),
        (Waveform(np.zeros(RATE, np.float32), RATE), [Span(0.2, 0.2)]),
    ],
    ids=["no speech", "nothing", "a moment", "an empty stretch"],
)
def test_where_there_is_nothing_to_compare_nothing_is_added(wave, spans):
    assert _with_unnoticed(wave, spans) == spans


def read_by(name: str, text: str) -> Waveform:
    """`text` by one of Kokoro's own voices."""
    from sayso.engines.kokoro import stock
    from sayso.engines.kokoro.engine import KokoroEngine
    from sayso.engines.kokoro.voice import KokoroVoice

    engine, voice = KokoroEngine(models_dir(), 1), stock.voices()[name]
    speaker = engine.speaker(KokoroVoice(engine.affines(voice.timbre), voice.prosody, stock.SYMBOLS))
    return Waveform(np.concatenate([piece.wave.samples for piece in speaker.speak(text)]), speaker.rate_hz)


@pytest.mark.real
def test_a_whisper_is_heard_from_its_first_word():
    """By telephone the detector of speech notices less of it: whisper began with "aware that recordings"."""
    text = (
        "I am aware that recordings of my voice will be used by Quantiva "
        "to train and create a synthetic version of my voice by Sayso."
    )

    heard = WhisperEar(models_dir(), 1).hear(through_telephone(read_by("af_nicole", text)))

    assert plain(heard.text)[0] in ("i", "i'm")
    assert "recordings of my voice" in heard.text


@pytest.mark.real
def test_a_sentence_with_a_hesitation_is_heard_to_its_end():
    """Of this very sound whisper writes "... used by..." and stops."""
    text = (
        "I am aware that recordings of my voice will be used by, uhm, Quantiva "
        "to train and create a, a synthetic version of my voice by Sayso."
    )

    heard = WhisperEar(models_dir(), 1).hear(read_by("af_sarah", text))

    assert plain(heard.text)[0] in ("i", "i'm")
    assert "synthetic version of my voice" in heard.text


@pytest.mark.real
def test_a_name_that_is_known_is_written_as_it_is_and_nothing_else_changes():
    """Without it whisper writes "Zifra Labs". Both stretches follow the same text."""
    said = read_by("af_heart", "My uncle works for Zyphora Labs in town.")
    pause = np.zeros(5 * said.rate_hz, np.float32)
    other = read_by("af_heart", "The harbour was quiet before the first boats came back.")
    whole = Waveform(np.concatenate([said.samples, pause, other.samples]), said.rate_hz)
    ear = WhisperEar(models_dir(), 1)

    known = ear.hear(whole, "en", before="Zyphora Labs. Sayso.")

    assert "Zyphora Labs" in known.text
    assert plain(known.text)[-4:] == ["first", "boats", "came", "back"]
    assert "Zyphora" not in ear.hear(other, "en", before="Zyphora Labs. " * 300).text


@pytest.mark.real
def test_names_are_told_by_the_language_alone_too():
    from sayso.engines.kokoro.engine import KokoroEngine

    speaker = KokoroEngine(models_dir(), 1).reader("af_heart")
    said = np.concatenate(
        [piece.wave.samples for piece in speaker.speak("My uncle works for Quantiva in town.")]
    )

    def names(language: str, words: Sequence[str]) -> list[tuple[int, int, str]]:
        at = list(words).index("in")
        return [(at - 1, at, name) for name in ("Quantiva", "Microsoft")]

    heard = WhisperEar(models_dir(), 1).hear(Waveform(said, speaker.rate_hz), names=names)

    expected, usual = heard.names
    assert expected.nats < 7.0 < usual.nats
    assert usual.unusual_nats < expected.unusual_nats
    assert expected.nats - expected.unusual_nats < usual.nats - usual.unusual_nats - 10.0
    assert heard.rivals == ()
