"""The intrusive scores, against values that follow from their definitions."""

import numpy as np
import pytest

from sayso.audio import perceptual
from sayso.audio.distortion import HIGHEST_DB, si_sdr_db
from sayso.audio.stoi import stoi
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000


def wave(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Waveform:
    return Waveform(samples.astype(np.float32), rate_hz)


def speechlike(seed: int = 0, duration_s: float = 3.0) -> np.ndarray:
    """Noise shaped like syllables: it rises and falls four times a second, and has pauses."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * 120 * k * t + rng.uniform(0, 6)) / k for k in range(1, 40))
    envelope = np.maximum(0.0, np.sin(2 * np.pi * 2.1 * t)) ** 2 * (0.5 + 0.5 * np.sin(2 * np.pi * 0.37 * t))
    return 0.1 * envelope * (tones + 0.2 * rng.standard_normal(len(t)))


CLEAN = speechlike()
NOISE = np.random.default_rng(1).standard_normal(len(CLEAN)) * np.sqrt(np.mean(CLEAN**2))


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 20.0])
def test_si_sdr_of_independent_noise_is_the_ratio_of_the_energies(snr_db):
    spoilt = CLEAN + NOISE * 10 ** (-snr_db / 20)

    assert si_sdr_db(wave(CLEAN), wave(spoilt)) == pytest.approx(snr_db, abs=0.4)


def test_si_sdr_minds_neither_level_nor_offset():
    spoilt = CLEAN + 0.1 * NOISE

    assert si_sdr_db(wave(CLEAN), wave(0.3 * spoilt + 0.05)) == pytest.approx(
        si_sdr_db(wave(CLEAN), wave(spoilt)), abs=1e-3
    )
    assert si_sdr_db(wave(CLEAN), wave(CLEAN)) == HIGHEST_DB


def test_stoi_is_one_for_the_same_and_falls_with_noise():
    figures = [stoi(wave(CLEAN), wave(CLEAN + NOISE * 10 ** (-snr / 20))) for snr in (40, 10, 0, -10)]

    assert stoi(wave(CLEAN), wave(0.2 * CLEAN)) == pytest.approx(1.0, abs=1e-6)
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 0.98
    assert figures[-1] < 0.6


def test_stoi_takes_any_rate():
    assert stoi(wave(CLEAN, 48_000), wave(CLEAN, 48_000)) == pytest.approx(1.0, abs=1e-6)


def test_the_perceptual_score_has_its_ends_where_the_scale_has_them():
    same = perceptual.disturbance(wave(CLEAN), wave(CLEAN))
    quieter = perceptual.disturbance(wave(CLEAN), wave(0.1 * CLEAN))

    assert same == perceptual.Disturbance(0.0, 0.0)
    assert perceptual.score(same) == pytest.approx(perceptual.HIGHEST, abs=0.01)
    assert quieter.all == pytest.approx(0.0, abs=1e-3)
    assert perceptual.score(perceptual.Disturbance(25.0, 45.0)) < 1.2


def test_the_perceptual_score_falls_with_noise_and_minds_what_is_added_more():
    scores = [
        perceptual.score(perceptual.disturbance(wave(CLEAN), wave(CLEAN + NOISE * 10 ** (-snr / 20))))
        for snr in (50, 30, 15, 0)
    ]
    spectrum = np.fft.rfft(CLEAN)
    spectrum[len(spectrum) // 2 :] = 0.0
    missing = perceptual.disturbance(wave(CLEAN), wave(np.fft.irfft(spectrum, len(CLEAN))))
    added = perceptual.disturbance(wave(np.fft.irfft(spectrum, len(CLEAN))), wave(CLEAN))

    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 1.5
    assert added.added > missing.added


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(100), np.zeros(RATE_HZ)])
def test_silence_and_nothing_have_no_score(samples):
    empty, other = wave(samples), wave(CLEAN[: len(samples)])

    assert si_sdr_db(empty, other) is None
    assert stoi(empty, other) is None
    assert perceptual.disturbance(empty, other) is None
