"""A real server that speaks, as a client sees it: what several benchmarks of speech share."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

import common
import server

_HEADER_BYTES = 44
_STREAM_RATE_HZ = 24_000
_NOWHERE = "http://127.0.0.1:9/told"
"""Nobody is told: a clip in the background needs an address, and `OUTBOUND` has to allow it."""
_LONGEST_WAIT_S = 3_600.0
OUTBOUND = "127.0.0.0/8"


@dataclass(frozen=True, slots=True)
class Saying:
    """One text said: when its first sound was there, when its last, and how long it is. Seconds."""

    first_s: float
    wall_s: float
    audio_s: float


def stream(client: httpx.Client, uuid: str, text: str) -> Saying:
    """Say `text` by POST /stream; the first sound is the first byte after the header."""
    began, first, size = time.monotonic(), None, 0
    order = {"voice_uuid": uuid, "data": text, "precision": "PCM_16", "sample_rate": _STREAM_RATE_HZ}
    with client.stream("POST", "/stream", json=order) as answer:
        if answer.status_code != 200:
            raise SystemExit(f"POST /stream: {answer.status_code} {answer.read()[:500]!r}")
        for piece in answer.iter_raw():
            size += len(piece)
            if first is None and size > _HEADER_BYTES:
                first = time.monotonic()
    wall_s = time.monotonic() - began
    return Saying((first or time.monotonic()) - began, wall_s, (size - _HEADER_BYTES) / 2 / _STREAM_RATE_HZ)


def ordered(client: httpx.Client, uuid: str, text: str) -> tuple[Saying, str]:
    """A clip made in the background, and where its sound is. Wall time as a client sees it who looks twice a second."""
    project = server.item(client.post("/api/v2/projects", json={"name": "benchmark"}))["uuid"]
    form = {
        "voice_uuid": uuid, "body": text, "callback_uri": _NOWHERE, "sample_rate": 24_000, "precision": "PCM_16",
    }  # fmt: skip
    began = time.monotonic()
    clip = server.item(client.post(f"/api/v2/projects/{project}/clips", json=form))
    while time.monotonic() - began < _LONGEST_WAIT_S:
        now = server.item(client.get(f"/api/v2/projects/{project}/clips/{clip['uuid']}"))
        if now.get("audio_src"):
            wall_s = time.monotonic() - began
            return Saying(wall_s, wall_s, float(now["duration"])), str(now["audio_src"])
        if now.get("status") == "failed":
            raise SystemExit(f"the clip failed: {now}")
        time.sleep(0.5)
    raise SystemExit("the clip was not made in an hour")


@contextmanager
def watched(pid: int) -> Iterator[Callable[[], float]]:
    """The most memory of a process while the block runs, MB; looked at five times a second."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while True:
            most[0] = max(most[0], common.megabytes(pid) or 0.0)
            if over.wait(0.2):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        thread.join()


def fill(environment: Mapping[str, str], folder: str) -> None:
    """Put the voices into the server's own store, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(_insert, (dict(environment), folder))


def _insert(environment: dict[str, str], folder: str) -> None:
    from datetime import UTC, datetime

    os.environ.update(environment)
    from sayso.bootstrap import close, open_services
    from sayso.domain.voice import Voice, VoiceState, VoiceType
    from sayso.settings import load_settings
    from sayso.storage import voices
    from sayso.storage.ids import new_id
    from sayso.usecases import accounts

    services = open_services(load_settings(), run_worker=False, warm=False)
    try:
        account = accounts.sign_in(services, environment["SAYSO_BOOTSTRAP_TOKEN"]).account_id
        files = sorted(Path(folder).glob("*.kokoro"))
        keys = [services.blobs.put(file.read_bytes()) for file in files]
        now = datetime.now(UTC)
        with services.db.begin() as tx:
            for file, key in zip(files, keys, strict=True):
                voice = Voice(
                    new_id(tx, "voices"), account, file.stem, VoiceType.RAPID, VoiceState.FINISHED, now, now,
                    artifact_key=key,
                )  # fmt: skip
                voices.insert(tx, voice)
    finally:
        close(services)


def voices_of(started: server.Server) -> list[str]:
    """All uuids, in the order of their names."""
    listed = started.client.get("/v1/audio/voices").json()["voices"]
    return [str(voice["id"]) for voice in sorted(listed, key=lambda voice: str(voice["name"]))]
