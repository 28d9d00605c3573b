"""The analysing child: `python -m sayso.pipeline.analyse_child OPTIONS`. It measures recordings and compares speakers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sayso.engines import memory
from sayso.engines.base import Progress
from sayso.pipeline import child_loop
from sayso.pipeline.analysis import files
from sayso.pipeline.analysis.analyse import analyse
from sayso.pipeline.analysis.measure import Meter, Tools


def main() -> None:
    """Work until the input ends."""
    memory.keep_small()
    options = json.loads(sys.argv[1])
    child_loop.serve(options["nice"], lambda: _prepare(options))


def _prepare(options: dict[str, Any]) -> tuple[child_loop.Work, Callable[[], None]]:
    meter = _meter(options)

    def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
        folder = Path(job["folder"])

        def tell(stage: str, fraction: float, left_s: float | None) -> None:
            # After each recording: what one needed is in the way of the next, which is of another length.
            memory.trim()
            progress(stage, fraction, left_s)

        report = analyse(
            files.read_items(folder),
            meter,
            tell,
            least_s=job["least_s"],
            folder=folder,
            threads=options["threads"],
            longest_s=job["longest_s"],
        )
        files.write_report(folder, report)
        return {"outcome": report.outcome.value}

    return work, lambda: None


def _meter(options: dict[str, Any]) -> Meter:
    if options["engine"] == "tone":
        from sayso.pipeline.analysis.hums import HumMeter

        return HumMeter(options["step_s"])
    return Tools.at(Path(options["models_dir"]))


if __name__ == "__main__":
    main()
