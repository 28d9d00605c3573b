"""The heavy steps of a build, in a child process of lower priority that is kept warm between builds."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sayso import errors
from sayso.errors import SaysoError, Unavailable

Tell = Callable[[str, float, float | None], None]

LOADING = "loading the models"
"""The stage of a job that came before the child was warm."""


class TrainingDied(Unavailable):
    """The child ended in the middle of a job: not the recordings' fault as far as we know."""


class ChildTrainer:
    """Talks JSON lines with `sayso.pipeline.training_child`. One job at a time; others wait."""

    def __init__(
        self, engine: str, models_dir: Path, threads: int, *, step_s: float = 0.0, nice: int = 10
    ) -> None:
        self._command = [
            sys.executable,
            "-P",
            "-m",
            "sayso.pipeline.training_child",
            json.dumps(
                {
                    "engine": engine,
                    "models_dir": str(models_dir),
                    "threads": threads,
                    "step_s": step_s,
                    "nice": nice,
                }
            ),
        ]
        self._job = threading.Lock()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._is_warm = False

    def listen(self, folder: Path, tell: Tell) -> None:
        """See `sayso.pipeline.ingest.listen`. Raises what it raises, and TrainingDied."""
        self._run({"do": "listen", "folder": str(folder)}, tell)

    def train(self, folder: Path, seed: int, tell: Tell) -> Path:
        """See `sayso.pipeline.training.train`. Raises what it raises, and TrainingDied."""
        return Path(self._run({"do": "train", "folder": str(folder), "seed": seed}, tell)["path"])

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._alive()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def close(self) -> None:
        """Kill the child; a job under way raises TrainingDied."""
        with self._starting:
            self._is_closed = True
        self._kill()

    def _run(self, job: dict[str, Any], tell: Tell) -> dict[str, Any]:
        with self._job:
            process = self._alive()
            try:
                return self._talk(process, job, tell)
            except SaysoError as error:
                if isinstance(error, TrainingDied):
                    self._kill()
                raise
            except BaseException:
                # `tell` raised: nobody wants the job any more, and a child cannot be asked to stop.
                self._kill()
                raise

    def _talk(self, process: subprocess.Popen[bytes], job: dict[str, Any], tell: Tell) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        except OSError as error:
            raise TrainingDied("the training process is gone") from error
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
        raise TrainingDied(f"the training process ended in the middle of its work (exit code {code})")

    def _alive(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._is_closed:
                raise TrainingDied("the server is stopping")
            if self._process is None or self._process.poll() is not None:
                self._is_warm = False
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
                )
            return self._process

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
