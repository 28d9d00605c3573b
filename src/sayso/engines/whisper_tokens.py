"""Text -> Whisper's tokens: byte pairs joined in the order in which the vocabulary learnt them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

# Contractions, letters, digits and the rest each stay apart, with the space before them.
_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


class Tokens:
    """The vocabulary, seen from the side of text."""

    def __init__(self, spelling: Sequence[bytes]) -> None:
        """`spelling` gives the bytes of each token; a token made of two others has a higher number than both."""
        self._ids: dict[bytes, int] = {}
        for index, raw in enumerate(spelling):
            self._ids.setdefault(raw, index)

    def words(self, text: str) -> list[list[int]]:
        """The tokens of each word of `text` (what spaces separate), with a space before each."""
        return [
            [token for piece in _PIECES.findall(f" {word}") for token in self._piece(piece.encode())]
            for word in text.split()
        ]

    def _piece(self, raw: bytes) -> list[int]:
        parts = [raw[i : i + 1] for i in range(len(raw))]
        while len(parts) > 1:
            ranks = [self._ids.get(a + b) for a, b in itertools.pairwise(parts)]
            known = [rank for rank in ranks if rank is not None]
            if not known:
                break
            at = ranks.index(min(known))
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self._ids[part] for part in parts]
