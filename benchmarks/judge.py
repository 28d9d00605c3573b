"""How near is a clone to its speaker, by a judge that no loss and no selection may use?

    python benchmarks/judge.py --speaker real/*.flac --others other1.flac other2.flac ... --clone clone/*.wav

--speaker: real, held-out speech of the cloned person, never what the voice was made from; --others: real speech
of other people of the same sex; --clone: synthetic speech. Prints n: 0 = as far as other people, 1 = as near as
the person's own real speech. Anything soundfile reads goes; all is judged at 16 kHz.

Cepstra with their mean removed -> supervector of a mixture of 64 Gaussians -> PCA -> LDA -> cosine. The figures in
judge.npz were trained on 240 speakers of LibriSpeech train-clean-100 (Panayotov et al. 2015, "LibriSpeech: an ASR
corpus based on public domain audio books", CC BY 4.0), one utterance each. It is noisy: average several speakers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.fft import dct

FIGURES = Path(__file__).with_name("judge.npz")
RATE_HZ = 16_000
PIECE_S, ENROLMENT_PIECE_S = 3.0, 5.0

_WINDOW, _HOP, _N_FFT = 400, 160, 512
_BANDS, _LOW_HZ, _HIGH_HZ = 40, 60.0, 6800.0
_RELEVANCE = 10.0  # frames that a Gaussian needs until it is believed half

Floats = NDArray[np.floating[Any]]


def load(file: Path) -> NDArray[np.float32]:
    """Samples (n,) at 16 kHz, mono, of any file soundfile reads."""
    frames, rate_hz = soundfile.read(str(file), dtype="float32", always_2d=True)
    wave = frames.mean(1)
    if rate_hz != RATE_HZ:
        wave = soxr.resample(wave, rate_hz, RATE_HZ)
    return np.asarray(wave, np.float32)


def features(wave: NDArray[np.float32]) -> Floats:
    """Samples (n,) at 16 kHz -> (frames, 38): 19 cepstra and their deltas where it is loud, mean removed."""
    count = 1 + max(0, (len(wave) - _WINDOW) // _HOP)
    padded = np.pad(wave, (0, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    power = np.abs(np.fft.rfft(frames * _HANN, _N_FFT)) ** 2
    level_db = 10 * np.log10(power.sum(1) + 1e-9)
    loud = level_db > max(np.percentile(level_db, 95) - 30, -60)
    cepstra = dct(np.log(power @ _MEL.T + 1e-7), axis=1, norm="ortho")[:, 1:20]
    pad = np.pad(cepstra, ((2, 2), (0, 0)), "edge")
    deltas = (2 * (pad[4:] - pad[:-4]) + (pad[3:-1] - pad[1:-3])) / 10
    both = np.concatenate([cepstra, deltas], 1)[loud]
    return np.asarray(both - both.mean(0))


def _mel_bands() -> NDArray[np.float32]:
    """(40, 257): triangles on the mel scale."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOW_HZ, _HIGH_HZ))
    hz = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    edges = np.floor((_N_FFT + 1) * hz / RATE_HZ).astype(int)
    bands = np.zeros((_BANDS, _N_FFT // 2 + 1), np.float32)
    for band, (a, b, c) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        bands[band, a:b] = (np.arange(a, b) - a) / max(1, b - a)
        bands[band, b:c] = (c - np.arange(b, c)) / max(1, c - b)
    return bands


_MEL = _mel_bands()
_HANN = np.hanning(_WINDOW).astype(np.float32)


class Judge:
    """Speech -> a unit vector; the cosine of two says how alike the speakers sound."""

    def __init__(self, file: Path = FIGURES) -> None:
        with np.load(file) as figures:
            loaded = {name: figures[name].astype(np.float64) for name in figures.files}
        self._means, self._covs, self._weights = (loaded[name] for name in ("means", "covs", "weights"))
        self._pca_mean, self._pca = loaded["pca_mean"], loaded["pca"]
        self._lda_mean, self._lda, self._centre = (loaded[name] for name in ("lda_mean", "lda", "centre"))

    def embed(self, wave: NDArray[np.float32]) -> Floats:
        """Samples (n,) at 16 kHz, better 3 s or more -> unit vector."""
        reduced = (self._supervector(features(wave)) - self._pca_mean) @ self._pca.T
        vector = (reduced - self._lda_mean) @ self._lda - self._centre
        return np.asarray(vector / (np.linalg.norm(vector) + 1e-9))

    def _supervector(self, frames: Floats) -> Floats:
        """How far the speech moves the mean of each Gaussian, in standard deviations, one after the other."""
        far = (((frames[:, None] - self._means[None]) ** 2) / self._covs[None]).sum(2)
        log = -0.5 * far - 0.5 * np.log(self._covs).sum(1) + np.log(self._weights)
        share = np.exp(log - log.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        count = share.sum(0)[:, None]
        moved = (share.T @ frames) / (count + 1e-6) - self._means
        scaled = (count / (count + _RELEVANCE)) * moved * np.sqrt(self._weights)[:, None]
        return np.asarray((scaled / np.sqrt(self._covs)).ravel())


@dataclass(frozen=True, slots=True)
class Likeness:
    """`n` and the mean cosines to the speaker's enrolment that it is made of."""

    n: float
    """0: as far as other people; 1: as near as the speaker's own other recordings."""
    same: float
    other: float
    clone: float


def scale(same: float, other: float, clone: float) -> Likeness:
    """Mean cosines -> likeness, rounded to three places."""
    n = (clone - other) / (same - other)
    return Likeness(*(round(value, 3) for value in (n, same, other, clone)))


def pieces(wave: NDArray[np.float32], seconds: float = PIECE_S) -> list[NDArray[np.float32]]:
    """`wave` in pieces of `seconds`; a rest is left out, unless it is all there is."""
    size = int(seconds * RATE_HZ)
    return [wave[at : at + size] for at in range(0, max(1, len(wave) - size + 1), size)]


def likeness(
    judge: Judge,
    speaker: Sequence[NDArray[np.float32]],
    others: Sequence[NDArray[np.float32]],
    clone: Sequence[NDArray[np.float32]],
) -> Likeness:
    """Judge waveforms at 16 kHz. The first half of the speaker's enrols, the second says what 1 means."""
    half = max(1, len(speaker) // 2)
    joined = np.concatenate(speaker[:half])
    enrolled = np.mean([judge.embed(piece) for piece in pieces(joined, ENROLMENT_PIECE_S)], 0)
    enrolled /= np.linalg.norm(enrolled)

    def mean(waves: Sequence[NDArray[np.float32]]) -> float:
        return float(np.mean([judge.embed(piece) @ enrolled for wave in waves for piece in pieces(wave)]))

    return scale(mean(speaker[half:]), mean(others), mean(clone))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("speaker", "others", "clone"):
        parser.add_argument(f"--{name}", nargs="+", required=True, type=Path, metavar="FILE")
    options = parser.parse_args()
    speaker, others, clone = (
        [load(file) for file in sorted(files)] for files in (options.speaker, options.others, options.clone)
    )
    print(json.dumps(asdict(likeness(Judge(), speaker, others, clone))))


if __name__ == "__main__":
    main()
