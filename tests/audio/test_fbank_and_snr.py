"""Kaldi's features, and how far speech stands above its pauses."""

import numpy as np
import pytest

from sayso.audio.fbank import log_mels
from sayso.audio.snr import HIGHEST_DB, snr_db
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000


def test_features_are_kaldis():
    t = np.arange(4_000) / RATE_HZ
    sweep = 0.3 * np.sin(2 * np.pi * (200 * t + 4_000 * t * t)) + 0.01 * np.sin(2 * np.pi * 5_000 * t)

    mels = log_mels(sweep.astype(np.float32))

    # Printed by kaldi-native-fbank for the same samples: no dither, 80 bands, no energy floor.
    assert mels.shape == (23, 80)
    expected = [
        [-6.6423, 2.2278, -10.9023, -15.9424, -15.9424, -15.9424],
        [-10.3223, -13.9881, -10.5468, -11.6252, -15.9424, -15.9424],
        [-10.4753, -15.9424, -15.8240, -1.5199, -15.9424, -15.9424],
    ]
    assert mels[[0, 11, 22]][:, [0, 10, 20, 40, 60, 79]] == pytest.approx(np.array(expected), abs=0.05)


@pytest.mark.parametrize(("n", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_only_whole_frames_count(n, frames):
    assert log_mels(np.zeros(n, np.float32)).shape == (frames, 80)


def test_long_sound_is_the_same_in_blocks_as_in_pieces():
    samples = np.random.default_rng(1).standard_normal(5_000 * 160).astype(np.float32)

    mels = log_mels(samples)

    assert mels[3_000:3_010] == pytest.approx(log_mels(samples[3_000 * 160 : 3_009 * 160 + 400]), abs=1e-4)


def spoken(noise: float, rate_hz: int = RATE_HZ) -> Waveform:
    """A tone from the first to the third of four seconds, in noise."""
    rng = np.random.default_rng(1)
    samples = noise * rng.standard_normal(4 * rate_hz)
    samples[rate_hz : 3 * rate_hz] += 0.1 * np.sin(2 * np.pi * 200 * np.arange(2 * rate_hz) / rate_hz)
    return Waveform(samples.astype(np.float32), rate_hz)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("expected_db", [0.0, 10.0, 30.0])
def test_the_ratio_is_that_of_speech_to_its_pauses(expected_db, rate_hz):
    noise = 0.1 / np.sqrt(2) * 10 ** (-expected_db / 20)

    assert snr_db(spoken(noise, rate_hz), [Span(1.0, 3.0)]) == pytest.approx(expected_db, abs=0.4)


def test_without_pauses_the_ratio_is_a_lower_bound():
    wave = spoken(0.002)

    ratio_db = snr_db(wave, [Span(0.0, wave.duration_s)])

    assert ratio_db is not None
    assert 10.0 < ratio_db < 30.0


def test_pauses_of_digital_silence_give_a_number():
    assert snr_db(spoken(0.0), [Span(1.0, 3.0)]) == HIGHEST_DB


def test_without_speech_there_is_no_ratio():
    assert snr_db(spoken(0.01), []) is None
    assert snr_db(Waveform(np.zeros(0, np.float32), RATE_HZ), []) is None
