"""Names of archive members. They are for people and for matching; no file on our disk is ever called so."""

from __future__ import annotations

import re
import unicodedata

from sayso.errors import BadDataset

_MOST_CHARACTERS, _DEEPEST = 1_000, 32
_JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir"})


def judged(raw: str) -> str:
    """`raw` as a relative path with `/` between its parts, in composed characters (NFC); empty for the root itself.

    Raises BadDataset for names that lead out of the archive, or beyond any reason.
    """
    # Archives made on Windows separate by backslashes; what is a name elsewhere must not lead out there.
    text = unicodedata.normalize("NFC", raw.replace("\\", "/"))
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise BadDataset(
            f"the archive's member {shown(raw)} has an absolute name; pack the folder with relative names"
        )
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadDataset(
            f"the archive's member {shown(raw)} leads out of the archive; pack the folder with plain names"
        )
    if len(text) > _MOST_CHARACTERS or len(parts) > _DEEPEST:
        raise BadDataset(
            f"the archive's member {shown(raw)} has a name of {len(text)} characters in {len(parts)} folders, at most "
            f"{_MOST_CHARACTERS} in {_DEEPEST} are taken; use shorter names"
        )
    return "/".join(_plain(part) for part in parts)


def is_junk(name: str) -> bool:
    """Whether a judged name is of what systems leave in archives, or hidden."""
    parts = name.lower().split("/")
    return any(part.startswith(".") or part in _JUNK for part in parts)


def shown(name: str) -> str:
    """`name` in quotes for a message: short, and without characters that could do something to a terminal."""
    plain = _plain(name)
    return f"'{plain}'" if len(plain) <= 100 else f"'{plain[:60]}...{plain[-30:]}'"


def stem(name: str) -> str:
    """The last part of a judged name without its suffix."""
    last = name.rpartition("/")[2]
    front, dot, suffix = last.rpartition(".")
    return front if dot and front and len(suffix) <= 5 else last


def unique(name: str, taken: set[str], longest: int = 256) -> str:
    """`name`, with a number behind it if `taken` has it in any case; at most `longest` characters. Adds it."""
    base = name[:longest].strip() or "recording"
    found, number = base, 1
    while found.casefold() in taken:
        number += 1
        mark = f"-{number}"
        found = base[: longest - len(mark)] + mark
    taken.add(found.casefold())
    return found


def from_bytes(raw: bytes) -> str:
    """A name of unknown encoding: UTF-8 if it is, else the old Western one; never fails."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _plain(text: str) -> str:
    # Format characters (category C: control, surrogates, direction marks) are not part of what people see.
    return "".join("?" if unicodedata.category(char)[0] == "C" else char for char in text)
