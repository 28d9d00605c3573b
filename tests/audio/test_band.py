"""Telephones are heard as such."""

import numpy as np
import pytest
import scipy.signal

from sayso.audio.band import is_narrow, through_telephone
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform


def speech_like(rate_hz: int = 16_000, seconds: float = 2.0) -> Waveform:
    """Noise that falls by 12 dB an octave, as a voice does."""
    white = np.random.default_rng(1).standard_normal(round(seconds * rate_hz))
    falling = scipy.signal.lfilter([1.0], [1.0, -0.95], white)
    return Waveform((0.02 * falling).astype(np.float32), rate_hz)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
def test_a_microphone_is_wide_and_a_telephone_narrow(rate_hz):
    wave = speech_like(rate_hz)

    assert not is_narrow(wave)
    assert is_narrow(through_telephone(wave))
    assert is_narrow(resample(resample(wave, 8_000), rate_hz))


def test_eight_kilohertz_are_narrow_by_themselves():
    assert is_narrow(speech_like(8_000))


@pytest.mark.parametrize("n", [0, 1, 511, 512, 16_000])
def test_silence_is_nothing(n):
    assert not is_narrow(Waveform(np.zeros(n, np.float32), 16_000))


@pytest.mark.parametrize("n", [0, 1, 16_001])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_a_telephone_keeps_the_length_and_only_the_middle(n, rate_hz):
    wave = Waveform(np.random.default_rng(n).standard_normal(n).astype(np.float32), rate_hz)

    passed = through_telephone(wave)

    assert len(passed.samples) == n
    assert passed.rate_hz == rate_hz
    if n > 1_000:
        hz, power = scipy.signal.welch(passed.samples, rate_hz, nperseg=1_024)
        middle = power[(hz > 600) & (hz < 3_000)].mean()
        assert power[hz < 100].mean() < 1e-2 * middle
        assert hz[-1] <= 4_100 or power[hz > 4_100].mean() < 1e-6 * middle
