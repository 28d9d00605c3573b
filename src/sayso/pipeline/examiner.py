"""Examines consents in a child process that goes when nothing was asked of it for a while."""

from __future__ import annotations

from pathlib import Path

from sayso.domain.consent import Findings
from sayso.pipeline.json_child import JsonChild, Tell
from sayso.pipeline.kept_child import KeptChild

_REST_AFTER_S = 300.0
"""Its models take half a gigabyte."""


class ChildExaminer(KeptChild):
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
        super().__init__(JsonChild("sayso.pipeline.examine_child", options, "examining"), _REST_AFTER_S)

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
        job = {
            "folder": str(folder),
            "company": company,
            "platforms": list(platforms),
            "language": language,
            "phrase": phrase,
            "mark_confidence": mark_confidence,
        }
        return Findings.from_json(self._run(job, tell))
