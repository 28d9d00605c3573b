"""The heavy steps of a build, in a child process of lower priority that is kept warm between builds."""

from __future__ import annotations

from pathlib import Path

from sayso.pipeline.json_child import JsonChild, Tell


class ChildTrainer:
    """Hands the steps to `sayso.pipeline.training_child`. One job at a time; others wait."""

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
        self._child = JsonChild("sayso.pipeline.training_child", options, "training")

    def listen(self, folder: Path, tell: Tell) -> None:
        """See `sayso.pipeline.ingest.listen`. Raises what it raises, and ChildDied."""
        self._child.run({"do": "listen", "folder": str(folder)}, tell)

    def train(self, folder: Path, seed: int, tell: Tell) -> Path:
        """See `sayso.pipeline.training.train`. Raises what it raises, and ChildDied."""
        return Path(self._child.run({"do": "train", "folder": str(folder), "seed": seed}, tell)["path"])

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._child.warm()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self._child.pid

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        self._child.close()
