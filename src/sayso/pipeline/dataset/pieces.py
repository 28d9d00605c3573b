"""One file of sound that was cut out of a member."""

from __future__ import annotations

from dataclasses import dataclass

SOUND = "utterances"
"""The folder of the pieces, below the build's."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Its fields are those of a line of `cut.jsonl`: an older version's journal is read, too."""

    name: str
    """At most 256 characters; not yet unique."""
    file: str
    """Below the build's folder."""
    duration_s: float
    rate_hz: int
    member: str
    start_s: float
    alone: bool
    """Whether it is all of its member."""
    is_silent: bool = False
    """Whether it is the beginning of a long member in which nobody speaks."""
