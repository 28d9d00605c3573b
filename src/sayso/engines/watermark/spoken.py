"""The detector for what people send: it answers only where somebody speaks.

A steady tone looks like our mark to the network; a hum, a whistle or a crying child is not what it was made for.
"""

from __future__ import annotations

from pathlib import Path

from sayso.audio.waveform import Waveform
from sayso.engines.vad import SpeechDetector
from sayso.engines.watermark.marking import Watermark

_LEAST_S = 0.5


class SpokenMarks:
    """Implements `MarkFinder`. Loads when first used; safe to use from several threads."""

    def __init__(self, models_dir: Path, detector: SpeechDetector | None = None) -> None:
        self._watermark = Watermark(models_dir)
        self._detector = detector or SpeechDetector(models_dir)

    def confidence(self, wave: Waveform) -> float:
        """See MarkFinder; 0.0 where less than half a second of speech is found.

        Raises BadArtifact where the weights are missing.
        """
        if sum(span.duration_s for span in self._detector.spans(wave)) < _LEAST_S:
            return 0.0
        return self._watermark.confidence(wave)
