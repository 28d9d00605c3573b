"""Analyses sets of recordings in a child process that goes when nothing was asked of it for a while."""

from __future__ import annotations

from pathlib import Path

from sayso.pipeline.json_child import JsonChild, Tell
from sayso.pipeline.kept_child import KeptChild

_REST_AFTER_S = 120.0


class ChildAnalyser(KeptChild):
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
        super().__init__(JsonChild("sayso.pipeline.analyse_child", options, "analysing"), _REST_AFTER_S)

    def analyse(self, folder: Path, *, least_s: float, longest_s: float | None, tell: Tell) -> None:
        """Analyse what `sayso.pipeline.analysis.files.lay_out` wrote; the report lies there afterwards.

        See `sayso.pipeline.analysis.analyse` for `least_s` and `longest_s`. Raises ChildDied: then call it again,
        it goes on where it was.
        """
        self._run({"folder": str(folder), "least_s": least_s, "longest_s": longest_s}, tell)
