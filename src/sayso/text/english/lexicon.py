"""The pronouncing dictionary that ships with sayso: spelling -> engine symbols.

The file is one zlib stream of lines `word<TAB>symbols`, sorted by the bytes of the word. It stays one
block of bytes in memory and is searched by halving, so that loading costs one decompression (some tens
of milliseconds) and no hundred thousand little objects.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from importlib import resources


@cache
def _table() -> bytes:
    """All lines, each ended by a newline, with a newline in front of the first."""
    packed = resources.files("sayso.text.english").joinpath("data/lexicon.txt.gz").read_bytes()
    return b"\n" + zlib.decompress(packed, wbits=31)


@lru_cache(maxsize=20_000)
def lookup(word: str) -> str | None:
    """The symbols of `word` (lower case, apostrophes straight), or None when it is not listed."""
    table, key = _table(), word.encode()
    low, high = 0, len(table) - 1
    while low < high:
        start = table.rindex(b"\n", 0, (low + high) // 2 + 1) + 1
        tab = table.index(b"\t", start)
        found = table[start:tab]
        if found == key:
            return table[tab + 1 : table.index(b"\n", tab)].decode()
        if found < key:
            low = table.index(b"\n", tab)
            if low >= len(table) - 1:
                return None
        else:
            high = start - 1
    return None


def words() -> list[str]:
    """Every listed word, sorted by code point. For scripts and tests."""
    return [line.split(b"\t")[0].decode() for line in _table().split(b"\n") if line]
