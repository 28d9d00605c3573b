"""How much sound a dataset may still take, while several members of it are in work.

The rule is that of members taken one after the other: each takes what those before it left. What a member will take is
not known before it is cut; how much it takes at the most is, from its length. So a member that fits whatever those
before it take need not wait for them, and the others wait for their turn. Nothing is cut that is not kept.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from sayso.pipeline.dataset.limits import DatasetLimits

_SAMPLE_BYTES, _PIECE_BYTES = 4, 4_096
"""More than FLAC of 24 bits takes of what does not pack at all: 3 bytes, and some of head for each block and file."""
_SHORTEST_S = 0.2
"""No piece holds less speech."""
_ROUNDED, _ROUNDED_S = 1.001, 1.0
"""Lengths of pieces are rounded to samples and to tenths of milliseconds."""


class Ended(Exception):
    """The cutting came to an end while a member was in work."""


@dataclass(frozen=True, slots=True)
class Left:
    """What one member may take: the last piece begins before the seconds and before the bytes are used up."""

    s: float
    size_bytes: float

    @property
    def is_nothing(self) -> bool:
        """Whether there is no room at all."""
        return self.s <= 0 or self.size_bytes <= 0


_ALL, _NOTHING = Left(math.inf, math.inf), Left(0.0, 0)


class Room:
    """Members have numbers, in their order from 0. Every thread may call everything, but for `took`."""

    def __init__(self, limits: DatasetLimits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._turn = 0
        self._total_s, self._written_bytes = 0.0, 0
        self._most: dict[int, Left] = {}
        self._is_ended = False

    @property
    def is_full(self) -> bool:
        """Whether no more bytes may be written."""
        return self._written_bytes >= self._limits.max_cut_bytes

    @property
    def is_over(self) -> bool:
        """Whether members whose turn is to come are left out."""
        return self.is_full or self._total_s >= self._limits.max_audio_s

    @property
    def is_ended(self) -> bool:
        """Whether nobody waits any more for what is in work."""
        return self._is_ended

    def says(self, number: int, most_s: float, most_bytes: int) -> None:
        """That a member takes no more than this. Each has to say so, or fail, for others to go on; the last word counts."""
        with self._changed:
            self._most[number] = Left(most_s, most_bytes)
            self._changed.notify_all()

    def left(self, number: int) -> Left:
        """What a member that has said its most may take: all of it, at once, where that is sure; else it waits. Raises Ended."""
        with self._changed:
            while True:
                if self._is_ended:
                    raise Ended
                if self.is_over or number < self._turn:
                    return _NOTHING
                if number == self._turn:
                    return Left(
                        self._limits.max_audio_s - self._total_s,
                        self._limits.max_cut_bytes - self._written_bytes,
                    )
                if self._surely_fits(number):
                    return _ALL
                self._changed.wait()

    def wrote(self, size_bytes: int) -> None:
        """What the member whose turn it is wrote."""
        self._written_bytes += size_bytes

    def took(self, number: int, total_s: float) -> None:
        """The member whose turn it was is through; the next one's turn begins. In their order."""
        with self._changed:
            self._most.pop(number, None)
            self._total_s += total_s
            self._turn = number + 1
            self._changed.notify_all()

    def end(self) -> None:
        """Whoever waits or asks from now on gets Ended."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _surely_fits(self, number: int) -> bool:
        most = [self._most.get(one) for one in range(self._turn, number + 1)]
        known = [one for one in most if one is not None]
        return (
            len(known) == len(most)
            and self._total_s + sum(one.s for one in known) <= self._limits.max_audio_s
            and self._written_bytes + sum(one.size_bytes for one in known) <= self._limits.max_cut_bytes
        )


def at_most(rate_hz: int, duration_s: float) -> tuple[float, int]:
    """Seconds and bytes that a recording takes at the most, however it is cut."""
    size_bytes = _SAMPLE_BYTES * duration_s * rate_hz + _PIECE_BYTES * (duration_s / _SHORTEST_S + 1)
    return duration_s * _ROUNDED + _ROUNDED_S, math.ceil(size_bytes)
