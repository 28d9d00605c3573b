"""One resampler (soxr) for the whole product."""

from __future__ import annotations

import numpy as np
import soxr

from sayso.audio.waveform import Samples, Waveform

# Cut-off at 0.91 of the lower Nyquist frequency and more than 120 dB below it beyond.
_QUALITY = "HQ"


def resample(wave: Waveform, rate_hz: int) -> Waveform:
    """`wave` at `rate_hz`; exactly round(n * rate_hz / wave.rate_hz) samples, no delay.

    Nothing above the lower of the two Nyquist frequencies survives. The same rate gives the same value.
    """
    if rate_hz == wave.rate_hz:
        return wave
    n = round(len(wave.samples) * rate_hz / wave.rate_hz)
    if n == 0:
        return Waveform(np.zeros(0, np.float32), rate_hz)
    samples = soxr.resample(wave.samples, wave.rate_hz, rate_hz, quality=_QUALITY)
    return Waveform(_fit(np.asarray(samples, np.float32), n), rate_hz)


class StreamResampler:
    """Resamples a stream piece by piece; all pieces together are what `resample` makes of the whole.

    Some milliseconds of sound are held back until the next piece or the last one. Not for two threads.
    """

    def __init__(self, rate_in_hz: int, rate_out_hz: int) -> None:
        self._rates = (rate_in_hz, rate_out_hz)
        self._stream = soxr.ResampleStream(rate_in_hz, rate_out_hz, 1, dtype="float32", quality=_QUALITY)
        self._taken = self._given = 0

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """Feed samples (n,), n may be 0; returns the samples (m,) that are ready.

        `last` gives out what was held back; afterwards the resampler is used up.
        """
        rate_in, rate_out = self._rates
        if rate_in == rate_out:
            return samples
        ready = np.asarray(self._stream.resample_chunk(samples, last=last), np.float32)
        self._taken += len(samples)
        if last:
            ready = _fit(ready, max(0, round(self._taken * rate_out / rate_in) - self._given))
        self._given += len(ready)
        return ready


def _fit(samples: Samples, n: int) -> Samples:
    """`samples` cut or padded with zeros to (n,): soxr may be off by a sample at the end."""
    if len(samples) >= n:
        return samples[:n]
    return np.pad(samples, (0, n - len(samples)))
