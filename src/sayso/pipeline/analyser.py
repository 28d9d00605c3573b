"""Analyses sets of recordings in a child process that goes when nothing was asked of it for a while."""

from __future__ import annotations

import time
from pathlib import Path

from sayso.pipeline.json_child import JsonChild, Tell

_REST_AFTER_S = 120.0


class ChildAnalyser:
    """Hands the work to `sayso.pipeline.analyse_child`. One set at a time; others wait."""

    def __init__(
        self, engine: str, models_dir: Path, threads: int, *, step_s: float = 0.0, nice: int = 10
    ) -> None:
        options = {
            "engine": engine,
            "models_dir": str(models_dir),
            "threads": threads,
            "step_s": step_s,
            "nice": nice,
        }
        self._child = JsonChild("sayso.pipeline.analyse_child", options, "analysing")
        self._used_at = time.monotonic()

    def analyse(self, folder: Path, *, least_s: float, longest_s: float | None, tell: Tell) -> None:
        """Analyse what `sayso.pipeline.analysis.files.lay_out` wrote; the report lies there afterwards.

        See `sayso.pipeline.analysis.analyse` for `least_s` and `longest_s`. Raises ChildDied: then call it again,
        it goes on where it was.
        """
        self._used_at = time.monotonic()
        try:
            self._child.run({"folder": str(folder), "least_s": least_s, "longest_s": longest_s}, tell)
        finally:
            self._used_at = time.monotonic()

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._used_at = time.monotonic()
        self._child.warm()

    def rest(self) -> None:
        """End a child that nobody asked anything for two minutes."""
        if time.monotonic() - self._used_at > _REST_AFTER_S:
            self._child.rest()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self._child.pid

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        self._child.close()
