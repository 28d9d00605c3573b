"""A real `sayso serve` with embedded defaults and an empty data folder, driven over HTTP as any client would."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped,unused-ignore]

import common

_START_TIMEOUT_S = 300.0
_BUILD_TIMEOUT_S = 1_800.0
_LOOK_EVERY_S = 0.02
"""How often a starting server and a running build are asked: the grain of their times."""
_RESTING_PERCENT = 15.0
"""Of a core: what loads models takes more, what looks for work now and then takes less."""
_CHILDREN = {"train": "pipeline.training_child", "decode": "pipeline.decode_child"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    client: httpx.Client
    pid: int
    answer_s: float
    """Seconds from its start to the first answer of /healthz."""
    ready_s: float
    """Seconds from its start to the first 200 of /readyz."""
    port: int = 0
    token: str = ""

    def children(self) -> dict[str, list[int]]:
        """Process ids of its children: those that `train`, and those that `decode`."""
        found: dict[str, list[int]] = {name: [] for name in _CHILDREN}
        for child in psutil.Process(self.pid).children(recursive=True):
            line = " ".join(child.cmdline())
            for name, pids in found.items():
                if _CHILDREN[name] in line:
                    pids.append(child.pid)
        return found

    def cpu_s(self) -> float:
        """Processor time of the server and its living children so far."""
        processes = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        times = [process.cpu_times() for process in processes]
        return float(sum(spent.user + spent.system for spent in times))

    def settle(self, limit_s: float = 60.0) -> None:
        """Wait until it has little to do: models load in the background after /readyz says yes."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until and self.busy_percent() > _RESTING_PERCENT:
            pass

    def busy_percent(self, seconds: float = 2.0) -> float:
        """Processor time over the next `seconds`, in percent of one core."""
        before, began = self.cpu_s(), time.monotonic()
        time.sleep(seconds)
        return 100 * (self.cpu_s() - before) / (time.monotonic() - began)


@contextmanager
def running(
    models: Path,
    threads: int,
    engine: str,
    prepare: Callable[[Mapping[str, str]], None] | None = None,
    **settings: str,
) -> Iterator[Server]:
    """A server that is ready, and gone with its data afterwards; `settings` are variables of its own.

    `prepare` is called with its environment before it starts.
    """
    with tempfile.TemporaryDirectory(prefix="sayso-benchmark-") as home:
        port, token = _free_port(), secrets.token_urlsafe(24)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")},
            # What kernels are taken is a fact of the run, as in this process.
            **{name: os.environ[name] for name in ("SAYSO_KERNELS",) if name in os.environ},
            "SAYSO_HOME": home,
            "SAYSO_PORT": str(port),
            "SAYSO_MODELS_DIR": str(models.absolute()),
            "SAYSO_THREADS": str(threads),
            "SAYSO_ENGINE": engine,
            "SAYSO_BOOTSTRAP_TOKEN": token,
            "SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER": "true",
            **settings,
        }
        if prepare is not None:
            prepare(environment)
        log = Path(home) / "server.log"
        with log.open("w") as sink:
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "sayso", "serve"], env=environment, stdout=sink, stderr=sink
            )
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"authorization": f"Bearer {token}"},
                timeout=600,
                trust_env=False,
            ) as client:
                answer_s = _wait(client, "/healthz", process, log) - began
                ready_s = _wait(client, "/readyz", process, log) - began
                yield Server(client, process.pid, answer_s, ready_s, port, token)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(client: httpx.Client, path: str, process: subprocess.Popen[bytes], log: Path) -> float:
    """The time at which `path` first answered 200."""
    until = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get(path).status_code == 200:
                return time.monotonic()
        except httpx.TransportError:
            pass
        time.sleep(_LOOK_EVERY_S)
    raise SystemExit(f"the server did not get as far as {path}:\n{log.read_text('utf-8')[-3_000:]}")


def item(answer: httpx.Response) -> dict[str, Any]:
    """What the server made or found; ends the benchmark with its reason where it refused."""
    body: dict[str, Any] = answer.json()
    if answer.status_code != 200 or not body.get("success"):
        raise SystemExit(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {body}")
    return dict(body.get("item") or {})


def create_voice(
    client: httpx.Client, name: str, files: Sequence[tuple[str, bytes, str | None]], voice_type: str = "rapid"
) -> str:
    """A voice with recordings (file name, bytes, words), not built yet; returns its uuid."""
    uuid = str(item(client.post("/api/v2/voices", json={"name": name, "voice_type": voice_type}))["uuid"])
    for file_name, audio, text in files:
        fields = {
            "name": file_name,
            "emotion": "neutral",
            "is_active": "true",
            **({"text": text} if text else {}),
        }
        item(
            client.post(f"/api/v2/voices/{uuid}/recordings", data=fields, files={"file": (file_name, audio)})
        )
    return uuid


@dataclass(frozen=True, slots=True)
class Build:
    """How a build went."""

    wall_s: float
    """From the request to `finished`, as a client sees it."""
    stages: dict[str, float]
    """Seconds in each stage, in order; those before the first stage is told count as `queued`."""
    cpu_s: float


def build(server: Server, uuid: str) -> Build:
    """Build a voice and watch it until it is finished."""
    cpu, began = server.cpu_s(), time.monotonic()
    item(server.client.post(f"/api/v2/voices/{uuid}/build", json={"fill": False}))
    stages: dict[str, float] = {}
    since, stage = began, "queued"
    while True:
        voice = item(server.client.get(f"/api/v2/voices/{uuid}"))
        now = time.monotonic()
        current = voice.get("stage") or stage
        if current != stage or voice["status"] != "running":
            stages[stage] = stages.get(stage, 0.0) + now - since
            since, stage = now, current
        if voice["status"] == "finished":
            return Build(now - began, stages, server.cpu_s() - cpu)
        if voice["status"] != "running" or now - began > _BUILD_TIMEOUT_S:
            raise SystemExit(f"the build did not finish: {voice}")
        time.sleep(5 * _LOOK_EVERY_S)


def memory_rows(server: Server, when: str) -> list[dict[str, object]]:
    """Memory of the server and its children, now and at their peaks so far."""
    who = [("server", server.pid)]
    who += [(f"child that {name}s", pid) for name, pids in server.children().items() for pid in pids]
    return [
        {
            "when": when,
            "process": name,
            "MB": common.megabytes(pid),
            "peak MB": common.megabytes(pid, "VmHWM"),
        }
        for name, pid in who
    ]
