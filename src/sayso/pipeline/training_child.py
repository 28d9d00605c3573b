"""The training child: `python -m sayso.pipeline.training_child OPTIONS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.engines.marked import MarkedEngine
from sayso.engines.registry import EngineOptions, make_ear, make_engine, make_marker
from sayso.pipeline import child_loop, ingest, training
from sayso.pipeline.report.measure import write_report
from sayso.pipeline.tools import make_instruments


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])
    child_loop.serve(options["nice"], lambda: _prepare(options))


def _prepare(options: dict[str, Any]) -> tuple[child_loop.Work, Callable[[], None]]:
    engine_options = EngineOptions(Path(options["models_dir"]), options["threads"], step_s=options["step_s"])
    engine = make_engine(options["engine"], engine_options)
    ear = make_ear(options["engine"], engine_options)
    # What a report lets hear is marked, as all speech is.
    marker = make_marker(options["engine"], engine_options) if options["marks"] else None
    marked = engine if marker is None else MarkedEngine(engine, marker)
    instruments = make_instruments(options["engine"], engine_options, ear)

    def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
        folder = Path(job["folder"])
        if job["do"] == "listen":
            ingest.listen(folder, ear, progress, instruments.voiceprints)
            return {}
        if job["do"] == "gather":
            ingest.gather(folder, ear, progress)
            return {}
        if job["do"] == "train_long":
            made = training.train_long(
                folder, engine, ear, job["seed"], job["budget_s"], progress, instruments.opinions
            )
            return {"path": str(made)}
        if job["do"] == "report":
            artifact = Path(job["artifact"])
            made = write_report(folder, artifact, job["kind"], marked, instruments, progress)
            return {"path": str(made)}
        return {"path": str(training.train(folder, engine, job["seed"], progress))}

    return work, engine.warm


if __name__ == "__main__":
    main()
