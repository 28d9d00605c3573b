"""The training child: `python -m sayso.pipeline.training_child OPTIONS`. JSON lines in and out.

It dies with its parent: when its input ends, which the system does for a parent that was killed, too.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from sayso.engines.base import Ear, VoiceEngine
from sayso.engines.registry import EngineOptions, make_ear, make_engine
from sayso.errors import SaysoError, Unavailable
from sayso.pipeline import ingest, training

_TELL_EVERY_S = 0.2


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])
    os.nice(options["nice"])
    # Libraries print what they like; only we may write on the line to the parent.
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs), daemon=True).start()
    engine_options = EngineOptions(Path(options["models_dir"]), options["threads"], step_s=options["step_s"])
    engine = make_engine(options["engine"], engine_options)
    ear = make_ear(options["engine"], engine_options)
    _warm(engine)
    _write(sink, {"warm": True})
    while True:
        _answer(jobs.get(), engine, ear, sink)


def _read(source: IO[bytes], jobs: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in source:
        jobs.put(json.loads(line))
    # The parent is gone, with whatever it wanted; nothing here is worth an orderly end.
    os._exit(0)


def _warm(engine: VoiceEngine) -> None:
    """Load the models before the first job; one that fails is told when the job comes."""
    try:
        engine.warm()
    except Exception:  # noqa: BLE001 - the edge of a process
        traceback.print_exc()


def _answer(job: dict[str, Any], engine: VoiceEngine, ear: Ear, sink: IO[bytes]) -> None:
    told_at = 0.0

    def tell(stage: str, fraction: float, left_s: float | None) -> None:
        nonlocal told_at
        now = time.monotonic()
        if fraction in (0.0, 1.0) or now - told_at >= _TELL_EVERY_S:
            told_at = now
            _write(sink, {"stage": stage, "fraction": float(fraction), "left_s": left_s})

    folder = Path(job["folder"])
    try:
        if job["do"] == "listen":
            ingest.listen(folder, ear, tell)
            _write(sink, {"done": {}})
        else:
            path = training.train(folder, engine, job["seed"], tell)
            _write(sink, {"done": {"path": str(path)}})
    except SaysoError as error:
        _write(sink, {"error": type(error).__name__, "message": str(error)})
    except Exception as error:  # noqa: BLE001 - the edge of a process: the build ends with it
        traceback.print_exc()
        message = f"something of ours broke while the voice was learnt ({type(error).__name__}); the server's log tells more"
        _write(sink, {"error": Unavailable.__name__, "message": message})


def _write(sink: IO[bytes], message: dict[str, Any]) -> None:
    sink.write(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
