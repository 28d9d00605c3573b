"""What a script asks for is in the sound: golden by tolerance, as the tone ear understands it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import real_speech
from sayso.audio.level import rms_dbfs
from sayso.audio.spans import loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import Speaker, Spoken
from sayso.engines.kokoro.speak import KokoroSpeaker
from sayso.engines.tone import ToneEar, ToneSpeaker, pitch_hz
from sayso.engines.torch_thread import Here
from sayso.text.reading import read_script

PITCH_HZ = 150.0


def pieces(text: str, speaker: Speaker | None = None) -> list[Spoken]:
    return list((speaker or ToneSpeaker(PITCH_HZ)).speak(read_script(text)))


def whole(said: list[Spoken]) -> Waveform:
    return Waveform(np.concatenate([piece.wave.samples for piece in said]), said[0].wave.rate_hz)


def speech(text: str, speaker: Speaker | None = None) -> Waveform:
    return whole(pieces(text, speaker))


def heard(text: str) -> str:
    return ToneEar().hear(speech(text)).text


GOLDEN = [
    # text, words, seconds, dBFS of what is loud
    ("Plain words here.", "plain words here.", 1.15, -19.0),
    ("<speak>Plain words here.</speak>", "plain words here.", 1.15, -19.0),
    ('<speak>one<break time="1s"/>two</speak>', "one two", 1.61, -19.0),
    ('<speak><prosody rate="75%">slow words here</prosody></speak>', "slow words here", 1.37, -19.0),
    ('<speak><prosody rate="125%">quick words here</prosody></speak>', "quick words here", 0.87, -19.0),
    ('<speak><prosody volume="-6dB">soft words</prosody></speak>', "soft words", 0.79, -25.0),
    ('<speak><prosody volume="+6dB">loud words</prosody></speak>', "loud words", 0.79, -13.0),
    ('<speak><sub alias="double you three">W3</sub> done</speak>', "double you three done", 1.33, -19.0),
    ('<speak><say-as interpret-as="characters">ab1</say-as></speak>', "a b one", 0.55, -19.0),
    ('<speak><say-as interpret-as="ordinal">2</say-as> <say-as interpret-as="digits">42</say-as></speak>',
     "second four two", 1.03, -19.0),
    ("<speak><p>first par</p><p>next par</p></speak>", "first par next par", 1.75, -19.0),
    ("<speak><s>one</s><s>two</s></speak>", "one two", 0.91, -19.0),
    ('<speak><phoneme ph="təˈmeɪtoʊ">tomato</phoneme> end</speak>', "tmato end", 0.85, -19.0),
    ("one [pause 500ms] two", "one two", 1.11, -19.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "seconds", "level_dbfs"), GOLDEN)
def test_length_level_and_words_are_those_of_the_golden_table(
    text: str, words: str, seconds: float, level_dbfs: float
) -> None:
    wave = speech(text)
    assert ToneEar().hear(wave).text == words
    assert wave.duration_s == pytest.approx(seconds, abs=0.02)
    loud = Waveform(
        np.concatenate([wave.cut(s.start_s, s.end_s).samples for s in loud_spans(wave)]), wave.rate_hz
    )
    assert rms_dbfs(loud) == pytest.approx(level_dbfs, abs=0.2)


def test_pitch_moves_and_comes_back() -> None:
    low, high, back = pieces(
        '<speak>low words<break time="1s"/><prosody pitch="+3st">high words</prosody><break time="1s"/>low words</speak>'
    )
    assert pitch_hz(high.wave) == pytest.approx(PITCH_HZ * 2**0.25, rel=0.02)
    assert pitch_hz(low.wave) == pytest.approx(pitch_hz(back.wave)) == pytest.approx(PITCH_HZ, rel=0.02)


def test_a_break_is_exactly_silent_and_exactly_as_long() -> None:
    wave = speech('<speak>one<break time="1.25s"/>two</speak>')
    quiet = np.flatnonzero(wave.samples[: round(1.9 * wave.rate_hz)] == 0.0)
    assert len(quiet) >= 1.25 * wave.rate_hz
    first, second = loud_spans(wave)
    assert second.start_s - first.end_s == pytest.approx(1.25, abs=0.05)


def test_silence_before_and_after() -> None:
    said = pieces('<speak><break time="1s"/>one<break time="2s"/></speak>')
    assert not said[0].wave.samples.any()
    assert whole(said).duration_s == pytest.approx(1.0 + 3 * 0.06 + 2.0, abs=0.01)


def test_silent_words_take_their_time() -> None:
    wave = speech('<speak>one <prosody volume="silent">eleven</prosody> six</speak>')
    assert [round(span.duration_s, 1) for span in loud_spans(wave)] == [0.2, 0.2]


def test_loud_words_do_not_clip() -> None:
    wave = speech('<speak><prosody volume="+12dB">very loud</prosody></speak>')
    assert 0.8 < np.abs(wave.samples).max() < 1.0


def test_marks_point_at_what_was_written() -> None:
    (piece,) = pieces('<speak>see <sub alias="double you three">W3</sub> now</speak>')
    assert [mark.text for mark in piece.marks] == ["see", "W3", "now"]


# --- the real network --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader() -> Speaker:
    from sayso.engines.kokoro.engine import KokoroEngine

    return KokoroEngine(real_speech.models_dir(), 1).reader("af_heart")


TEXT = "We never said that it was easy."


@pytest.mark.real
def test_rate_scales_and_pitch_does_not_touch_the_length(reader: Speaker) -> None:
    plain = speech(TEXT, reader).duration_s
    for rate in (0.25, 0.5, 0.75, 1.5, 2.0, 4.0):
        said = pieces(f'<speak><prosody rate="{rate}">{TEXT}</prosody></speak>', reader)
        assert whole(said).duration_s == pytest.approx(plain / rate, rel=0.06), rate
        for piece in said:
            times = [time for mark in piece.marks for time in (mark.start_s, mark.end_s)]
            assert times == sorted(times)
            assert times[-1] <= piece.wave.duration_s
    higher = speech(f'<speak><prosody pitch="+4st">{TEXT}</prosody></speak>', reader)
    assert higher.duration_s == pytest.approx(plain, rel=0.05)
    ratio = pitch_hz(higher) / pitch_hz(speech(TEXT, reader))
    assert ratio == pytest.approx(2 ** (4 / 12), rel=0.08)


@pytest.mark.real
def test_the_usual_rate_is_the_usual_sound(reader: Speaker) -> None:
    said = speech(f'<speak><prosody rate="100%">{TEXT}</prosody></speak>', reader)
    np.testing.assert_array_equal(said.samples, speech(TEXT, reader).samples)


@pytest.mark.real
@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_slow_and_fast_words_are_understood(reader: Speaker, rate: float) -> None:
    from sayso.engines.whisper import WhisperEar

    text = "If it rains again tomorrow, we shall stay at home and bake some bread."
    said = speech(f'<speak><prosody rate="{rate}">{text}</prosody></speak>', reader)
    heard = WhisperEar(real_speech.models_dir(), 1).hear(said, "en").text
    asked, got = (re.findall(r"[a-z]+", one.lower()) for one in (text, heard))
    assert len(set(asked) - set(got)) <= 1, heard


@pytest.mark.real
def test_a_gain_is_a_gain(reader: Speaker) -> None:
    plain = rms_dbfs(speech(TEXT, reader))
    soft = rms_dbfs(speech(f'<speak><prosody volume="-10dB">{TEXT}</prosody></speak>', reader))
    assert soft - plain == pytest.approx(-10.0, abs=0.3)


@pytest.mark.real
@pytest.mark.parametrize("asked_s", [0.05, 0.3, 1.0])
def test_a_break_of_the_network_is_as_long_as_asked(reader: Speaker, asked_s: float) -> None:
    wave = speech(f'<speak>He said two.<break time="{asked_s}s"/>Two it is.</speak>', reader)
    loud = np.flatnonzero(np.abs(wave.samples) > 0.004) / wave.rate_hz
    inside = loud[(loud > 0.3) & (loud < wave.duration_s - 0.3)]
    gap = float(np.diff(inside).max())
    assert gap == pytest.approx(asked_s, abs=0.03)


@pytest.mark.real
@pytest.mark.parametrize(
    ("text", "is_longer"),
    [
        ("He said two. Two it is.", True),
        ("<speak><s>He said two</s><s>Two it is</s></speak>", True),
        ('<speak>He said two.<break time="0.3s"/>Two it is.</speak>', False),
    ],
    ids=["a full stop", "a sentence of markup", "a break is exact"],
)
def test_the_pauses_of_a_voice_are_its_own(text: str, is_longer: bool) -> None:
    from sayso.engines.kokoro.engine import KokoroEngine

    engine = KokoroEngine(real_speech.models_dir(), 1)
    reader = engine.reader("af_heart")
    slower = KokoroSpeaker(engine._network(), replace(reader._voice, pause_ratio=2.0), Here())
    more_s = speech(text, slower).duration_s - speech(text, reader).duration_s
    assert more_s == pytest.approx(0.3 if is_longer else 0.0, abs=0.01)


@pytest.mark.real
def test_plain_text_and_an_empty_manner_are_the_same_samples(reader: Speaker) -> None:
    marked = speech(f'<speak><prosody rate="medium">{TEXT}</prosody></speak>', reader)
    assert np.array_equal(speech(TEXT, reader).samples, marked.samples)


@pytest.mark.real
def test_whisper_hears_what_the_elements_say(reader: Speaker) -> None:
    from sayso.engines.whisper import WhisperEar

    ear = WhisperEar(real_speech.models_dir(), 1)
    said = speech(
        '<speak>I met <sub alias="Doctor Miller">Dr. M.</sub> on the <say-as interpret-as="ordinal">3</say-as>.'
        '<break time="600ms"/><prosody rate="85%" volume="-3dB">She was kind.</prosody>'
        ' The code is <say-as interpret-as="characters">B7</say-as>.</speak>',
        reader,
    )
    text = ear.hear(said, "en").text.lower()
    for word in ("doctor" if "doctor" in text else "dr", "miller", "kind", "code"):
        assert word in text
    assert "third" in text or "3rd" in text
    assert "b7" in text.replace(" ", "").replace("-", "").replace("seven", "7")
