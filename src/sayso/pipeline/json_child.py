"""A child process that does one job at a time: JSON lines over its pipes, big things by files.

What is heavy, or fed with strangers' sound, works there: at a lower priority, and without taking the
server down. The other end is `sayso.pipeline.child_loop`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sayso import errors
from sayso.engines import memory
from sayso.errors import SaysoError, Unavailable

Tell = Callable[[str, float, float | None], None]
"""Called with the stage, the part of the job that is done (0 to 1), and the seconds left if known."""

LOADING = "loading the models"
"""The stage of a job that came before the child was warm."""


class ChildDied(Unavailable):
    """The child ended in the middle of a job: not the recordings' fault as far as we know."""


class JsonChild:
    """Starts `python -m module OPTIONS` when it is first needed, and again when it has died.

    One job at a time; others wait. Safe from any thread.
    """

    def __init__(self, module: str, options: Mapping[str, Any], noun: str) -> None:
        """`noun` is what people are told the child is, e.g. `training`."""
        self._command = [sys.executable, "-P", "-m", module, json.dumps(dict(options))]
        self._noun = noun
        self._job = threading.Lock()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._is_warm = False

    def run(self, job: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """Have the child do `job`; gives what it answers. Raises what it tells, and ChildDied.

        An error raised by `tell` ends the child: nobody wants the job any more.
        """
        with self._job:
            process = self._alive()
            try:
                return self._talk(process, job, tell)
            except SaysoError as error:
                if isinstance(error, ChildDied):
                    self._kill()
                raise
            except BaseException:
                # `tell` raised, and a child cannot be asked to stop.
                self._kill()
                raise

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._alive()

    def rest(self) -> None:
        """End the child unless it works just now; the next job starts another."""
        if self._job.acquire(blocking=False):
            try:
                with self._starting:
                    self._kill()
            finally:
                self._job.release()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        with self._starting:
            self._is_closed = True
        self._kill()

    def _talk(self, process: subprocess.Popen[bytes], job: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            process.stdin.write(json.dumps(dict(job)).encode() + b"\n")
            process.stdin.flush()
        except OSError as error:
            raise ChildDied(f"the {self._noun} process is gone") from error
        if not self._is_warm:
            tell(LOADING, 0.0, None)
        for line in process.stdout:
            message = json.loads(line)
            if "warm" in message:
                self._is_warm = True
            elif "stage" in message:
                tell(message["stage"], message["fraction"], message["left_s"])
            elif "error" in message:
                kind = getattr(errors, message["error"], Unavailable)
                raise kind(message["message"])
            elif "done" in message:
                done: dict[str, Any] = message["done"]
                return done
        code = process.wait()
        raise ChildDied(f"the {self._noun} process ended in the middle of its work (exit code {code})")

    def _alive(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._is_closed:
                raise ChildDied("the server is stopping")
            process = self._process
            if process is None or process.poll() is not None:
                self._kill()
                self._is_warm = False
                process = self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=memory.of_children()
                )
            return process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
