"""The inside of a child process: jobs in, progress and results out, as JSON lines.

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
from collections.abc import Callable
from typing import IO, Any

from sayso.engines.base import Progress
from sayso.errors import SaysoError, Unavailable
from sayso.pipeline.exhausted import exhausted

_TELL_EVERY_S = 0.2

Job = dict[str, Any]
Work = Callable[[Job, Progress], dict[str, Any]]
"""Does one job and gives its answer, a JSON object. What it raises is told to the parent."""


def serve(nice: int, prepare: Callable[[], tuple[Work, Callable[[], None]]]) -> None:
    """Work until the input ends. `prepare` gives the work, and what loads its models before the first job."""
    os.nice(nice)
    # Libraries print what they like; only we may write on the line to the parent.
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs), daemon=True).start()
    work, warm = prepare()
    _warm(warm)
    _write(sink, {"warm": True})
    while True:
        _answer(jobs.get(), work, sink)


def _read(source: IO[bytes], jobs: queue.SimpleQueue[Job]) -> None:
    for line in source:
        jobs.put(json.loads(line))
    # The parent is gone, with whatever it wanted; nothing here is worth an orderly end.
    os._exit(0)


def _warm(warm: Callable[[], None]) -> None:
    """Load the models before the first job; one that fails is told when the job comes."""
    try:
        warm()
    except Exception:  # noqa: BLE001 - the edge of a process
        traceback.print_exc()


def _answer(job: Job, work: Work, sink: IO[bytes]) -> None:
    told_at = 0.0

    def tell(stage: str, fraction: float, left_s: float | None) -> None:
        nonlocal told_at
        now = time.monotonic()
        if fraction in (0.0, 1.0) or now - told_at >= _TELL_EVERY_S:
            told_at = now
            _write(sink, {"stage": stage, "fraction": float(fraction), "left_s": left_s})

    try:
        _write(sink, {"done": work(job, tell)})
    except SaysoError as error:
        _write(sink, {"error": type(error).__name__, "message": str(error)})
    except Exception as error:  # noqa: BLE001 - the edge of a process: the job ends with it
        traceback.print_exc()
        known = exhausted(error)
        message = f"something of ours broke ({type(error).__name__}); the server's log tells more"
        message = message if known is None else str(known)
        _write(sink, {"error": Unavailable.__name__, "message": message})


def _write(sink: IO[bytes], message: dict[str, Any]) -> None:
    sink.write(json.dumps(message).encode() + b"\n")
