"""Whether a recording came through a telephone, and what another one would sound like through it."""

from __future__ import annotations

import numpy as np
import scipy.signal

from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

_LINE_HZ = 8_000
_PASSED_HZ = (300.0, 3_400.0)
_HEARD_HZ = (500.0, 3_300.0)
_CUT_HZ = (4_200.0, 7_500.0)  # above what any line at 8 kHz carries, below where codecs at 16 kHz cut
_NARROW_DB = -50.0
_N_FFT = 512


def is_narrow(wave: Waveform) -> bool:
    """Whether next to nothing of `wave`, of any rate, lies above 4 kHz: a telephone line, or a rate of 8 kHz.

    Speech and any noise that was there at the microphone reach far beyond. False for silence.
    """
    if wave.rate_hz < 2 * _CUT_HZ[0]:
        return True
    samples = wave.samples
    if len(samples) < _N_FFT:
        return False
    hz, power = scipy.signal.welch(samples, wave.rate_hz, nperseg=_N_FFT, detrend=False)
    heard, cut = (float(power[(hz >= low) & (hz <= high)].mean()) for low, high in (_HEARD_HZ, _CUT_HZ))
    return heard > 0.0 and 10.0 * np.log10(max(cut / heard, 1e-20)) < _NARROW_DB


def through_telephone(wave: Waveform) -> Waveform:
    """`wave` with nothing but 300 to 3400 Hz left, at its own rate and as long."""
    line = resample(wave, _LINE_HZ)
    if len(line.samples) == 0:
        return wave
    sections = scipy.signal.butter(4, _PASSED_HZ, "bandpass", fs=_LINE_HZ, output="sos")
    passed = Waveform(scipy.signal.sosfilt(sections, line.samples).astype(np.float32), _LINE_HZ)
    back = resample(passed, wave.rate_hz).samples[: len(wave.samples)]
    return Waveform(np.pad(back, (0, len(wave.samples) - len(back))), wave.rate_hz)
