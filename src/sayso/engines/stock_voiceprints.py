"""Voiceprints of the stock voices: strangers to compare a clone with, without having to let them speak.

`stock_voiceprints.npz` was made by scripts/make_stock_voiceprints.py.
"""

from __future__ import annotations

import functools
import io
from importlib import resources

import numpy as np
from numpy.typing import NDArray

_FILE = "stock_voiceprints.npz"


def strangers(model: str, pitch_hz: float, count: int = 6) -> list[NDArray[np.float32]]:
    """Unit vectors (192,) of the `count` stock voices nearest in pitch; none where they are of another `model`."""
    kept_model, vectors, pitches = _kept()
    if model != kept_model:
        return []
    nearest = np.argsort(np.abs(np.log2(pitches / pitch_hz)))[:count]
    return [vectors[i] for i in nearest]


@functools.cache
def _kept() -> tuple[str, NDArray[np.float32], NDArray[np.float32]]:
    packed = resources.files(__package__).joinpath(_FILE).read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as data:
        vectors = data["vectors"].astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return str(data["model"]), vectors, data["pitch_hz"].astype(np.float32)
