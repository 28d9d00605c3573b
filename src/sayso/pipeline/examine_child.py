"""The examining child: `python -m sayso.pipeline.examine_child OPTIONS`. It hears consents and knows speakers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.engines.registry import EngineOptions
from sayso.pipeline import child_loop, consent
from sayso.pipeline.tools import make_tools
from sayso.text.consent.statement import load


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])
    child_loop.serve(options["nice"], lambda: _prepare(options))


def _prepare(options: dict[str, Any]) -> tuple[child_loop.Work, Callable[[], None]]:
    tools = make_tools(
        options["engine"],
        EngineOptions(Path(options["models_dir"]), options["threads"], step_s=options["step_s"]),
    )
    folder = options["statements"]
    statements = load(None if folder is None else Path(folder))

    def work(job: child_loop.Job, progress: Progress) -> dict[str, Any]:
        asked = consent.Asked(
            company=job["company"],
            platforms=tuple(job["platforms"]),
            statements=statements,
            language=job["language"],
            phrase=job["phrase"],
            mark_confidence=job["mark_confidence"],
        )
        return consent.examine_folder(Path(job["folder"]), asked, tools, progress).to_json()

    return work, tools.warm


if __name__ == "__main__":
    main()
