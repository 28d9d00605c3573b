"""The preparing child: `python -m sayso.pipeline.dataset.prepare_child OPTIONS`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.engines.registry import EngineOptions, make_detector, make_ear
from sayso.pipeline import child_loop
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.preparing import hear, prepare


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])

    def start() -> tuple[child_loop.Work, Any]:
        engine_options = EngineOptions(
            Path(options["models_dir"]), options["threads"], step_s=options["step_s"]
        )
        ear = make_ear(options["engine"], engine_options, at_once=options["threads"])
        detector = make_detector(options["engine"], engine_options)
        limits = DatasetLimits(**options["limits"])

        def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
            if "given" in job:
                hear(
                    Path(job["folder"]),
                    job["given"],
                    ear,
                    job["language"],
                    progress,
                    at_once=options["threads"],
                )
                return {}
            manifest = prepare(
                Path(job["folder"]),
                ear,
                detector,
                job["language"],
                progress,
                limits=_bounded(limits, job["most_s"]),
                at_once=options["threads"],
                hears=job["hears"],
            )
            return {"utterances": len(manifest.utterances)}

        return work, lambda: None

    child_loop.serve(options["nice"], start)


def _bounded(limits: DatasetLimits, most_s: float | None) -> DatasetLimits:
    return limits if most_s is None else replace(limits, max_audio_s=min(most_s, limits.max_audio_s))


if __name__ == "__main__":
    main()
