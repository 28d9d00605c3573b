"""Features -> STOI, PESQ and SI-SDR as a clean reference would have given them.

The pseudo-reference shows the noise. What it cannot show, because it has it too, is added as a second
harm: room, clipping, codec and narrow band, guessed from figures of the signal. The two add up as
distortions do; where noise prevails, the second is hardly heard and is not believed either.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.audio import perceptual

RANGES = {"stoi": (0.0, 1.0), "pesq": (perceptual.LOWEST, perceptual.HIGHEST), "si_sdr_db": (-10.0, 25.0)}
"""Ends of the estimates. 25 dB is "25 or more": what passes for clean speech has that much noise of its own."""

_FURTHEST = 2.5
"""A figure counts as at most so many deviations off the mean: beyond, nothing was seen when the constants were fitted."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The three intrusive scores, estimated; each within `RANGES`."""

    stoi: float
    pesq: float
    """On the wide-band scale."""
    si_sdr_db: float


def estimate(features: Mapping[str, float]) -> Estimate:
    """What the calibration makes of `features` (see features.py)."""
    constants = calibration()
    found = {
        name: float(
            np.clip(combine(name, noise(name, features), harm(name, features, constants), constants), *ends)
        )
        for name, ends in RANGES.items()
    }
    return Estimate(**found)


def noise(name: str, features: Mapping[str, float]) -> tuple[float, ...]:
    """What the pseudo-reference says of one score, in logarithms, larger is worse."""
    match name:
        case "stoi":
            return (math.log(min(1.0, max(3e-4, 1.0 - features["stoi"]))),)
        case "si_sdr_db":
            return (-features["si_sdr_db"] / 10.0,)
        case _:
            heard = perceptual.Disturbance(features["disturbance"], features["added"])
            return (math.log(perceptual.impairment(heard) + 0.05),)


def harm(name: str, features: Mapping[str, float], constants: Mapping[str, Any]) -> float:
    """Logarithm of what else is wrong, believed as far as speech stands above noise."""
    raw = np.array([features[key] for key in constants["features"]])
    x = standard(raw, np.array(constants["mean"]), np.array(constants["scale"]))
    weights = constants["scores"][name]["harm"]
    gate = constants["gate"]
    above = (features[gate["feature"]] - gate["middle"]) / gate["width"]
    return float(x @ np.array(weights[:-1])) + float(weights[-1]) - math.log1p(math.exp(min(50.0, -above)))


def standard(raw: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]) -> NDArray[Any]:
    """Features in deviations from their mean, bounded."""
    return np.asarray(np.clip((raw - mean) / scale, -_FURTHEST, _FURTHEST))


def combine(name: str, shown: tuple[float, ...], hidden: float, constants: Mapping[str, Any]) -> float:
    """Both harms together as a score."""
    first, *slopes = constants["scores"][name]["noise"]
    main = first + sum(slope * value for slope, value in zip(slopes, shown, strict=True))
    match name:
        case "stoi":
            return 1.0 - math.exp(main) - math.exp(hidden)
        case "si_sdr_db":
            return -10.0 * math.log10(10.0**main + math.exp(hidden))
        case _:
            return perceptual.wide_band(4.5 - math.exp(main) - math.exp(hidden))


@functools.cache
def calibration() -> Mapping[str, Any]:
    """The constants, as benchmarks/analysis.py --fit wrote them."""
    text = resources.files(__package__).joinpath("calibration.json").read_text("utf-8")
    constants: Mapping[str, Any] = json.loads(text)
    return constants
