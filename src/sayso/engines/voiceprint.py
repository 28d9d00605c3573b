"""Who is speaking: CAM++, a network that tells people apart far better than the GE2E encoder does.

`likeness.py` is for losses and for choosing a start; this is for deciding whether two recordings are of the
same person. It needs no torch. A clone of a voice can pass for its speaker here too.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sayso.audio import spans
from sayso.audio.fbank import FRAME, HOP, log_mels
from sayso.audio.level import rms_dbfs
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines import weights
from sayso.engines.vad import SpeechDetector
from sayso.engines.voiceprint_graph import SIZE
from sayso.errors import BadAudio

if TYPE_CHECKING:
    import onnxruntime

Vectors = NDArray[np.float32]

WEIGHTS = "campplus/campplus.onnx"
MODEL = "campplus-zh-en-advanced-1"
"""Name of weights and front end together: vectors of different names must not be compared."""

RATE_HZ = 16_000
MIN_SPEECH_S = 0.5
_LONGEST_S = 10.0  # of one look: the network's memory grows with it
_LEVEL_DBFS = -26.0
_PAUSE_S = 0.2


class VoiceprintEncoder:
    """Speech -> a unit vector. Loads at the first call; safe to use from several threads."""

    model = MODEL
    minds_telephones = True

    def __init__(self, models_dir: Path, detector: SpeechDetector | None = None) -> None:
        self.detector = detector or SpeechDetector(models_dir)
        """Finds the speech; may be shared."""
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None

    def embed(self, wave: Waveform) -> Vectors:
        """Shape (192,), float32, unit length. `wave` of any rate; pauses are cut out first.

        Raises BadAudio where less than 0.5 s of speech is found.
        """
        return self.embed_speech(self.speech(wave))

    def speech(self, wave: Waveform) -> Waveform:
        """The speech in `wave` without its pauses, at 16 kHz. Raises BadAudio where there is less than 0.5 s."""
        wave = resample(wave, RATE_HZ)
        speech = spans.join(wave, spans.bridge(self.detector.spans(wave), _PAUSE_S))
        if speech.duration_s < MIN_SPEECH_S:
            raise BadAudio(
                f"{speech.duration_s:.1f} s of speech were found, at least {MIN_SPEECH_S} s are needed "
                "to know the speaker; send a longer recording"
            )
        return speech

    def embed_speech(self, speech: Waveform) -> Vectors:
        """Like `embed`, for 0.1 s and more at 16 kHz whose pauses are already cut out."""
        n = max(1, round(speech.duration_s / _LONGEST_S))
        edges = np.linspace(0.0, speech.duration_s, n + 1).tolist()
        parts = [spans.Span(start, end) for start, end in itertools.pairwise(edges)]
        return unit(self.embed_parts(speech, parts).mean(axis=0))

    def embed_parts(self, speech: Waveform, parts: Sequence[spans.Span]) -> Vectors:
        """Unit vectors (parts, 192) of stretches of `speech` at 16 kHz, each by itself, 0.1 s or more."""
        gain = np.float32(10.0 ** ((_LEVEL_DBFS - rms_dbfs(speech)) / 20.0))
        session = self._loaded()
        found = np.empty((len(parts), SIZE), np.float32)
        for index, part in enumerate(parts):
            samples = speech.cut(part.start_s, part.end_s).samples * gain
            mels = log_mels(np.pad(samples, (0, max(0, FRAME + 8 * HOP - len(samples)))))
            features = (mels - mels.mean(axis=0))[None]
            found[index] = session.run(None, {"features": features})[0][0]
        return unit(found)

    def _loaded(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                options.enable_cpu_mem_arena = False  # it would keep what the longest recording took
                file = weights.path(self._models_dir, WEIGHTS)
                self._session = onnxruntime.InferenceSession(
                    str(file), options, providers=["CPUExecutionProvider"]
                )
            return self._session


def unit(vectors: Vectors) -> Vectors:
    """Each of `vectors` (..., n) at length one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
