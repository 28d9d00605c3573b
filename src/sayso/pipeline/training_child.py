"""The training child: `python -m sayso.pipeline.training_child OPTIONS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.engines.registry import EngineOptions, make_ear, make_engine
from sayso.pipeline import child_loop, ingest, training


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])
    child_loop.serve(options["nice"], lambda: _prepare(options))


def _prepare(options: dict[str, Any]) -> tuple[child_loop.Work, Callable[[], None]]:
    engine_options = EngineOptions(Path(options["models_dir"]), options["threads"], step_s=options["step_s"])
    engine = make_engine(options["engine"], engine_options)
    ear = make_ear(options["engine"], engine_options)

    def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
        folder = Path(job["folder"])
        if job["do"] == "listen":
            ingest.listen(folder, ear, progress)
            return {}
        return {"path": str(training.train(folder, engine, job["seed"], progress))}

    return work, engine.warm


if __name__ == "__main__":
    main()
