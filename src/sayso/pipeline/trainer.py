"""The heavy steps of a build, in a child process of lower priority that stays warm for a while after it was needed."""

from __future__ import annotations

from pathlib import Path

from sayso.pipeline.json_child import JsonChild, Tell
from sayso.pipeline.kept_child import KeptChild

_REST_AFTER_S = 600.0
"""Its models take a gigabyte; to load them anew takes a few seconds."""


class ChildTrainer(KeptChild):
    """Hands the steps to `sayso.pipeline.training_child`. One job at a time; others wait."""

    def __init__(
        self,
        engine: str,
        models_dir: Path,
        threads: int,
        *,
        step_s: float = 0.0,
        nice: int = 10,
        marks: bool = True,
        rest_after_s: float = _REST_AFTER_S,
    ) -> None:
        """`rest_after_s`: how long the child waits for something to do before `rest` ends it."""
        options = {
            "engine": engine,
            "models_dir": str(models_dir),
            "threads": threads,
            "step_s": step_s,
            "nice": nice,
            "marks": marks,
        }
        super().__init__(JsonChild("sayso.pipeline.training_child", options, "training"), rest_after_s)

    def listen(self, folder: Path, tell: Tell) -> None:
        """See `sayso.pipeline.ingest.listen`. Raises what it raises, and ChildDied."""
        self._run({"do": "listen", "folder": str(folder)}, tell)

    def train(self, folder: Path, seed: int, tell: Tell) -> Path:
        """See `sayso.pipeline.training.train`. Raises what it raises, and ChildDied."""
        return Path(self._run({"do": "train", "folder": str(folder), "seed": seed}, tell)["path"])

    def gather(self, folder: Path, tell: Tell) -> None:
        """See `sayso.pipeline.ingest.gather`. Raises what it raises, and ChildDied."""
        self._run({"do": "gather", "folder": str(folder)}, tell)

    def train_long(self, folder: Path, seed: int, budget_s: float, tell: Tell) -> Path:
        """See `sayso.pipeline.training.train_long`. Raises what it raises, and ChildDied."""
        job = {"do": "train_long", "folder": str(folder), "seed": seed, "budget_s": budget_s}
        return Path(self._run(job, tell)["path"])

    def report(self, folder: Path, artifact: Path, kind: str, tell: Tell) -> Path:
        """See `sayso.pipeline.report.measure.write_report`. Raises what it raises, and ChildDied."""
        job = {"do": "report", "folder": str(folder), "artifact": str(artifact), "kind": kind}
        return Path(self._run(job, tell)["path"])
