"""Speech among other sounds: Silero's detector, whose weights come as an ONNX file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.spans import Span, bridge
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights

if TYPE_CHECKING:
    import onnxruntime

RATE_HZ = 16_000
FRAME = 512
"""Samples of one decision: 32 ms."""

_CONTEXT = 64  # samples of the frame before that the network sees again
_BLOCK = 512  # frames a call: 16 s, a few megabytes
_STATE = (1, 1, 128)

# Speech begins above the first line and ends below the second, so that it does not flicker between them.
_BEGINS, _ENDS = 0.5, 0.35
_MIN_SPEECH_S, _MIN_PAUSE_S, _MARGIN_S = 0.25, 0.1, 0.03


class SpeechDetector:
    """Finds speech. The weights are loaded at the first call; safe to use from several threads."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def spans(self, wave: Waveform) -> list[Span]:
        """Where `wave`, of any rate, holds speech: in order, apart, each at least 0.25 s."""
        return spans_of(self.probabilities(wave), wave.duration_s)

    def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
        """Probability (frames,) of speech in each `FRAME` of `wave` at 16 kHz, the last one padded."""
        samples = resample(wave, RATE_HZ).samples
        if len(samples) == 0:
            return np.zeros(0, np.float32)
        n = -(-len(samples) // FRAME)
        session = self._loaded()
        h = c = np.zeros(_STATE, np.float32)
        found: list[NDArray[np.float32]] = []
        for at in range(0, n, _BLOCK):
            inputs = _frames(samples, at, min(n, at + _BLOCK))
            block, h, c = session.run(None, {"input": inputs, "h": h, "c": c})
            found.append(block)
        return np.concatenate(found)

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                file = weights.path(self._models_dir, "silero/silero_vad_16k_sequence.onnx")
                self._session = onnxruntime.InferenceSession(
                    str(file), options, providers=["CPUExecutionProvider"]
                )
            return self._session


def _frames(samples: Samples, first: int, stop: int) -> Samples:
    """Frames `first` to `stop`, each after the end of the one before: (n, 576), zeros beyond both ends."""
    begin, end = first * FRAME - _CONTEXT, stop * FRAME
    part = np.pad(samples[max(0, begin) : end], (max(0, -begin), max(0, end - len(samples))))
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(part, _CONTEXT + FRAME)[::FRAME])


def spans_of(probabilities: NDArray[np.float32], duration_s: float) -> list[Span]:
    """What `SpeechDetector.spans` gives for these `probabilities` (frames,) of a waveform of `duration_s`."""
    frame_s = FRAME / RATE_HZ
    raw: list[Span] = []
    start: int | None = None
    for index, probability in enumerate([*probabilities.tolist(), 0.0]):
        if start is None and probability >= _BEGINS:
            start = index
        elif start is not None and probability < _ENDS:
            raw.append(Span(start * frame_s, index * frame_s))
            start = None
    speech = [span for span in bridge(raw, _MIN_PAUSE_S) if span.duration_s >= _MIN_SPEECH_S]
    return [Span(max(0.0, s.start_s - _MARGIN_S), min(duration_s, s.end_s + _MARGIN_S)) for s in speech]
