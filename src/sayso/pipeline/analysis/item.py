"""What is given to the analysis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sayso.audio.waveform import Waveform


@dataclass(frozen=True, slots=True)
class Item:
    """A recording to analyse."""

    id: str
    source: Waveform | Path
    """In memory, or a file of ours (FLAC or WAV): read when its turn comes, so that a set needs no memory."""
    name: str = ""
    text: str | None = None
    agreement: float | None = None
    """How well the text agrees with what is heard, 0 to 1, where that is known."""
