"""One stretch of training: it goes on as if it had not been killed, keeps what was best, and ends in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from sayso.engines.kokoro.descent import Descent, Limits, Values


class Killed(BaseException):
    """The program ended here."""


def descent(
    folder: Path,
    *,
    steps: int = 30,
    seconds: float = 1e6,
    job: str = "job",
    rate: float = 0.1,
    during: Callable[[], None] = lambda: None,
    held_out: Callable[[torch.Tensor], float] | None = None,
) -> Descent:
    """Towards 1, 2, 3, shaken by the number of the step."""
    x = torch.zeros(3, requires_grad=True)

    def loss(step: int) -> torch.Tensor:
        during()
        shake = torch.from_numpy(np.random.default_rng([7, step]).normal(size=3).astype(np.float32))
        return (x - torch.tensor([1.0, 2.0, 3.0]) - 0.1 * shake).square().sum()

    def kept_back() -> float:
        if held_out is not None:
            return held_out(x)
        return float((x - torch.tensor([1.0, 2.0, 3.0])).square().sum())

    limits = Limits(seconds, steps, checkpoint_s=0.0)
    return Descent({"x": (x, rate)}, loss, kept_back, limits, folder / "it.safetensors", job)


def run(made: Descent, kill_at: int | None = None) -> Values:
    def stepped(_: float) -> None:
        if made.state.step == kill_at:
            raise Killed

    return made.run(stepped, lambda *_: None)


def test_it_goes_down(tmp_path: Path) -> None:
    found = run(descent(tmp_path, steps=200))
    np.testing.assert_allclose(found["x"], [1.0, 2.0, 3.0], atol=0.15)


def test_killed_anywhere_it_ends_as_an_unbroken_run(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = run(descent(tmp_path / "whole"))
    for kill_at in (0, 1, 13, 29):
        with pytest.raises(Killed):
            run(descent(tmp_path), kill_at)
    np.testing.assert_array_equal(run(descent(tmp_path))["x"], whole["x"])
    # And once more, when it is over: nothing is learnt a second time.
    again = descent(tmp_path)
    np.testing.assert_array_equal(run(again, kill_at=30)["x"], whole["x"])


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40])
def test_a_damaged_checkpoint_and_that_of_another_job_are_left_alone(tmp_path: Path, damage: bytes) -> None:
    whole = run(descent(tmp_path))
    (tmp_path / "it.safetensors").write_bytes(damage)
    np.testing.assert_array_equal(run(descent(tmp_path))["x"], whole["x"])
    other = descent(tmp_path, job="another", rate=0.2)
    assert not np.array_equal(run(other)["x"], whole["x"])
    assert other.state.step <= 30


def test_training_never_makes_it_worse_and_stops_early(tmp_path: Path) -> None:
    """Where every step does harm to what is held out, the start is what comes out."""
    made = descent(tmp_path, steps=1_000, held_out=lambda x: float(x.abs().sum()))
    np.testing.assert_array_equal(run(made)["x"], np.zeros(3))
    assert made.state.step < 1_000


def test_time_ends_it_and_time_before_a_kill_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that only a step moves: half a second each, ten seconds in all."""
    clock_s = 0.0

    def tick() -> None:
        nonlocal clock_s
        clock_s += 0.5

    monkeypatch.setattr("sayso.engines.kokoro.descent.time.monotonic", lambda: clock_s)
    with pytest.raises(Killed):
        run(descent(tmp_path, steps=10_000, seconds=10.0, during=tick), kill_at=15)
    resumed = descent(tmp_path, steps=10_000, seconds=10.0, during=tick)
    run(resumed)
    assert resumed.state.step == 20
    assert clock_s == 10.0, "every step was written down before the kill, none is done twice"


def test_a_step_that_is_not_a_number_is_skipped(tmp_path: Path) -> None:
    x = torch.ones(1, requires_grad=True)
    made = Descent(
        {"x": (x, 0.1)},
        lambda step: (x * float("nan")).sum() if step == 2 else x.square().sum(),
        lambda: float(x.detach().square().sum()),
        Limits(1e6, 20, 60.0),
        tmp_path / "it.safetensors",
        "job",
    )
    assert np.isfinite(run(made)["x"]).all()
    assert made.best["x"][0] < 1.0
