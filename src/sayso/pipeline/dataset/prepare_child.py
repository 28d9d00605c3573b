"""The preparing child: `python -m sayso.pipeline.dataset.prepare_child OPTIONS`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.engines.registry import EngineOptions, make_detector, make_ear
from sayso.pipeline import child_loop
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.preparing import prepare


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])

    def start() -> tuple[child_loop.Work, Any]:
        engine_options = EngineOptions(Path(options["models_dir"]), options["threads"])
        ear = make_ear(options["engine"], engine_options, at_once=options["threads"])
        detector = make_detector(options["engine"], engine_options)
        limits = DatasetLimits(**options["limits"])

        def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
            manifest = prepare(
                Path(job["folder"]),
                ear,
                detector,
                job["language"],
                progress,
                limits=limits,
                at_once=options["threads"],
            )
            return {"utterances": len(manifest.utterances)}

        return work, lambda: None

    child_loop.serve(options["nice"], start)


if __name__ == "__main__":
    main()
