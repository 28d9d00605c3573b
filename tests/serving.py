"""A real server in a process of its own, with the engine that hums: what the tests over HTTP drive.

As a program it is that server: settings come from the environment, as for `sayso serve`.
"""

from __future__ import annotations

import functools
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile

anyone = httpx.Client(timeout=60)
"""A client without a token. One for all: each new one costs a third of a second of certificates."""

UPLOADER = "the-token-of-an-authorized-uploader"


@dataclass(frozen=True)
class Server:
    """Where a running server is, and who may use it."""

    url: str
    token: str
    log: Path
    others: dict[str, str]
    """Tokens of other accounts: `stranger` (plan pro), `free` (plan free), `golden` (authorized uploader),
    `reviewer`, `hooks` (plan pro)."""

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def client(self, token: str | None = None, **options: Any) -> httpx.Client:
        headers = {"authorization": f"Bearer {token or self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Server]:
    """A server with its data in `home`, ready when this returns and gone afterwards."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = home / "server.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")},
        "SAYSO_HOME": str(home),
        "SAYSO_PORT": str(port),
        "SAYSO_ENGINE": "tone",
        "SAYSO_BOOTSTRAP_TOKEN": UPLOADER,
        "SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER": "true",
        "SAYSO_OUTBOUND_ALLOW": "127.0.0.0/8",
        "SAYSO_THREADS": "1",
        **settings,
    }
    with log.open("w") as sink:
        process = subprocess.Popen([sys.executable, __file__], env=environment, stdout=sink, stderr=sink)
    try:
        _wait(process, url, log)
        others = json.loads((home / "others.json").read_text())
        yield Server(url, UPLOADER, log, others)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if anyone.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not become ready:\n{log.read_text()}")


@contextmanager
def callbacks() -> Iterator[Callbacks]:
    """Somebody to be told."""
    received = Callbacks()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.add(json.loads(body), dict(self.headers.items()), body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_port}/told"
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Callbacks:
    """What arrived, and a way to wait for more."""

    def __init__(self) -> None:
        self.url = ""
        self._bodies: list[dict[str, Any]] = []
        self.letters: list[tuple[dict[str, str], bytes]] = []
        """Headers and bodies, as they came."""
        self._news = threading.Condition()

    def add(self, body: dict[str, Any], headers: dict[str, str], raw: bytes) -> None:
        with self._news:
            self._bodies.append(body)
            self.letters.append((headers, raw))
            self._news.notify_all()

    def count(self, uuid: str) -> int:
        """How many callbacks had this `id` so far."""
        with self._news:
            return sum(body.get("id") == uuid for body in self._bodies)

    def about(self, uuid: str, timeout_s: float = 60, key: str = "id") -> dict[str, Any]:
        """The first callback whose `id`, or other `key`, is `uuid`."""
        with self._news:
            found = self._news.wait_for(lambda: [b for b in self._bodies if b.get(key) == uuid], timeout_s)
            assert found, f"nobody was told about {uuid}; told: {self._bodies}"
            return found[0]

    def wait_for(self, count: int, timeout_s: float = 30) -> list[tuple[dict[str, str], bytes]]:
        """The letters, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.letters) >= count, timeout_s), self.letters
            return list(self.letters)


def humming(seconds: float = 5.0, pitch_hz: float = 150.0, rate_hz: int = 24_000) -> bytes:
    """A WAV file of somebody humming syllables: for the tone engine's ear this is speech."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 2.5 * t) ** 2
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * t) / k for k in (1, 2, 3)) / 3
    file = io.BytesIO()
    soundfile.write(file, (0.5 * swell * tone).astype(np.float32), rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


STATEMENT = (
    "I am aware that recordings of my voice will be used by Bread Radio to train and create a synthetic "
    "version of my voice by sayso."
)


def saying(text: str = STATEMENT, pitch_hz: float = 150.0) -> bytes:
    """A WAV file that the tone engine's ear understands, hummed by a speaker of this pitch."""
    from sayso.engines.tone import ToneSpeaker

    speaker = ToneSpeaker(pitch_hz)
    samples = np.concatenate([piece.wave.samples for piece in speaker.speak(text)])
    file = io.BytesIO()
    soundfile.write(file, samples, speaker.rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def dies_at(point: str, mark: Path) -> None:
    """Have this process killed, once for each `point`, where a workflow comes to it; `mark` remembers that.

    "before STEP", or "behind STEP": its transactions are made, and that it is done is not yet written down.
    """
    from sayso.workflows import durable

    when, name = point.split()
    real = durable.step

    def die(now: str) -> None:
        if now == when and not (mark.exists() and point in mark.read_text().splitlines()):
            with mark.open("a") as lines:
                lines.write(f"{point}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def step(function: Callable[..., Any], *args: Any) -> Any:
        @functools.wraps(function)
        def run(*args: Any) -> Any:
            die("before")
            result = function(*args)
            die("behind")
            return result

        return real(run if function.__name__ == name else function, *args)

    durable.step = step  # type: ignore[assignment]


def main() -> None:
    """Be the server."""
    import logging

    import uvicorn

    from sayso.api.app import create_app
    from sayso.api.heads import LimitedHeads
    from sayso.bootstrap import close, open_services
    from sayso.domain.account import Plan
    from sayso.settings import load_settings
    from sayso.usecases import accounts

    logging.basicConfig(level=logging.INFO)
    settings = load_settings()
    if "DIES_AT" in os.environ:
        dies_at(os.environ["DIES_AT"], settings.home / "died")
    services = open_services(settings)
    try:
        others = {
            "stranger": accounts.create_token(services, "stranger")[1],
            "free": accounts.create_token(services, "free", plan=Plan.FREE)[1],
            "reviewer": accounts.create_token(services, "reviewer", is_reviewer=True)[1],
            "golden": accounts.create_token(services, "golden", is_authorized_uploader=True)[1],
            "hooks": accounts.create_token(services, "hooks")[1],
        }
        (settings.home / "others.json").write_text(json.dumps(others))
        app = create_app(services, public_url=settings.public_url)
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            http=LimitedHeads,
            log_config=None,
            access_log=False,
        )
    finally:
        close(services)


if __name__ == "__main__":
    main()
