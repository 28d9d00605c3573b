"""The stock voices that come with Kokoro: synthetic readers, and the starting points of a clone.

`stock.safetensors` holds a few of the 510 style vectors of each published voice pack, and what was measured
of a sentence it said: a speaker embedding and a pitch. Made by scripts/make_stock_voices.py.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

SYMBOLS = (8, 16, 32, 64, 128, 256)
"""Lengths in phoneme symbols for which a style is kept."""
TIMBRE_ROW = 4
"""The row whose timbre stands for the voice."""
READERS = ("af_heart", "am_michael", "bf_emma", "bm_george")
"""Those that are offered as readers: the best graded of each accent and sex, in the publisher's words."""
_ENGLISH = ("af_", "am_", "bf_", "bm_")
_WHISPERS = "af_nicole"


@dataclass(frozen=True, slots=True, eq=False)
class StockVoice:
    """One published voice."""

    name: str
    styles: NDArray[np.float32]
    """(6, 256): timbre and prosody for texts of SYMBOLS lengths."""
    embedding: NDArray[np.float32]
    """(256,), unit length: the speaker encoder's."""
    pitch_hz: float
    """Median F0."""

    @property
    def timbre(self) -> NDArray[np.float32]:
        """(128,)."""
        return self.styles[TIMBRE_ROW, :128]

    @property
    def prosody(self) -> NDArray[np.float32]:
        """(6, 128)."""
        return self.styles[:, 128:]

    @property
    def speaks_english(self) -> bool:
        """Its prosody was learnt from English speech."""
        return self.name.startswith(_ENGLISH)


@functools.cache
def voices() -> dict[str, StockVoice]:
    """All of them, by name."""
    from safetensors.numpy import load

    data = load(resources.files(__package__).joinpath("stock.safetensors").read_bytes())
    names = bytes(data["names"]).decode().split()
    return {
        name: StockVoice(
            name,
            data["styles"][i].astype(np.float32),
            data["embeddings"][i].astype(np.float32),
            float(data["pitch_hz"][i]),
        )
        for i, name in enumerate(names)
    }


def nearest(embedding: NDArray[np.float32], pitch_hz: float, *, english: bool) -> StockVoice:
    """The voice most like a speaker: cosine, less a quarter for each octave of pitch between them."""
    return near(embedding, pitch_hz, english=english)[0]


def near(embedding: NDArray[np.float32], pitch_hz: float, *, english: bool) -> list[StockVoice]:
    """All voices, the most like a speaker first."""

    def score(voice: StockVoice) -> float:
        return float(voice.embedding @ embedding) - 0.25 * abs(float(np.log2(voice.pitch_hz / pitch_hz)))

    # The whispering voice is near to many an embedding and no good start for anybody.
    candidates = [v for v in voices().values() if v.name != _WHISPERS and (v.speaks_english or not english)]
    return sorted(candidates, key=score, reverse=True)
