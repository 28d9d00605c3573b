"""The real network learns a professional voice: broken off anywhere, it goes on to the very same voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from real_speech import models_dir
from sayso.audio.waveform import Waveform
from sayso.engines.base import Speaker, Take, TrainingPlan
from sayso.engines.curve import read_curve
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.kokoro.voice import unpack

TEXTS = (
    "The harbour was quiet before the first boats came back.",
    "Nobody could explain why the lamp had stopped working.",
    "She thought about the journey, then closed the window.",
    "Please bring three large boxes to the kitchen.",
    "Our neighbour grows beans and very small apples.",
)


class BrokenOff(Exception):
    """The program ends here."""


class Ender:
    """Progress that ends the program in the second step of a stage, once for each of `stages`."""

    def __init__(self, *stages: str) -> None:
        self._left = list(stages)
        self._seen = 0
        self.told: list[tuple[str, float]] = []

    def __call__(self, stage: str, fraction: float, left_s: float | None) -> None:
        assert left_s is None or left_s >= 0
        self.told.append((stage, fraction))
        if self._left and stage == self._left[0]:
            self._seen += 1
            if self._seen == 2:
                self._left.pop(0)
                self._seen = 0
                raise BrokenOff(stage)


class Listener:
    """Says how often each voice was listened to, and likes all alike."""

    def __init__(self) -> None:
        self.count = 0

    def mishears(self, speaker: Speaker) -> float:
        next(iter(speaker.speak("Yes.")))
        self.count += 1
        return 0.0


@pytest.fixture(scope="module")
def engine() -> KokoroEngine:
    return KokoroEngine(models_dir(), 2)


@pytest.fixture(scope="module")
def takes(engine: KokoroEngine) -> list[Take]:
    reader = engine.reader("bf_emma")
    spoken = [[piece.wave.samples for piece in reader.speak(text)] for text in TEXTS]
    return [
        Take(Waveform(np.concatenate(parts), reader.rate_hz), text)
        for parts, text in zip(spoken, TEXTS, strict=True)
    ]


@pytest.mark.real
def test_a_training_that_is_broken_off_in_each_phase_ends_as_an_unbroken_one(
    engine: KokoroEngine, takes: list[Take], tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    listener, other = Listener(), Listener()

    def plan(who: Listener) -> TrainingPlan:
        # So much time that only steps end it: how fast the machine is changes nothing.
        return TrainingPlan(1e6, checkpoint_s=0.0, most_steps=4, mishears=who.mishears)

    unbroken = Ender()
    expected = engine.train(takes, whole, 7, plan(listener), unbroken).read_bytes()
    # What the rapid voices cost has its own tests.
    for n in range(3):
        (broken / f"start-{n}.kokoro").write_bytes((whole / f"start-{n}.kokoro").read_bytes())

    stages = (
        "listening to a start",
        "aligning",
        "learning prosody",
        "learning timbre",
        "listening to candidates",
    )
    ender = Ender(*stages)
    for stage in stages:
        with pytest.raises(BrokenOff, match=stage):
            engine.train(takes, broken, 7, plan(other), ender)
    made = engine.train(takes, broken, 7, plan(other), ender).read_bytes()

    assert made == expected
    fractions = [round(fraction, 9) for _, fraction in unbroken.told]
    assert fractions == sorted(fractions)
    assert {stage for stage, _ in unbroken.told} >= set(stages)
    # Each start and the weakest once, though the run was broken off behind them; the four others again, for one was begun.
    assert listener.count == 3 + 5
    assert other.count == 3 + 1 + 1 + 4
    curve = read_curve(broken)
    assert {point.phase for point in curve.points} == {"prosody", "timbre"}
    assert [point.step for point in curve.points if point.phase == "timbre"] == [0, 1, 2, 3, 4]
    assert [one["misheard"] for one in curve.facts["starts"]] == [0.0] * 3
    assert len({(whole / f"start-{n}.kokoro").read_bytes() for n in range(3)}) == 3
    assert [one["strength"] for one in curve.facts["candidates"]] == [1.0, 0.8, 0.6, 0.4, 0.0]
    voice = unpack(made)
    assert voice.deltas.keys() >= {"decoder.encode.conv1", "predictor.duration"}
    assert voice.deltas.keys() >= {"predictor.F0.0.conv1", "predictor.N.0.conv1"}
    assert voice.notes["kind"] == "professional"
