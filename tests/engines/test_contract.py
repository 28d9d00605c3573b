"""What every voice engine promises. A new engine joins ENGINES and passes the same tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import real_speech
from sayso.audio.waveform import Waveform
from sayso.engines.base import Take, VoiceEngine
from sayso.engines.tone import ToneEngine
from sayso.errors import BadArtifact, NotFound, SaysoError

TEXT = "Good morning! This is the first voice, and it has 3 things to say. Shall we begin?\nYes."


def _tone() -> VoiceEngine:
    return ToneEngine()


def _kokoro() -> VoiceEngine:
    from sayso.engines.kokoro.engine import KokoroEngine

    return KokoroEngine(real_speech.models_dir(), 2)


ENGINES: list[object] = [
    pytest.param(_tone, id="tone"),
    pytest.param(_kokoro, id="kokoro", marks=pytest.mark.real),
]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> VoiceEngine:
    make: Callable[[], VoiceEngine] = request.param
    return make()


@pytest.fixture(scope="module")
def takes(engine: VoiceEngine) -> list[Take]:
    """About seven seconds said by one of the engine's own readers."""
    reader = engine.reader(engine.readers()[0])
    texts = (
        "The quick brown fox jumps over the lazy dog near the river.",
        "She sells sea shells by the sea shore.",
    )
    return [
        Take(
            Waveform(np.concatenate([s.wave.samples for s in reader.speak(text)]), reader.rate_hz),
            text,
        )
        for text in texts
    ]


@pytest.fixture(scope="module")
def artifact(engine: VoiceEngine, takes: list[Take], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return engine.clone(takes, tmp_path_factory.mktemp("clone"), 1, _quiet).read_bytes()


def _quiet(stage: str, fraction: float, left_s: float | None) -> None:
    """Nobody listens."""


def test_it_has_a_lower_case_name(engine: VoiceEngine) -> None:
    assert engine.name.isidentifier()
    assert engine.name == engine.name.lower()


def test_a_clone_is_one_small_complete_file(engine: VoiceEngine, takes: list[Take], tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    path = engine.clone(takes, tmp_path, 3, lambda *news: told.append(news))
    assert path.parent == tmp_path
    assert 0 < path.stat().st_size <= 200 * 1024
    fractions = [fraction for _, fraction, _ in told]
    assert fractions == sorted(fractions), "progress never falls"
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert all(left is None or left >= 0 for _, _, left in told)


def test_the_same_takes_and_seed_give_the_same_voice(
    engine: VoiceEngine, takes: list[Take], tmp_path: Path, artifact: bytes
) -> None:
    assert engine.clone(takes, tmp_path, 1, _quiet).read_bytes() == artifact


def test_an_interrupted_clone_goes_on_with_the_same_result(
    engine: VoiceEngine, takes: list[Take], tmp_path: Path, artifact: bytes
) -> None:
    def break_off(stage: str, fraction: float, left_s: float | None) -> None:
        if fraction >= 0.4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        engine.clone(takes, tmp_path, 1, break_off)
    assert engine.clone(takes, tmp_path, 1, _quiet).read_bytes() == artifact


def test_leftovers_of_another_job_do_not_leak_in(
    engine: VoiceEngine, takes: list[Take], tmp_path: Path, artifact: bytes
) -> None:
    engine.clone(takes[::-1], tmp_path, 9, _quiet)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:7])
    assert engine.clone(takes, tmp_path, 1, _quiet).read_bytes() == artifact


def test_nothing_to_learn_from_is_refused(engine: VoiceEngine, tmp_path: Path) -> None:
    with pytest.raises(SaysoError):
        engine.clone([], tmp_path, 1, _quiet)


def test_it_says_everything_once_piece_by_piece(engine: VoiceEngine, artifact: bytes) -> None:
    speaker = engine.load(artifact)
    pieces = list(speaker.speak(TEXT))
    assert len(pieces) >= 2
    assert " ".join(piece.text for piece in pieces).split() == TEXT.split()
    for piece in pieces:
        assert piece.wave.rate_hz == speaker.rate_hz
        assert np.isfinite(piece.wave.samples).all()
        assert 0.01 < np.abs(piece.wave.samples).max() <= 1.0
        for mark in (*piece.marks, *piece.sounds):
            assert 0 <= mark.start_s <= mark.end_s <= piece.wave.duration_s
        # With its comma or without, as the engine likes.
        words = [mark.text.strip(".,!?") for mark in piece.marks]
        assert words == [word.strip(".,!?") for word in piece.text.split()]
        for marks in (piece.marks, piece.sounds):
            assert [mark.start_s for mark in marks] == sorted(mark.start_s for mark in marks)


def test_the_same_seed_gives_the_same_samples(engine: VoiceEngine, artifact: bytes) -> None:
    one, two = (
        [piece.wave.samples for piece in engine.load(artifact).speak("Same words.", seed=5)] for _ in "ab"
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("text", ["", "   \n", "...", "?! --", "\u200b", "🙂", "日本語です。", "Ελλάδα"])
def test_nothing_speakable_yields_nothing(engine: VoiceEngine, artifact: bytes, text: str) -> None:
    assert list(engine.load(artifact).speak(text)) == []


def test_longer_text_takes_longer(engine: VoiceEngine, artifact: bytes) -> None:
    speaker = engine.load(artifact)

    def duration_s(text: str) -> float:
        return sum(piece.wave.duration_s for piece in speaker.speak(text))

    assert duration_s("Hello to everybody in this large room.") > 1.3 * duration_s("Hello.")


def test_the_voice_differs_from_the_engines_other_voices(engine: VoiceEngine) -> None:
    names = engine.readers()
    assert len(set(names)) == len(names)
    with pytest.raises(NotFound):
        engine.reader("nobody")


@pytest.mark.parametrize("at", [0, 9, 20, -1])
def test_a_damaged_artifact_is_refused(engine: VoiceEngine, artifact: bytes, at: int) -> None:
    damaged = bytearray(artifact)
    damaged[at] ^= 0xFF
    with pytest.raises(BadArtifact):
        engine.load(bytes(damaged))


@pytest.mark.parametrize("wrong", [b"", b"RIFF", b"\x80\x04K\x01."])
def test_what_is_no_artifact_is_refused(engine: VoiceEngine, wrong: bytes) -> None:
    with pytest.raises(BadArtifact):
        engine.load(wrong)


def test_a_cut_off_artifact_is_refused(engine: VoiceEngine, artifact: bytes) -> None:
    with pytest.raises(BadArtifact):
        engine.load(artifact[:-3])


def test_warming_twice_is_no_error(engine: VoiceEngine) -> None:
    engine.warm()
    engine.warm()
