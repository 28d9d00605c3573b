"""Fits the constants of `sayso/pipeline/analysis/calibration.json`; called by `analysis.py --fit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from sayso.pipeline.analysis import estimate

FEATURES = (
    "decay_s", "slow_decay_s", "depth_db", "crest_db", "flat_log", "top_log", "band_3400_db", "band_5500_db",
    "band_7000_db", "low_db", "holes", "sig",
)  # fmt: skip
GATE = {"feature": "lsnr_50_db", "middle": 0.0, "width": 5.0}
_LEAST = 0.2
"""Weight of the pull towards nothing but the pseudo-reference: with less, unknown noises come out worse."""
_STEP = {"stoi": 0.05, "pesq": 0.4, "si_sdr_db": 4.0}
"""Errors above it count linearly."""
_BEGIN = {"stoi": -4.0, "pesq": -2.0, "si_sdr_db": -5.0}


def fit(rows: Sequence[Mapping[str, Any]], ranges: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """The constants, from rows with `features` and `truth`."""
    raw = np.array([[row["features"][name] for name in FEATURES] for row in rows])
    mean, scale = raw.mean(0), raw.std(0) + 1e-9
    x = torch.tensor(estimate.standard(raw, mean, scale))
    above = (np.array([row["features"][GATE["feature"]] for row in rows]) - GATE["middle"]) / GATE["width"]
    gate = torch.tensor(-np.log1p(np.exp(np.minimum(50.0, -above))))
    scores = {}
    for name, ends in ranges.items():
        shown = torch.tensor([estimate.noise(name, row["features"]) for row in rows], dtype=torch.float64)[
            :, 0
        ]
        truth = torch.tensor(np.clip([row["truth"][name] for row in rows], *ends))
        weights = _solve(name, shown, x, gate, truth)
        scores[name] = {"noise": weights[:2], "harm": weights[2:]}
    return {
        "features": list(FEATURES),
        "mean": [round(float(v), 5) for v in mean],
        "scale": [round(float(v), 5) for v in scale],
        "gate": GATE,
        "scores": scores,
    }


def _solve(
    name: str, shown: torch.Tensor, x: torch.Tensor, gate: torch.Tensor, truth: torch.Tensor
) -> list[float]:
    start = torch.zeros(3 + x.shape[1], dtype=torch.float64)
    start[1], start[-1] = 1.0, _BEGIN[name]
    p = start.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([p], lr=0.5, max_iter=400, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        main = torch.clamp(p[0] + shown * p[1], max=3.0)
        harm = torch.clamp(x @ p[2:-1] + p[-1] + gate, max=3.0)
        error = (_combined(name, main, harm) - truth) / _STEP[name]
        total = (torch.sqrt(1.0 + error**2) - 1.0).mean()
        total = total + _LEAST * (p[2:-1].square().mean() + (p[1] - 1.0).square())
        total.backward()
        return total

    optimiser.step(loss)
    return [round(float(v), 5) for v in p.detach()]


def _combined(name: str, main: torch.Tensor, harm: torch.Tensor) -> torch.Tensor:
    """As `estimate.combine` has it, for gradients."""
    if name == "stoi":
        return 1.0 - torch.exp(main) - torch.exp(harm)
    if name == "si_sdr_db":
        return -10.0 * torch.log10(10.0**main + torch.exp(harm))
    raw = 4.5 - torch.exp(main) - torch.exp(harm)
    return 0.999 + 4.0 / (1.0 + torch.exp(-1.3669 * raw + 3.8224))
