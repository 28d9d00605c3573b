"""Sound at another pace keeps its pitch and its level, and what is told of its moments is right."""

import numpy as np
import pytest

from sayso.audio.level import rms_dbfs
from sayso.audio.stretch import Pace, stretched
from sayso.audio.waveform import Waveform

RATE_HZ = 24_000


def buzz(hz: float, seconds: float = 1.0) -> Waveform:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return Waveform(
        sum(0.2 / k * np.sin(2 * np.pi * k * hz * t) for k in (1, 2, 3)).astype(np.float32), RATE_HZ
    )


def evenly(wave: Waveform, times_as_long: float) -> Pace:
    ends = np.array([0.0, len(wave.samples)])
    return Pace(ends, ends * times_as_long)


@pytest.mark.parametrize("hz", [90.0, 150.0, 260.0])
@pytest.mark.parametrize("times_as_long", [0.25, 0.5, 1.0, 1.5, 4.0])
def test_length_changes_and_pitch_and_level_do_not(hz: float, times_as_long: float) -> None:
    wave = buzz(hz)
    made = stretched(wave, evenly(wave, times_as_long))
    assert len(made.samples) == round(len(wave.samples) * times_as_long)
    inside = made.samples[1_000:-1_000]
    loudest = np.fft.rfft(inside * np.hanning(len(inside)), 1 << 18)
    assert np.argmax(np.abs(loudest)) * RATE_HZ / (1 << 18) == pytest.approx(hz, rel=0.02)
    assert rms_dbfs(Waveform(inside, RATE_HZ)) == pytest.approx(rms_dbfs(wave), abs=0.7)


def test_the_same_pace_is_the_same_sound() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, RATE_HZ).astype(np.float32)
    wave = Waveform(noise, RATE_HZ)
    np.testing.assert_allclose(stretched(wave, evenly(wave, 1.0)).samples, noise, atol=1e-5)


def test_a_moment_comes_where_the_pace_says() -> None:
    wave = buzz(120.0, 2.0)
    wave.samples[RATE_HZ:] = 0.0
    pace = Pace(np.array([0.0, RATE_HZ, 2 * RATE_HZ]), np.array([0.0, RATE_HZ / 2, 2.5 * RATE_HZ]))
    made = stretched(wave, pace)
    assert pace.place(RATE_HZ) == RATE_HZ / 2
    assert len(made.samples) == 2.5 * RATE_HZ
    last_loud = np.flatnonzero(np.abs(made.samples) > 0.01)[-1]
    assert last_loud / RATE_HZ == pytest.approx(0.5, abs=0.04)


def test_nothing_stays_nothing() -> None:
    assert (
        len(stretched(Waveform(np.zeros(0, np.float32), RATE_HZ), Pace(np.zeros(2), np.zeros(2))).samples)
        == 0
    )
