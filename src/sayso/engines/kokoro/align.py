"""Phonemes against recorded speech: how many frames each phoneme lasts in a recording.

The recording is compared with the same words said by a stock voice, whose phoneme times are known. A
Viterbi search walks through the synthetic frames while the recording's frames go by one after another;
it may stand still (the person is slower) or skip (the person is faster).

As in what the network learnt from, the silence of a pause belongs to the last sound before it more than to the mark that
stands there: the network says `n` for 18 frames before a comma, and the comma for 4. So the search is left to find it
that way; cutting silence out of the recording, or giving it to the marks, was tried and spoilt both (docs/lab/LOG.md).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.engines.kokoro import features, network

_STEP_COST = np.array([0.30, 0.0, 0.12, 0.35, 0.7], np.float32)
"""Price of advancing 0, 1, 2, 3 or 4 synthetic frames in one recorded frame."""


def walk(real: Tensor, synthetic: Tensor) -> tuple[NDArray[np.int64], float]:
    """Features (n, d) and (m, d) -> for each of the n recorded frames the synthetic frame it matches, rising.

    Beside it, how far apart what was matched is: mean of 1 - cosine.
    """
    a, b = (torch.nn.functional.normalize(x, dim=1) for x in (real, synthetic))
    distance = (1 - a @ b.T).numpy()
    n, m = distance.shape
    far = np.float32(1e9)
    total = np.full(m, far, np.float32)
    total[: max(3, m // 50)] = distance[0, : max(3, m // 50)]
    back = np.zeros((n, m), np.int8)
    for i in range(1, n):
        options = np.full((len(_STEP_COST), m), far, np.float32)
        for step, cost in enumerate(_STEP_COST):
            options[step, step:] = total[: m - step] + cost
        back[i] = options.argmin(0)
        total = options.min(0) + distance[i]
    path = np.zeros(n, np.int64)
    at = m - 1 - int(total[::-1][: max(3, m // 50)].argmin())
    for i in range(n - 1, -1, -1):
        path[i] = at
        at -= int(back[i, at])
    return path, float(distance[np.arange(n), path].mean())


def durations(real: Tensor, synthetic: Tensor, frames: NDArray[np.int64]) -> tuple[NDArray[np.int64], float]:
    """Frames of 25 ms each phoneme lasts in `real`, and how far apart what was matched is (0 to 2).

    real, synthetic: samples (n,) at 24 kHz; frames (T,): what each phoneme lasts in `synthetic`.
    Returns (T,), each at least 1, together len(real) // 600 (or T, if that is more).
    """
    path, apart = walk(features.cepstra(real), features.cepstra(synthetic))
    ends = np.cumsum(frames)[:-1] * 2  # in 12.5 ms frames of the synthetic speech
    total = max(len(real) // 600, len(frames))
    crossed = np.searchsorted(path, ends) / 2
    return _whole(crossed, total), apart


_SHORTEST_PAUSE = 4
"""Frames; what is shorter is the closure of a `p` or a `k`."""
_BREATH = 4
"""Frames; so much that is heard between two silences does not end the pause."""
_FLOOR_DB, _QUIET_PART = 50.0, 0.3
"""Quiet is what lies in the lowest part between the noise of a recording, or this far below its speech, and its speech."""
_LEAST_DB = 15.0


def silences(samples: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Where (first frame, frame after the last) nothing is said for 100 ms and more. None in even noise."""
    n = len(samples) // network.FRAME
    if n == 0:
        return []
    power = np.square(samples[: n * network.FRAME].astype(np.float64)).reshape(n, network.FRAME).mean(1)
    level_db = 10 * np.log10(power + 1e-10)
    top = float(np.quantile(level_db, 0.95))
    floor = max(float(np.quantile(level_db, 0.05)), top - _FLOOR_DB)
    if top - floor < _LEAST_DB:
        return []
    quiet = np.concatenate([[False], level_db < floor + _QUIET_PART * (top - floor), [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    found: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2):
        if end - start < _SHORTEST_PAUSE:
            continue
        if found and start - found[-1][1] <= _BREATH:
            found[-1] = found[-1][0], int(end)
        else:
            found.append((int(start), int(end)))
    return found


def _whole(ends: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Inner borders (T - 1,) in frames -> durations (T,), whole, at least 1, summing to `total`."""
    T = len(ends) + 1
    borders = np.round(ends).astype(np.int64)
    # Forwards so that nothing is shorter than a frame, backwards so that the rest still fits.
    for i in range(T - 1):
        borders[i] = max(borders[i], (borders[i - 1] if i else 0) + 1)
    for i in range(T - 2, -1, -1):
        borders[i] = min(borders[i], total - (T - 1 - i))
    return np.diff(np.concatenate([[0], borders, [total]]))
