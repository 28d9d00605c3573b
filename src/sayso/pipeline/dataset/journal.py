"""Lines of finished work: where a killed run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Journal:
    """By key, what is done. A line that a crash tore is as if it were not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.found: dict[str, dict[str, Any]] = {}
        whole = 0
        if path.is_file():
            for line in path.read_bytes().splitlines(keepends=True):
                try:
                    entry = json.loads(line)
                    if not line.endswith(b"\n"):
                        break
                    self.found[entry["key"]] = entry["value"]
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(line)
            with path.open("r+b") as file:
                file.truncate(whole)

    def __enter__(self) -> Journal:
        self._file = self._path.open("ab")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, key: str, value: dict[str, Any]) -> None:
        """Write down that it is done. One thread alone may."""
        self._file.write(json.dumps({"key": key, "value": value}).encode() + b"\n")
        self._file.flush()
        self.found[key] = value
