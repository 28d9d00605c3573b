"""Whether a recording came through a telephone, and what another one would sound like through it."""

from __future__ import annotations

import numpy as np

from sayso.audio.waveform import Waveform

_LINE_HZ = 4_000.0
_PASSED_HZ = (300.0, 3_400.0)
_ORDER = 4
_HEARD_HZ = (500.0, 3_300.0)
_CUT_HZ = (4_200.0, 7_500.0)  # above what any line at 8 kHz carries, below where codecs at 16 kHz cut
_NARROW_DB = -50.0
_FRAME = 512


def is_narrow(wave: Waveform) -> bool:
    """Whether next to nothing of `wave`, of any rate, lies above 4 kHz: a telephone line, or a rate of 8 kHz.

    Speech and any noise that was there at the microphone reach far beyond. False for silence.
    """
    if wave.rate_hz < 2 * _CUT_HZ[0]:
        return True
    if len(wave.samples) < _FRAME:
        return False
    frames = np.lib.stride_tricks.sliding_window_view(wave.samples, _FRAME)[:: _FRAME // 2]
    power = np.zeros(_FRAME // 2 + 1)
    window = np.hanning(_FRAME)
    for frame in frames:
        power += np.square(np.abs(np.fft.rfft(frame * window)))
    hz = np.fft.rfftfreq(_FRAME, 1.0 / wave.rate_hz)
    heard, cut = (float(power[(hz >= low) & (hz <= high)].mean()) for low, high in (_HEARD_HZ, _CUT_HZ))
    return heard > 0.0 and 10.0 * np.log10(max(cut / heard, 1e-20)) < _NARROW_DB


def through_telephone(wave: Waveform) -> Waveform:
    """`wave` with nothing but 300 to 3400 Hz left, as long and at its own rate.

    The edges are those of a Butterworth filter, without its delay.
    """
    n = len(wave.samples)
    if n == 0:
        return wave
    hz = np.fft.rfftfreq(n, 1.0 / wave.rate_hz)
    low, high = _PASSED_HZ
    away = (np.square(hz) - low * high) / (np.maximum(hz, 1e-3) * (high - low))
    gain = np.where(hz < _LINE_HZ, 1.0 / np.sqrt(1.0 + np.minimum(np.abs(away), 1e4) ** (2 * _ORDER)), 0.0)
    passed = np.fft.irfft(np.fft.rfft(wave.samples) * gain, n)
    return Waveform(passed.astype(np.float32), wave.rate_hz)
