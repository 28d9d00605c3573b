"""Toom-Cook (Winograd) schemes of 1-D convolution: fewer products for the same result.

A tile of `outputs` results of a convolution with `taps` taps needs outputs * taps products directly, and
outputs + taps - 1 = `points` after input and kernel are evaluated, as polynomials, at as many points. A longer
kernel is cut in `parts` pieces of `taps`; pieces share the transformed input where outputs == taps.

The matrices are exact fractions, rounded once. Which fractions are the points decides the rounding error; these
were the best of some hundred random choices for each scheme (docs/lab/kernels.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scheme:
    """How a convolution is cut. `outputs` a tile, `taps` a part, finite `at` points and the one at infinity."""

    outputs: int
    taps: int
    at: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Products a tile."""
        return self.outputs + self.taps - 1

    def parts(self, kernel: int) -> int:
        """In how many pieces a kernel of so many taps is cut."""
        return -(-kernel // self.taps)

    def matrices(self) -> tuple[Array, Array, Array]:
        """(points, points) for the input, (points, taps) for the kernel, (outputs, points) for the result."""
        return _matrices(self)


DIRECT = Scheme(1, 1)
_FOR_KERNEL = {
    3: Scheme(4, 3, ("0", "1", "1/2", "-2", "-3/4")),
    7: Scheme(4, 7, ("0", "1", "-1", "-3", "1/3", "-1/2", "4/3", "2/3", "-3/2")),
    11: Scheme(6, 6, ("0", "1", "-1", "-2", "-4/3", "-3/4", "3/2", "2", "1/2", "1/3")),
}


_WIDE = 512


def scheme_for(kernel: int, c_in: int = 1) -> Scheme:
    """The scheme for a kernel of so many taps over so many channels.

    Wide convolutions run over few positions: there a scheme would save less time than the larger weights, up to
    twice as many, are worth in memory.
    """
    return DIRECT if c_in >= _WIDE else _FOR_KERNEL.get(kernel, DIRECT)


@cache
def _matrices(scheme: Scheme) -> tuple[Array, Array, Array]:
    n = scheme.points
    if n == 1:
        return np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1))
    at = [Fraction(p) for p in scheme.at]

    def evaluate(terms: int) -> list[list[Fraction]]:
        """Values of the first `terms` powers at every point; at infinity only the highest counts."""
        return [[p**i for i in range(terms)] for p in at] + [[Fraction(i == terms - 1) for i in range(terms)]]

    inverse = _inverse(evaluate(n))
    rows, kernel = [[inverse[j][i] for j in range(n)] for i in range(n)], evaluate(scheme.taps)
    for i, row in enumerate(rows):
        # The scale of a point is free: keep the transformed input near the input's own, in exact powers of two.
        scale = Fraction(2) ** round(np.log2(float(max(map(abs, row)))))
        rows[i], kernel[i] = [v / scale for v in row], [v * scale for v in kernel[i]]
    return _array(rows), _array(kernel), _array(evaluate(scheme.outputs)).T.copy()


def _array(matrix: list[list[Fraction]]) -> Array:
    return np.array([[float(v) for v in row] for row in matrix])


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    n = len(matrix)
    a = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for c in range(n):
        pivot = next(i for i in range(c, n) if a[i][c])
        a[c], a[pivot] = a[pivot], a[c]
        a[c] = [v / a[c][c] for v in a[c]]
        for i in range(n):
            if i != c and a[i][c]:
                a[i] = [v - a[i][c] * w for v, w in zip(a[i], a[c], strict=True)]
    return [row[n:] for row in a]
