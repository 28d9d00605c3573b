"""Examines consents in a child process that goes when nothing was asked of it for a while."""

from __future__ import annotations

import time
from pathlib import Path

from sayso.domain.consent import Findings
from sayso.pipeline.json_child import JsonChild, Tell

_REST_AFTER_S = 300.0


class ChildExaminer:
    """Hands the work to `sayso.pipeline.examine_child`. One consent at a time; others wait."""

    def __init__(
        self,
        engine: str,
        models_dir: Path,
        threads: int,
        statements: Path | None,
        *,
        step_s: float = 0.0,
        nice: int = 5,
    ) -> None:
        options = {
            "engine": engine,
            "models_dir": str(models_dir),
            "threads": threads,
            "statements": None if statements is None else str(statements),
            "step_s": step_s,
            "nice": nice,
        }
        self._child = JsonChild("sayso.pipeline.examine_child", options, "examining")
        self._used_at = time.monotonic()

    def examine(
        self,
        folder: Path,
        *,
        company: str,
        platforms: tuple[str, ...],
        language: str,
        phrase: str | None,
        mark_confidence: float | None,
        tell: Tell,
    ) -> Findings:
        """See `sayso.pipeline.consent.examine_folder`. Raises what it raises, and ChildDied."""
        self._used_at = time.monotonic()
        job = {
            "folder": str(folder),
            "company": company,
            "platforms": list(platforms),
            "language": language,
            "phrase": phrase,
            "mark_confidence": mark_confidence,
        }
        try:
            return Findings.from_json(self._child.run(job, tell))
        finally:
            self._used_at = time.monotonic()

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._used_at = time.monotonic()
        self._child.warm()

    def rest(self) -> None:
        """End a child that nobody asked anything for five minutes: its models take half a gigabyte."""
        if time.monotonic() - self._used_at > _REST_AFTER_S:
            self._child.rest()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self._child.pid

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        self._child.close()
