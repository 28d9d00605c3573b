"""The files of an unpacked dataset: numbered on our disk, listed with the names they came with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

LIST = "members.json"


@dataclass(frozen=True, slots=True)
class Member:
    """One file."""

    name: str
    """Relative, judged by `names.judged`; for people and for matching."""
    file: str
    """What it is called in the folder: a number."""
    size_bytes: int


def write(folder: Path, members: list[Member]) -> None:
    """Keep the list beside the files."""
    (folder / LIST).write_text(json.dumps([asdict(member) for member in members]), encoding="utf-8")


def read(folder: Path) -> list[Member]:
    """What `write` kept."""
    return [Member(**entry) for entry in json.loads((folder / LIST).read_text(encoding="utf-8"))]
