"""What a training tells of itself while it runs: a small JSON file, replaced as a whole."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sayso.engines.base import CURVE

_MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Point:
    """One look at a training."""

    phase: str
    """What is learnt, e.g. `prosody`."""
    step: int
    spent_s: float
    loss: float | None
    """Mean over the steps since the point before; None at the first."""
    held_out: float | None
    """The same kind of loss on recordings that are never trained on; None where none were kept back."""


@dataclass(slots=True)
class Curve:
    """All points so far, and facts about the training."""

    points: list[Point] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """Counts, seconds, choices; JSON values."""

    def add(self, point: Point) -> None:
        """Another point; when there are too many, every second one of the older ones goes.

        A run that goes on from a checkpoint comes by steps again that were seen before: the newer ones stand.
        """
        self.points = [p for p in self.points if p.phase != point.phase or p.step < point.step]
        self.points.append(point)
        if len(self.points) > _MOST_POINTS:
            self.points = self.points[:1] + self.points[1:-1:2] + self.points[-1:]

    def write(self, folder: Path) -> None:
        """Into `folder`, aside and renamed."""
        aside = folder / f"{CURVE}.part"
        aside.write_text(json.dumps({"points": [asdict(p) for p in self.points], "facts": self.facts}))
        aside.replace(folder / CURVE)


def read_curve(folder: Path) -> Curve:
    """What is in `folder`; an empty curve where there is none, or none that can be read."""
    try:
        kept = json.loads((folder / CURVE).read_text())
        points = [Point(**point) for point in kept["points"]]
        return Curve([p for p in points if p.loss is None or math.isfinite(p.loss)], kept["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return Curve()
