"""Keeps the last few voices loaded and drops the idle ones."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from sayso.engines.base import Speaker, VoiceEngine
from sayso.errors import SaysoError

_MEGABYTE = 1024 * 1024
_IN_MEMORY = 2
"""A loaded voice takes up to so many times its file: 1.4 times were measured for a professional one (benchmarks/beside.py)."""

_log = logging.getLogger(__name__)


class Speakers:
    """Artifact key -> loaded Speaker. Least recently used ones go when there are too many or too large.

    Safe from any thread; a voice that several ask for at once is loaded once.
    """

    def __init__(
        self,
        engine: VoiceEngine,
        read: Callable[[str], bytes],
        *,
        max_count: int = 256,
        max_bytes: int = 256 * _MEGABYTE,
    ) -> None:
        """`read` gives the bytes of an artifact; what a voice costs is taken to be twice their number."""
        self._engine = engine
        self._read = read
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, tuple[Future[Speaker], int]] = OrderedDict()
        self._state = "not loaded yet"

    @property
    def state(self) -> str:
        """`ok` once the engine is loaded; else what it waits for, for people."""
        return self._state

    def warm(self) -> None:
        """Load the engine; `state` tells the outcome. Never raises: meant for a thread of its own."""
        self._state = "loading"
        try:
            self._engine.warm()
        except Exception as broken:  # noqa: BLE001 - the edge of a thread; /readyz tells it
            # Strangers may read the state: the details, which name files of this machine, are for the log.
            _log.error(
                "the voice engine cannot load: %s", broken, exc_info=not isinstance(broken, SaysoError)
            )
            self._state = "cannot load: run `sayso doctor` where the server runs"
        else:
            self._state = "ok"

    def get(self, key: str) -> Speaker:
        """The voice of that artifact. Raises BadArtifact, NotFound."""
        with self._lock:
            known = self._loaded.get(key)
            if known is None:
                future: Future[Speaker] = Future()
                self._loaded[key] = (future, 0)
            else:
                future = known[0]
                self._loaded.move_to_end(key)
        if known is None:
            self._load(key, future)
        return future.result()

    def forget(self, key: str) -> None:
        """Drop a voice, e.g. because it was deleted."""
        with self._lock:
            self._loaded.pop(key, None)

    def _load(self, key: str, future: Future[Speaker]) -> None:
        try:
            artifact = self._read(key)
            speaker = self._engine.load(artifact)
        except BaseException as broken:  # noqa: BLE001 - handed to everyone who waits for this voice
            self.forget(key)
            future.set_exception(broken)
            return
        future.set_result(speaker)
        self._state = "ok"
        with self._lock:
            if key in self._loaded:
                self._loaded[key] = (future, _IN_MEMORY * len(artifact))
            self._drop_idle()

    def _drop_idle(self) -> None:
        size = sum(cost for _, cost in self._loaded.values())
        while len(self._loaded) > 1 and (len(self._loaded) > self._max_count or size > self._max_bytes):
            _, (_, cost) = self._loaded.popitem(last=False)
            size -= cost
