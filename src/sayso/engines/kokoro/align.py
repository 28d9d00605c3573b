"""Phonemes against recorded speech: how many frames each phoneme lasts in a recording.

The recording is compared with the same words said by a stock voice, whose phoneme times are known. A
Viterbi search walks through the synthetic frames while the recording's frames go by one after another;
it may stand still (the person is slower) or skip (the person is faster). Pauses are not compared: silence
is like nothing that is said, and the search would give it to the sound before. They are cut out first, and
then belong to the mark or the space that is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def durations(
    real: Tensor, synthetic: Tensor, frames: NDArray[np.int64], is_pause: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], float]:
    """Frames of 25 ms each phoneme lasts in `real`, and how far apart what was matched is (0 to 2).

    real, synthetic: samples (n,) at 24 kHz; frames (T,): what each phoneme lasts in `synthetic`; is_pause (T,): symbols
    that nothing is said for. Returns (T,), each at least 1, together len(real) // 600 (or T, if that is more).
    """
    n = len(real) // network.FRAME
    pauses = silences(real.numpy()) if n >= len(frames) else []
    is_compared = np.ones(n, bool)
    for start, end in pauses:
        is_compared[start + _LEFT : end - _LEFT] = False
    spoken = real[: n * network.FRAME].reshape(n, network.FRAME)[torch.from_numpy(is_compared)].flatten()
    path, apart = walk(features.cepstra(spoken if pauses else real), features.cepstra(synthetic))
    ends = np.cumsum(frames)[:-1] * 2  # in 12.5 ms frames of the synthetic speech
    crossed = np.searchsorted(path, ends) / 2
    if pauses:
        places = np.append(np.flatnonzero(is_compared), n)
        whole = np.minimum(crossed.astype(int), len(places) - 1)
        crossed = places[whole] + crossed - whole
    return with_pauses(_whole(crossed, max(n, len(frames))), is_pause, pauses), apart


_LEFT = 2
"""Frames of silence that stay on either side of what is cut out."""
_SHORTEST_PAUSE = 4
"""Frames; what is shorter is the closure of a `p` or a `k`."""
_NEAR = 12
"""A pause belongs to a mark at most so many frames away."""
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
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2) if end - start >= _SHORTEST_PAUSE]


def with_pauses(
    durations: NDArray[np.int64], is_pause: NDArray[np.bool_], pauses: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """`durations` (T,) with each of `pauses` given to the symbols that it belongs to: a mark, or a space, near it."""
    borders = np.concatenate([[0], np.cumsum(durations)])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_pause, [False]]).astype(np.int8)))
    marks = [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
    taken: dict[tuple[int, int], tuple[int, int]] = {}
    for start, end in pauses:
        near = [mark for mark in marks if _gap(borders, mark, start, end) <= _NEAR]
        if not near:
            continue
        # More symbols than one: a mark with its space.
        mark = min(
            near, key=lambda mark: (_gap(borders, mark, start, end) - 4 * (mark[1] - mark[0] > 1), mark)
        )
        before = taken.get(mark, (0, 0))
        if end - start > before[1] - before[0]:
            taken[mark] = start, end
    for (first, last), (start, end) in sorted(taken.items()):
        changed = _moved(borders, first, last, start, end)
        if changed is not None:
            borders = changed
    return np.diff(borders)


def _gap(borders: NDArray[np.int64], mark: tuple[int, int], start: int, end: int) -> int:
    return max(0, int(borders[mark[0]]) - end, start - int(borders[mark[1]]))


def _moved(
    borders: NDArray[np.int64], first: int, last: int, start: int, end: int
) -> NDArray[np.int64] | None:
    """`borders` where the symbols `first` to before `last` are from `start` to `end`; None where others would have no room."""
    T, total = len(borders) - 1, int(borders[-1])
    if end - start < last - first or start < first or total - end < T - last:
        return None
    out = borders.copy()
    # The first symbol has what the others leave.
    out[first], out[last] = (0 if first == 0 else start), (total if last == T else end)
    for k in range(last - 1, first, -1):
        out[k] = out[k + 1] - 1
    for k in range(first - 1, 0, -1):
        out[k] = min(out[k], out[k + 1] - 1)
    for k in range(last + 1, T):
        out[k] = max(out[k], out[k - 1] + 1)
    return out


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
