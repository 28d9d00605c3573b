"""The judge gives the figures of the tool it was made from, and its scale means what it says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from judge import RATE_HZ, Judge, likeness, pieces


def hum(pitch_hz: float, seed: int, seconds: float = 7.0) -> NDArray[np.float32]:
    """Somebody of the same mouth and another pitch; the same samples each time."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).standard_normal(len(t))
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * t) / k for k in range(1, 20))
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3.0 * t)
    return np.asarray(0.1 * swell * tone + 0.003 * noise, np.float32)


SPEAKER = [hum(120 + n, n) for n in range(4)]
OTHERS = [hum(200 + 10 * n, n) for n in range(3)]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def test_figures_are_those_of_the_original_tool(judge: Judge) -> None:
    """Written down from the tool of 2026 whose figures the design notes quote, on the same samples."""
    found = likeness(judge, SPEAKER, OTHERS, [hum(125, 9), hum(140, 10, 2.0)])
    assert (found.n, found.same, found.other, found.clone) == (0.897, 0.997, 0.945, 0.992)
    assert judge.embed(SPEAKER[0])[:4] == pytest.approx([-0.0634, 0.1302, 0.0671, -0.34], abs=6e-5)


def test_the_ends_of_the_scale(judge: Judge) -> None:
    assert likeness(judge, SPEAKER, OTHERS, OTHERS).n == 0.0
    assert likeness(judge, SPEAKER, OTHERS, SPEAKER[2:]).n == 1.0


def test_level_does_not_matter(judge: Judge) -> None:
    quiet = judge.embed(SPEAKER[0] * np.float32(0.5))
    assert quiet @ judge.embed(SPEAKER[0]) > 0.99


def test_a_rest_is_left_out_unless_it_is_all() -> None:
    second = np.zeros(RATE_HZ, np.float32)
    assert [len(piece) for piece in pieces(np.tile(second, 7))] == [3 * RATE_HZ] * 2
    assert [len(piece) for piece in pieces(second)] == [RATE_HZ]
