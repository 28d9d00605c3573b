"""workflow, step, start: our small face on the durable-execution library (DBOS).

A workflow's steps each run at least once, their results are written down before the next begins, and a
killed program goes on after the last written step. Arguments and results are JSON values. Steps report
what went wrong as values: an error would come back from the database as another class.

One worker process at a time works on an installation; a lock in its folder sees to that.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from sayso.errors import Unavailable
from sayso.services import Services
from sayso.storage import installation

P = ParamSpec("P")
R = TypeVar("R")

BUILDS, CLIPS, BATCHES, CONSENTS = "builds", "clips", "batches", "consents"
FETCHES, DATASETS, TRAININGS = "fetches", "datasets", "trainings"
# Builds, clips, checks of consents, datasets and trainings keep the cores busy: one of each at a time. Those that wait need not be written down a
# second time, as their rows say that they are wanted: the sweep finds them. So they go through lanes of our
# own, which start at once and cost nothing at rest; the library asks the database for each of its queues.
_LANES = {BUILDS: 1, CLIPS: 1, BATCHES: 1, CONSENTS: 1, FETCHES: 8, DATASETS: 1, TRAININGS: 1}
"""How many of each kind go at a time: downloads wait for others."""

_VERSION = "3"
"""Pinned: by default the library leaves jobs of an edited program alone. Raise it when the order of a
workflow's steps changes, after the queues have run empty."""

_EXECUTOR = "sayso"
_MAX_RECOVERIES = 50
"""Counts ordinary restarts, too; a job that takes the program down with it ends after so many."""

_LISTEN_S = 0.5
"""The library's look for messages between workflows, of which we have none; its end waits for one of them."""
_SWEEP_S = 5.0
_FRESH_S = 30.0
_SEEN = "worker_seen_unix_s"

DONE = "SUCCESS"
DEAD = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""States in which a workflow stays unfinished."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workflow(Generic[P, R]):
    """A function whose steps survive a crash. The library learns of it when a worker opens."""

    name: str
    function: Callable[P, R]


_workflows: list[Workflow[Any, Any]] = []
_registered: dict[str, Callable[..., Any]] = {}


class _Worker:
    """The one worker of this process; opening it takes the library a second, which nobody waits for."""

    def __init__(self, asked: Services, lock: Any) -> None:
        self.services = asked
        self.lock = lock
        self.state = "starting"
        self.thread: threading.Thread | None = None
        self.lanes: dict[str, _Lane] = {}


@dataclass(frozen=True, slots=True)
class _Waiting:
    workflow_id: str
    run: Callable[[], Any]


class _Lane:
    """Workflows of one kind, a few at a time, begun in the order they were asked for."""

    def __init__(self, name: str, at_once: int, stop: threading.Event) -> None:
        self._stop = stop
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._at_once = at_once
        for _ in range(at_once):
            threading.Thread(target=self._work, name=f"sayso-{name}", daemon=True).start()

    def add(self, workflow_id: str, run: Callable[[], Any]) -> None:
        """Have it run, unless it waits or runs already."""
        with self._lock:
            if workflow_id in self._known:
                return
            self._known.add(workflow_id)
        self._waiting.put(_Waiting(workflow_id, run))

    def knows(self, workflow_id: str) -> bool:
        """Whether it waits or runs here."""
        with self._lock:
            return workflow_id in self._known

    def close(self) -> None:
        """End after what runs; what waits is left to the next start."""
        for _ in range(self._at_once):
            self._waiting.put(None)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None and not self._stop.is_set():
            try:
                # One that the library knows runs or is over: it goes on with unfinished ones by itself.
                if status(job.workflow_id) is None:
                    job.run()
            except Stopping:
                return
            except Exception:  # noqa: BLE001 - the edge of a thread that must go on
                if self._stop.is_set():
                    return
                _log.exception("workflow %s ended in an error", job.workflow_id)
            finally:
                with self._lock:
                    self._known.discard(job.workflow_id)


_worker: _Worker | None = None
_bound: Services | None = None
_stop = threading.Event()


def workflow(name: str) -> Callable[[Callable[P, R]], Workflow[P, R]]:
    """Make a function a workflow. `name` is what the database knows it by: never change it."""

    def keep(function: Callable[P, R]) -> Workflow[P, R]:
        made = Workflow(name, function)
        _workflows.append(made)
        return made

    return keep


class Stopping(BaseException):
    """This process ends: the workflow is left as it is, the next start goes on with it.

    No Exception, so that neither a step nor the library takes it for a failure and writes that down.
    """


def step(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `function` as the next step of this workflow, or give back what it gave before the crash."""
    from dbos import DBOS

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        _go_on()
        result = function(*args, **kwargs)
        # What a step made of being stopped is no result: its child may just have been taken away.
        _go_on()
        return result

    return DBOS.run_step({"name": function.__name__}, run, *args, **kwargs)


def _go_on() -> None:
    if _stop.is_set():
        raise Stopping


def start(kind: str, workflow_id: str, wanted: Workflow[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Have a workflow run soon, once for each `workflow_id`.

    `kind` is one of BUILDS, CLIPS, BATCHES, CONSENTS, FETCHES, DATASETS, TRAININGS. Only while `works_for` is true; otherwise leave it to the sweep.
    """
    from dbos import SetWorkflowID

    function = _registered[wanted.name]

    def run() -> None:
        with SetWorkflowID(workflow_id):
            function(*args, **kwargs)

    lane = _worker.lanes.get(kind) if _worker is not None else None
    # None while the worker ends: the next one's sweep starts it.
    if lane is not None:
        lane.add(workflow_id, run)


def is_waiting(kind: str, workflow_id: str) -> bool:
    """Whether it waits or runs in this process. Cheap, unlike `status`."""
    lane = _worker.lanes.get(kind) if _worker is not None else None
    return lane is not None and lane.knows(workflow_id)


def works_for(services: Services) -> bool:
    """Whether this process is the worker of these services, and ready to work."""
    return _worker is not None and _worker.services is services and _worker.state == "ok"


def status(workflow_id: str) -> str | None:
    """The library's word for where a workflow is; None when it is unknown."""
    from dbos import DBOS

    found = DBOS.get_workflow_status(workflow_id)
    return None if found is None else str(found.status)


def result(workflow_id: str) -> Any:
    """What a finished workflow gave back."""
    from dbos import DBOS

    return DBOS.get_result(workflow_id)


def services() -> Services:
    """The services of the running workflow. Raises Unavailable in a process that is no worker."""
    if _bound is None:
        raise Unavailable("no worker runs in this process")
    return _bound


def state(asked: Services) -> str:
    """`ok` when work is done, here or in another process; else why not, for people."""
    if _worker is not None and _worker.services is asked:
        return _worker.state
    seen = installation.noted(asked.db, _SEEN)
    if seen is not None and time.time() - float(seen) < _FRESH_S:
        return "ok"
    return "no worker runs: start `sayso work`, or `sayso serve` with its worker"


def open_worker(asked: Services, url: str, home: Path, sweep: Callable[[Services], None]) -> None:
    """Begin to work in this process: unfinished workflows go on, and `sweep` runs now and then.

    `sweep` starts the workflows of rows that have none. Returns at once; `state` tells when it works.
    Raises Unavailable when another process works on the same folder.
    """
    global _worker, _bound, _stop
    if _worker is not None:
        raise Unavailable("a worker runs in this process already: close it first")
    _bound = asked
    _stop = threading.Event()
    _worker = worker = _Worker(asked, _take_lock(home / "worker.lock"))
    worker.thread = threading.Thread(target=_work, args=(worker, url, sweep), name="sayso-work", daemon=True)
    worker.thread.start()


def close_worker(asked: Services) -> None:
    """Stop working; what is unfinished goes on at the next start. Nothing happens in other processes."""
    global _worker
    if _worker is None or _worker.services is not asked:
        return
    worker, _worker = _worker, None
    _stop.set()
    if worker.thread is not None:
        worker.thread.join()
    for lane in worker.lanes.values():
        lane.close()
    from dbos import DBOS

    DBOS.destroy()
    worker.lock.close()


def _work(worker: _Worker, url: str, sweep: Callable[[Services], None]) -> None:
    try:
        _launch(url)
    except Exception:  # noqa: BLE001 - the edge of a thread; /readyz tells it
        _log.exception("the worker cannot start")
        worker.state = "cannot start: run `sayso doctor` where the server runs"
        return
    stop = _stop
    worker.lanes = {name: _Lane(name, at_once, stop) for name, at_once in _LANES.items()}
    worker.state = "ok"
    while not stop.is_set():
        try:
            installation.note(worker.services.db, _SEEN, str(time.time()))
            sweep(worker.services)
        except Exception:  # noqa: BLE001 - the edge of a thread that must go on
            _log.exception("looking for lost work failed; trying again in %s s", _SWEEP_S)
        stop.wait(_SWEEP_S)


def _launch(url: str) -> None:
    from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

    for known in _workflows:
        if known.name not in _registered:
            decorate = DBOS.workflow(name=known.name, max_recovery_attempts=_MAX_RECOVERIES)
            _registered[known.name] = decorate(known.function)
    config: DBOSConfig = {
        "name": "sayso",
        "system_database_url": _prepared(url),
        "application_version": _VERSION,
        "executor_id": _EXECUTOR,
        "serializer": DBOSPortableJSONSerializer(),
        "enable_otlp": False,
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": _LISTEN_S,
    }
    DBOS(config=config)
    DBOS.launch()


def _take_lock(path: Path) -> Any:
    """A lock that the system drops when the process ends, however it ends."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unavailable(
            f"another sayso works on {path.parent} already: stop it, or choose another SAYSO_HOME"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _prepared(url: str) -> str:
    """WAL for the library's SQLite file: it does not ask for it, and is eight times slower without."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    return url
