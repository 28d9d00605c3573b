"""One stretch of training: steps down a loss, looks at what is held out, checkpoints, and the end in time.

What chance there is in a step is drawn from its number, and the optimiser's state is in the checkpoint: a run
that was killed goes on as an unbroken one would.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Values = dict[str, NDArray[np.float32]]
"""Parameters by name."""

_LOOKS = 12
"""How often what is held out is looked at, in a whole run."""
_PATIENCE = 5
"""Looks without getting better, after which a run ends."""
_WARM_UP = 5
"""Steps until the rate is reached."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run ends, and how often it is written down."""

    seconds: float
    """Wall time of all tries together."""
    most_steps: int
    checkpoint_s: float


@dataclass(slots=True)
class State:
    """Where a run is."""

    step: int = 0
    spent_s: float = 0.0
    looks: int = 0
    best_look: int = 0
    best: float = math.inf
    """The lowest loss on what is held out."""
    loss_sum: float = 0.0
    loss_count: int = 0
    is_over: bool = False


Look = Callable[[State, float | None, float | None], None]
"""Told after each look: the state, the mean loss since the last one, the loss on what is held out."""


class Companion(Protocol):
    """What learns beside the parameters, and has to be written down with them."""

    def arrays(self) -> Values:
        """All that it knows."""

    def restore(self, arrays: Values) -> None:
        """Know that again. Raises KeyError or ValueError, before anything is changed, where it does not fit."""


class Descent:
    """Moves `parameters`, which are changed in place, down `loss`."""

    def __init__(
        self,
        parameters: Mapping[str, tuple[Tensor, float]],
        loss: Callable[[int], Tensor],
        held_out: Callable[[], float],
        limits: Limits,
        file: Path,
        job: str,
        companion: Companion | None = None,
    ) -> None:
        """`parameters`: name -> tensor that wants gradients, and its rate. `loss` of a step's number. `held_out` is
        called at the beginning, too: the start is the first candidate. `file` keeps the checkpoint of `job`."""
        self._parameters = {name: tensor for name, (tensor, _) in parameters.items()}
        self._rates = {name: rate for name, (_, rate) in parameters.items()}
        self._loss, self._held_out = loss, held_out
        self._limits, self._file, self._job = limits, file, job
        self._companion = companion
        self._optimiser = torch.optim.AdamW(
            [{"params": [tensor], "lr": rate} for tensor, rate in parameters.values()],
            betas=(0.8, 0.95),
            weight_decay=0.0,
        )
        self.state = State()
        self.best = self.values()

    def values(self) -> Values:
        """The parameters as they are now."""
        return {name: tensor.detach().numpy().copy() for name, tensor in self._parameters.items()}

    def run(self, stepped: Callable[[float], None], looked: Look) -> Values:
        """The best parameters that were looked at. `stepped` is told the part that is done, and may raise."""
        if not self._resume():
            self._look(looked)
            self._write()
        state, since, kept_at = self.state, time.monotonic(), time.monotonic()
        while not state.is_over:
            stepped(self._done())
            self._step()
            now = time.monotonic()
            state.spent_s += now - since
            since = now
            over = self._done() >= 1.0
            if over or self._done() * _LOOKS >= state.looks:
                self._look(looked)
                over = over or state.looks - state.best_look > _PATIENCE
                # A slow look counts, too.
                state.spent_s += time.monotonic() - since
                since = time.monotonic()
            state.is_over = over
            if over or now - kept_at >= self._limits.checkpoint_s:
                self._write()
                kept_at = time.monotonic()
        return self.best

    def _done(self) -> float:
        return min(
            1.0,
            max(
                self.state.step / self._limits.most_steps,
                self.state.spent_s / max(1e-9, self._limits.seconds),
            ),
        )

    def _step(self) -> None:
        state = self.state
        factor = min(1.0, (state.step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * self._done()))
        for group, rate in zip(self._optimiser.param_groups, self._rates.values(), strict=True):
            group["lr"] = rate * factor
        loss = self._loss(state.step)
        self._optimiser.zero_grad()
        loss.backward()
        value = float(loss.detach())
        state.step += 1
        if not math.isfinite(value):
            return  # one bad crop must not spoil everything
        torch.nn.utils.clip_grad_norm_(self._parameters.values(), 5.0)
        self._optimiser.step()
        state.loss_sum += value
        state.loss_count += 1

    @torch.no_grad()
    def _look(self, looked: Look) -> None:
        state = self.state
        held_out = self._held_out()
        mean = state.loss_sum / state.loss_count if state.loss_count else None
        state.loss_sum, state.loss_count = 0.0, 0
        if held_out < state.best:
            state.best, state.best_look = held_out, state.looks
            self.best = self.values()
        state.looks += 1
        looked(state, mean, held_out)

    def _write(self) -> None:
        from safetensors.numpy import save

        arrays = kept_state(self._parameters, self._optimiser)
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        if self._companion is not None:
            arrays |= {f"{_BESIDE}{name}": value for name, value in self._companion.arrays().items()}
        state = {name: getattr(self.state, name) for name in State.__slots__}
        notes = {"job": self._job, "state": json.dumps(state)}
        aside = self._file.with_suffix(".part")
        aside.write_bytes(save(arrays, notes))
        aside.replace(self._file)

    def _resume(self) -> bool:
        """Go on from the checkpoint; False where there is none of this job, or a damaged one."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._file, "numpy") as file:
                notes = file.metadata() or {}
                if notes.get("job") != self._job:
                    return False
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state = State(**json.loads(notes["state"]))
            best = {name: arrays[f"best/{name}"] for name in self._parameters}
            if self._companion is not None:
                beside = {
                    name.removeprefix(_BESIDE): array
                    for name, array in arrays.items()
                    if name.startswith(_BESIDE)
                }
                check_state(self._parameters, arrays)
                self._companion.restore(beside)
            restore_state(self._parameters, self._optimiser, arrays)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError):
            return False
        self.state, self.best = state, best
        return True


_BESIDE = "beside/"
_KEYS = ("step", "exp_avg", "exp_avg_sq")


def kept_state(parameters: Mapping[str, Tensor], optimiser: torch.optim.Optimizer) -> Values:
    """The parameters and what the optimiser knows of them, by name."""
    arrays = {f"now/{name}": tensor.detach().numpy().copy() for name, tensor in parameters.items()}
    for name, tensor in parameters.items():
        for key, value in optimiser.state.get(tensor, {}).items():
            arrays[f"{key}/{name}"] = np.ascontiguousarray(value.numpy())
    return arrays


def check_state(parameters: Mapping[str, Tensor], arrays: Values) -> None:
    """Raises KeyError or ValueError where `arrays` are not what `kept_state` gives for such parameters."""
    for name, tensor in parameters.items():
        for key in ("now", *_KEYS[1:]):
            kept = arrays[f"now/{name}"] if key == "now" else arrays.get(f"{key}/{name}")
            if kept is not None and kept.shape != tuple(tensor.shape):
                raise ValueError(f"{key}/{name} has the shape {kept.shape}, wanted is {tuple(tensor.shape)}")


def restore_state(parameters: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, arrays: Values) -> None:
    """What `kept_state` gave, again. Raises KeyError or ValueError, before anything is changed, where it does not fit."""
    check_state(parameters, arrays)
    with torch.no_grad():
        for name, tensor in parameters.items():
            tensor.copy_(torch.from_numpy(arrays[f"now/{name}"]))
            state = {
                key: torch.from_numpy(arrays[f"{key}/{name}"].copy())
                for key in _KEYS
                if f"{key}/{name}" in arrays
            }
            if state:
                optimiser.state[tensor] = state
