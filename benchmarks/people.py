"""Human speech for the benchmarks: who said what, how high they speak, who is of the same sex."""

from __future__ import annotations

import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sayso.audio.codec import decode
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

REFERENCES = 3
"""The first so many files of a speaker are what the voice is made from; the rest is held out."""
OTHERS = "impostors_libri8spk_16k"
N_OTHERS = 3

_WOMEN = (
    "367", "1998", "5778", "87", "4088", "1841", "84", "1462", "2035", "p225", "kathleen",
)  # fmt: skip
_MEN = (
    "1688", "2033", "2414", "60", "8770", "6563", "26", "174", "1272", "777", "p226",
)  # fmt: skip
_SEX = dict.fromkeys(_WOMEN, "F") | dict.fromkeys(_MEN, "M")
"""As published with the collections: 1688 reads as high as most women and kathleen as low as most men, so pitch would err."""
_HIGH_VOICE_HZ = 165.0
"""Speakers who are not in the list count as women above this median pitch."""
_FRAME_S, _HOP_S = 0.04, 0.01
_LOW_HZ, _HIGH_HZ = 60.0, 400.0
_VOICED = 0.6


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of a collection."""

    speaker: str
    text: str
    """Empty where the collection does not say."""
    file: Path

    def wave(self) -> Waveform:
        """What is in it."""
        return decode(self.file.read_bytes())


def collection(folder: Path) -> dict[str, list[Recording]]:
    """Speaker -> recordings in the order of their names. `folder` has metadata.tsv (id, speaker, text) and the files."""
    table = folder / "metadata.tsv"
    if not table.is_file():
        raise SystemExit(f"there is no {table}: see benchmarks/README.md on what --speech expects")
    files = {
        file.stem: file for file in folder.rglob("*") if file.suffix in (".wav", ".flac", ".mp3", ".ogg")
    }
    found: dict[str, list[Recording]] = {}
    with table.open(encoding="utf-8") as lines:
        rows = sorted(
            csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), key=lambda row: row["id"]
        )
    for row in rows:
        recording = Recording(row["speaker"], row["text"] or "", files[row["id"]])
        found.setdefault(row["speaker"], []).append(recording)
    return found


def chosen(speakers: dict[str, list[Recording]], only: Sequence[str] | None) -> dict[str, list[Recording]]:
    """The speakers named in `only`, or all."""
    unknown = [name for name in only or () if name not in speakers]
    if unknown:
        raise SystemExit(f"there is no speaker {unknown[0]}; there are {', '.join(speakers)}")
    return {name: recordings for name, recordings in speakers.items() if not only or name in only}


def median_pitch_hz(waves: Sequence[Waveform]) -> float:
    """Median F0 where the speech is surely voiced, by autocorrelation; NaN where it never is."""
    return float(np.median(np.concatenate([_pitches(wave) for wave in waves]) if waves else [np.nan]))


def _pitches(wave: Waveform) -> np.ndarray:
    wave = resample(wave, 16_000)
    rate, size, hop = 16_000, round(_FRAME_S * 16_000), round(_HOP_S * 16_000)
    if len(wave.samples) < size:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(wave.samples.astype(np.float64), size)[::hop]
    frames = (frames - frames.mean(1, keepdims=True)) * np.hanning(size)
    energy = (frames**2).sum(1)
    frames = frames[energy > 0.1 * np.percentile(energy, 95)]

    def correlation(windows: np.ndarray) -> np.ndarray:
        whole = np.fft.irfft(np.abs(np.fft.rfft(windows, 2 * size)) ** 2)[..., :size]
        return np.asarray(whole / (whole[..., :1] + 1e-12))

    shortest, longest = int(rate / _HIGH_HZ), int(rate / _LOW_HZ)
    # Divided by the window's own, so that long periods are not at a disadvantage.
    strength = (correlation(frames) / correlation(np.hanning(size)))[:, shortest : longest + 1]
    best = strength.max(1)
    # The shortest period that is nearly as good as the best: two periods repeat as well as one.
    first = (strength > 0.9 * best[:, None]).argmax(1)
    peak = np.array([_climb(line, at) for line, at in zip(strength, first, strict=True)], int)
    return np.asarray(rate / (peak[best > _VOICED] + shortest))


def _climb(line: np.ndarray, at: int) -> int:
    while at + 1 < len(line) and line[at + 1] > line[at]:
        at += 1
    return at


@functools.cache
def _pool(folder: Path) -> tuple[tuple[float, Recording], ...]:
    """Those whose sex is known, with their median pitch."""
    recordings = [recording for group in collection(folder).values() for recording in group]
    return tuple(
        (median_pitch_hz([recording.wave()]), recording)
        for recording in recordings
        if recording.speaker in _SEX
    )


def sex(speaker: str, pitch_hz: float) -> str:
    """F or M: as published, otherwise by the pitch."""
    return _SEX.get(speaker) or ("F" if pitch_hz > _HIGH_VOICE_HZ else "M")


def same_sex(speech: Path, speaker: str, pitch_hz: float) -> list[Recording]:
    """Three other people of the speaker's sex, the nearest in median pitch first."""
    alike = [
        (hz, other) for hz, other in _pool(speech / OTHERS) if _SEX[other.speaker] == sex(speaker, pitch_hz)
    ]
    alike.sort(key=lambda pair: abs(np.log2(pair[0] / pitch_hz)))
    return [other for _, other in alike[:N_OTHERS]]
