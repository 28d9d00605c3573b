"""Whose voice: which recordings of a set, and which stretches of a recording, are not the one speaker's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sayso.audio.spans import Span, bridge, join
from sayso.audio.waveform import Waveform
from sayso.engines.base import Likeness
from sayso.errors import BadAudio

LINE = 0.53
"""Cosine to the mean of the speaker's other recordings below which a recording is somebody else's."""
WINDOW_LINE = 0.5
"""The same for windows of `WINDOW_S`, which say less."""
WINDOW_S = 4.0
LEAST_S = 1.6
"""With less speech the encoder says little; such a recording is not compared."""

_ROUNDS = 8
_ROWS = 512

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Company:
    """The recordings of a set beside each other."""

    similarity: tuple[float, ...]
    """Of each to the mean of the speaker's other recordings, -1 to 1; 1.0 where there is no other."""
    is_odd: tuple[bool, ...]
    """Whether each is another speaker's."""


def company(vectors: Sequence[Vector], weights: Sequence[float], *, line: float = LINE) -> Company:
    """Compare unit vectors (d,); the speaker is who has most of `weights`, seconds of speech in each."""
    n = len(vectors)
    if n < 2:
        return Company((1.0,) * n, (False,) * n)
    stack = np.stack(vectors).astype(np.float64)
    mass = np.asarray(weights, np.float64)
    # Begin with whoever is like the most speech; then the mean of all that are like the mean.
    members = stack @ stack[_liked_most(stack, mass, line)] > line
    similarity = _to_others(stack, members)
    for _ in range(_ROUNDS):
        next_members = similarity >= line
        if not next_members.any() or (next_members == members).all():
            break
        members = next_members
        similarity = _to_others(stack, members)
    odd = similarity < line
    if odd.all():
        # Nobody is like anybody: whoever spoke longest is the speaker.
        odd[int(np.argmax(mass))] = False
    return Company(tuple(float(s) for s in similarity), tuple(bool(o) for o in odd))


def strangers(wave: Waveform, speech: Sequence[Span], encoder: Likeness) -> tuple[Span, ...]:
    """Stretches of one recording that are not of whoever speaks most in it, in order; empty if there are none.

    Looks at 4 s of speech at a time; what is shorter than that is not found. `speech` are its spans of speech.
    """
    windows = _windows(speech)
    if len(windows) < 3:
        return ()
    vectors: list[Vector] = []
    kept: list[list[Span]] = []
    for window in windows:
        try:
            vectors.append(encoder.embed(join(wave, window)))
        except BadAudio:
            continue
        kept.append(window)
    found = company(vectors, [sum(span.duration_s for span in window) for window in kept], line=WINDOW_LINE)
    odd = [index for index, is_odd in enumerate(found.is_odd) if is_odd]
    if not odd or len(odd) > len(kept) / 2:
        return ()
    return tuple(bridge((Span(kept[i][0].start_s, kept[i][-1].end_s) for i in odd), WINDOW_S))


def _liked_most(stack: NDArray[np.float64], mass: NDArray[np.float64], line: float) -> int:
    """Which of the vectors (n, d) is beyond `line` of the most mass. Hours of recordings have n² cosines: some at a time."""
    found: list[NDArray[np.float64]] = []
    for start in range(0, len(stack), _ROWS):
        cosines = stack[start : start + _ROWS] @ stack.T
        found.append((cosines > line) @ mass + 1e-3 * cosines @ mass)
    return int(np.argmax(np.concatenate(found)))


def _to_others(stack: NDArray[np.float64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cosine (n,) of each vector to the mean of the `members` (n,) without itself."""
    total = stack[members].sum(axis=0)
    means = total[None] - stack * members[:, None]
    norms = np.linalg.norm(means, axis=1)
    alone = norms < 1e-6
    cosines = (stack * means).sum(axis=1) / np.maximum(norms, 1e-9)
    # The only member is like itself.
    return np.where(alone, 1.0, cosines)


def _windows(speech: Sequence[Span]) -> list[list[Span]]:
    """The spans in groups of about `WINDOW_S` of speech; long spans are cut."""
    pieces: list[Span] = []
    for span in speech:
        n = max(1, round(span.duration_s / WINDOW_S))
        edges = np.linspace(span.start_s, span.end_s, n + 1).tolist()
        pieces += [Span(a, b) for a, b in itertools.pairwise(edges)]
    groups: list[list[Span]] = []
    for piece in pieces:
        last_s = sum(span.duration_s for span in groups[-1]) if groups else WINDOW_S
        if last_s >= 0.75 * WINDOW_S:
            groups.append([piece])
        else:
            groups[-1].append(piece)
    return [group for group in groups if sum(span.duration_s for span in group) >= LEAST_S]
