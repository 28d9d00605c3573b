"""What a professional training goes by, without the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sayso.audio.waveform import Waveform
from sayso.engines.base import Take
from sayso.engines.curve import Curve, Point
from sayso.engines.kokoro import stock
from sayso.engines.kokoro.lessons import Lesson
from sayso.engines.kokoro.professional import (
    _Impression,
    _kept_impression,
    _starts,
    most_liked,
    prosody_loss,
    strongest,
)


def lesson() -> Lesson:
    """Ten symbols of four frames; every other symbol has pitch, and the last ones are quiet."""
    frames, flat = 40, torch.zeros(1)
    f0 = torch.tensor([120.0, 0.0] * 5).repeat_interleave(8)
    energy = torch.tensor([2.0] * 7 + [-4.0] * 3).repeat_interleave(8)
    return Lesson(
        samples=flat, asr=flat, f0=f0, energy=energy, predicted_energy=torch.full((80,), 1.0), predicted_f0=f0 * 1.5,
        frames=frames, read_frames=frames, hidden=flat, durations=torch.full((10,), 4), read_durations=flat, apart=0.0,
    )  # fmt: skip


def loss(f0: torch.Tensor | None = None, energy: torch.Tensor | None = None, lengths: float = 4.0) -> float:
    given = lesson()
    right = torch.where(given.energy > 0, given.energy, given.predicted_energy)
    return float(
        prosody_loss(
            given,
            torch.full((10,), lengths),
            given.f0 if f0 is None else f0,
            right if energy is None else energy,
            0.0,
        )
    )


def test_what_the_speaker_does_costs_nothing() -> None:
    assert loss() == pytest.approx(0.0, abs=1e-6)


def test_another_pitch_length_and_loudness_cost() -> None:
    given = lesson()
    assert loss(lengths=5.0) > 0.5
    assert loss(f0=given.f0 * 1.2) > 0.5
    assert loss(energy=given.energy.clamp(min=1.0) + 1.0) > 0.2


def test_a_last_sound_may_be_longer_than_what_was_left_of_it_but_not_shorter() -> None:
    given = replace(lesson(), tail=3)
    right = torch.where(given.energy > 0, given.energy, given.predicted_energy)

    def loss_of(last: float) -> float:
        lengths = torch.tensor([4.0] * 7 + [last, last, 4.0])
        return float(prosody_loss(given, lengths, given.f0, right, 0.0))

    assert loss_of(4.0) == loss_of(9.0) == pytest.approx(0.0, abs=1e-6)
    assert loss_of(1.0) > 0.5


def test_pitch_where_there_is_none_and_sound_in_what_is_quiet_cost() -> None:
    given = lesson()
    # 12 Hz are enough for the source to buzz.
    assert loss(f0=given.f0 + torch.where(given.f0 > 0, 0.0, 12.0)) > 0.1
    # The quiet third stays what it was with the voice that read it, whatever noise was recorded there.
    assert loss(energy=given.energy) > 0.2


@pytest.mark.parametrize(
    ("tried", "taken"),
    [
        ([(0.0, 3.8), (0.0, 3.8)], 0),
        ([(0.02, 3.9), (0.0, 3.8), (0.0, 3.8)], 1),
        ([(0.0, 3.5), (0.0, 3.75), (0.0, 3.8)], 1),
        ([(0.0, 3.5), (0.05, 3.9)], 0),
        ([(0.003, 3.8), (0.0, 3.85)], 0),
    ],
)
def test_the_strongest_is_taken_that_is_understood_and_liked(
    tried: list[tuple[float, float]], taken: int
) -> None:
    assert strongest(tried) == taken


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "",
        "[]",
        '{"job": "another", "misheard": 0.0, "liked": 3.5, "seconds": 9.0}',
        '{"job": "this", "misheard": 0.0, "liked": 3.5}',
        '{"job": "this", "misheard": 0.0, "liked": null, "seconds": 9.0}',
    ],
)
def test_what_was_thought_of_the_start_is_asked_again_where_it_was_not_kept(
    tmp_path: Path, kept: str | None
) -> None:
    file = tmp_path / "listened.json"
    if kept is not None:
        file.write_text(kept)
    assert _kept_impression(file, "this") is None


def test_what_was_thought_of_the_start_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "listened.json"
    file.write_text('{"job": "this", "misheard": 0.25, "liked": 3.5, "seconds": 9.0}')
    assert _kept_impression(file, "this") == _Impression(0.25, 3.5, 9.0)


def test_loudness_that_is_not_to_be_learnt_costs_where_it_moves() -> None:
    given = lesson()

    def loss_of(energy: torch.Tensor) -> float:
        return float(prosody_loss(given, given.durations.float(), given.f0, energy, None))

    assert loss_of(given.predicted_energy) == pytest.approx(0.0, abs=1e-6)
    assert loss_of(given.energy) > 0.2


def test_a_run_that_goes_on_tells_no_step_twice() -> None:
    curve = Curve()
    for phase, step in (("prosody", 0), ("prosody", 9), ("timbre", 0), ("timbre", 10), ("timbre", 20)):
        curve.add(Point(phase, step, 1.0, None, 1.0))
    curve.add(Point("timbre", 10, 2.0, 0.5, 0.9))
    assert [(p.phase, p.step, p.spent_s) for p in curve.points] == [
        ("prosody", 0, 1.0),
        ("prosody", 9, 1.0),
        ("timbre", 0, 1.0),
        ("timbre", 10, 2.0),
    ]


@pytest.mark.parametrize(
    ("tried", "taken"),
    [
        ([(0.0, 3.6), (0.0, 3.8), (0.0, 3.7)], 1),
        # A word of a hundred is nothing yet, five are.
        ([(0.0, 3.6), (0.01, 3.8), (0.0, 3.7)], 1),
        ([(0.0, 3.6), (0.05, 3.8), (0.0, 3.7)], 2),
        ([(0.0, 3.7), (0.0, 3.7)], 0),
        # Where nobody tells how it is liked.
        ([(0.02, 0.0), (0.0, 0.0)], 1),
    ],
)
def test_of_the_starts_the_best_liked_is_taken_that_is_understood(
    tried: list[tuple[float, float]], taken: int
) -> None:
    assert most_liked(tried) == taken


def test_no_two_starts_are_alike() -> None:
    near = list(stock.voices().values())[:3]
    one, other = [Take(Waveform(np.zeros(3, np.float32), 24_000), text) for text in ("One.", "Two.")]
    assert _starts([[one], [other]], near)[:3] == [([one], near[0]), ([other], near[0]), ([one], near[1])]
    assert _starts([[one]], near)[:3] == [([one], voice) for voice in near]
