"""Whether speech that was made faster is still the same speech: what stands beside every figure of speed.

The reference implementation is the same network in torch, in float32, without kernels of ours and without the mark
(SAYSO_KERNELS=none). Words: Whisper base. Distance: mean absolute difference of log-mel spectra in dB, frame by frame,
cut off 60 dB below the loudest; where lengths differ, the nearest frames in order are compared.
Likeness: cosine of CAM++ voiceprints, 1 where an ear of that kind hears the same person.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import words
from sayso.audio.mel import mel_power
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear
from sayso.engines.voiceprint import VoiceprintEncoder

NOTE = (
    "WER: Whisper base. Log-mel: mean absolute difference to the reference's spectrum, largest of a text beside it. "
    "Likeness: cosine of CAM++ voiceprints with the reference's speech. Ours carry the mark, the reference does not."
)
_RATE_HZ, _N_FFT, _HOP, _MELS = 24_000, 1_024, 300, 80
_FLOOR_DB = -60.0
_BAND = 40
"""Frames of 12.5 ms that two recordings may be apart, beside their difference in length."""

Floats = NDArray[np.float32]


def log_mel(wave: Waveform) -> Floats:
    """dB below the loudest point, (frames, 80), at least -60."""
    samples = resample(wave, _RATE_HZ).samples
    power = mel_power(samples, _RATE_HZ, n_fft=_N_FFT, hop=_HOP, n_mels=_MELS, pad="constant").T
    decibels: Floats = 10 * np.log10(np.maximum(power, 1e-12))
    return np.maximum(decibels - decibels.max(), _FLOOR_DB).astype(np.float32)


def distance_db(one: Waveform, other: Waveform) -> float:
    """Mean absolute difference of the two in dB, over all frames and bands."""
    a, b = log_mel(one), log_mel(other)
    if len(a) == len(b):
        return float(np.abs(a - b).mean())
    pairs = _walk(a, b)
    return float(np.mean([np.abs(a[i] - b[j]).mean() for i, j in pairs]))


def _walk(a: Floats, b: Floats) -> list[tuple[int, int]]:
    """The cheapest way through both, in order, no frame left out."""
    n, m = len(a), len(b)
    band = _BAND + abs(n - m)
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        low, high = max(1, i - band), min(m, i + band)
        cost = np.abs(b[low - 1 : high] - a[i - 1]).mean(1)
        for j in range(low, high + 1):
            total[i, j] = cost[j - low] + min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
    i, j, pairs = n, m, []
    while i and j:
        pairs.append((i - 1, j - 1))
        _, i, j = min(
            (total[i - 1, j - 1], i - 1, j - 1), (total[i - 1, j], i - 1, j), (total[i, j - 1], i, j - 1)
        )
    return pairs


class Guard:
    """Compares with the reference implementation's speech of the same texts."""

    def __init__(self, models: Path, ear: Ear, reference: Sequence[tuple[str, Waveform]]) -> None:
        self._ear, self._prints = ear, VoiceprintEncoder(models)
        self._reference = reference

    def row(self, said: Sequence[Waveform]) -> dict[str, object]:
        """Columns of a table for the same texts, said in the same order."""
        wrong = words.NONE
        for (text, _), wave in zip(self._reference, said, strict=True):
            wrong += words.compare(text, self._ear.hear(wave, "en").text)
        pairs = [(wave, reference) for wave, (_, reference) in zip(said, self._reference, strict=True)]
        apart = [distance_db(wave, reference) for wave, reference in pairs]
        together = [_joined([wave for wave, _ in pairs]), _joined([reference for _, reference in pairs])]
        one, other = (self._prints.embed(wave) for wave in together)
        return {
            "WER %": wrong.wer_percent,
            "log-mel dB": float(np.mean(apart)),
            "largest dB": float(np.max(apart)),
            "likeness": float(one @ other),
        }


def _joined(waves: Sequence[Waveform]) -> Waveform:
    return Waveform(np.concatenate([wave.samples for wave in waves]), waves[0].rate_hz)
