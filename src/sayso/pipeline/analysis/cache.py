"""What was measured already, as JSON lines: an analysis that was killed goes on where it was."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path

from sayso.pipeline.analysis.measure import Measured

_VERSION = 1
"""Raise it when a figure changes its meaning: lines of other versions are measured anew."""


class Cache:
    """Measurements by key, in one file that only grows. Safe from several threads of one process."""

    def __init__(self, file: Path | None) -> None:
        """None keeps nothing."""
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, Measured] = {}
        if file is not None and file.is_file():
            for line in file.read_text("utf-8", "replace").splitlines():
                self._take(line)

    def get(self, key: str) -> Measured | None:
        """What was measured under `key`, if it was."""
        return self._known.get(key)

    def put(self, key: str, measured: Measured) -> None:
        """Keep it; on the disk when this returns."""
        line = json.dumps({"v": _VERSION, "key": key, "found": asdict(measured)}, allow_nan=False)
        with self._lock:
            self._known[key] = measured
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as out:
                    # A line that a kill left half-written must not swallow this one.
                    out.write("\n" + line + "\n")

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
            if entry["v"] == _VERSION:
                self._known[entry["key"]] = Measured.of(entry["found"])
        except (ValueError, KeyError, TypeError):
            return  # half a line, or another version's: measured again
