"""Datasets of every form, made of sound that is like speech in its rhythm alone."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from sayso.pipeline.dataset.unpack import unpack

RATE_HZ = 16_000


def talk(*seconds: float, pause_s: float = 0.4, rate_hz: int = RATE_HZ, seed: int = 1) -> np.ndarray:
    """Stretches of humming syllables with pauses between and around them."""
    dice = np.random.default_rng(seed)
    parts = [np.zeros(round(0.3 * rate_hz))]
    for length in seconds:
        t = np.arange(round(length * rate_hz)) / rate_hz
        hum = sum(np.sin(2 * np.pi * f * t) / i for i, f in enumerate((140, 280, 420, 1_200), 1))
        parts += [0.2 * hum * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)), np.zeros(round(pause_s * rate_hz))]
    sound = np.concatenate(parts)
    return (sound + dice.normal(0, 1e-4, len(sound))).astype(np.float32)


def sound(
    *seconds: float, form: str = "WAV", rate_hz: int = RATE_HZ, pause_s: float = 0.4, seed: int = 1
) -> bytes:
    file = io.BytesIO()
    samples = talk(*seconds, rate_hz=rate_hz, pause_s=pause_s, seed=seed)
    soundfile.write(file, samples, rate_hz, format=form)
    return file.getvalue()


def zipped(entries: Mapping[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(entries: Mapping[str, bytes | str], packing: str = "gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{packing}") as archive:
        for name, data in entries.items():
            raw = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return file.getvalue()


def laid_out(folder: Path, data: bytes, name: str = "set.zip") -> Path:
    """A build's folder with the members of `data`; returns the folder of the members."""
    folder.mkdir(exist_ok=True)
    (folder / "download").write_bytes(data)
    return unpack(folder / "download", folder, name=name)


def laid_by_hand(folder: Path, entries: Mapping[str, bytes | str]) -> Path:
    """The same without an archive, for tests of what comes after unpacking."""
    from sayso.pipeline.dataset import members

    inside = folder / "members"
    inside.mkdir(parents=True)
    found = []
    for i, (name, data) in enumerate(entries.items()):
        raw = data.encode() if isinstance(data, str) else data
        (inside / f"{i:05}").write_bytes(raw)
        found.append(members.Member(name, f"{i:05}", len(raw)))
    members.write(inside, found)
    return inside
