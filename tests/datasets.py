"""Datasets of hums, and a server that hands them out."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import soundfile

from serving import humming

RATE_HZ = 8_000


def hum(seconds: float = 4.0, pitch_hz: float = 150.0) -> bytes:
    """A small WAV file of the speaker whose pitch it is."""
    return humming(seconds, pitch_hz, RATE_HZ)


def long_hum(phrases: int, phrase_s: float = 5.0, pitch_hz: float = 150.0) -> bytes:
    """One long recording: phrases with half a second between them."""
    gap = np.zeros(RATE_HZ // 2)
    parts = [_samples(hum(phrase_s, pitch_hz)) for _ in range(phrases)]
    return _wav(np.concatenate([piece for part in parts for piece in (part, gap)]))


def silence(seconds: float = 4.0) -> bytes:
    """What a microphone hears when nobody speaks."""
    return _wav(np.random.default_rng(1).normal(0, 2e-4, round(seconds * RATE_HZ)))


def clipped(seconds: float = 4.0, pitch_hz: float = 150.0) -> bytes:
    """Somebody far too loud."""
    return _wav(np.clip(_samples(hum(seconds, pitch_hz)) * 6.0, -1.0, 1.0))


def zipped(entries: Mapping[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def _samples(wav: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(wav))[0]


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.float32), RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


class Files:
    """What a running file server has; `slow_s` is how long it waits before each answer, `held` what is not answered at all
    until it is taken out of it, `drips` what comes without its length, and its second half only when it is taken out."""

    def __init__(self) -> None:
        self.url = ""
        self.slow_s = 0.0
        self.asked = 0
        self.held: set[str] = set()
        self.drips: set[str] = set()
        self._files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> str:
        """Its address."""
        self._files[f"/{name}"] = data
        return f"{self.url}/{name}"

    def get(self, path: str) -> bytes | None:
        return self._files.get(path)


@contextmanager
def file_server() -> Iterator[Files]:
    """Somebody from whom datasets are fetched."""
    files = Files()

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.asked += 1
            time.sleep(files.slow_s)
            while self.path.strip("/") in files.held:
                time.sleep(0.02)
            data = files.get(self.path)
            self.send_response(404 if data is None else 200)
            if (name := self.path.strip("/")) in files.drips and data is not None:
                self.end_headers()
                self.wfile.write(data[: len(data) // 2])
                while name in files.drips:
                    time.sleep(0.02)
                self.wfile.write(data[len(data) // 2 :])
                return
            self.send_header("content-length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
