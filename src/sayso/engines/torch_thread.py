"""Where a network computes: in a thread of its own, or in that of whoever asks.

OpenMP, with which torch shares work among cores, keeps a team of threads for every thread that ever asked it to. As
soon as all teams together are more than the cores, its threads no longer wait awake for each other but asleep, and
each of the thousand steps of a sentence begins with waking them: 240 ms instead of 140 until the first sound. So in a
server, where any thread may ask for speech, one thread asks for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

R = TypeVar("R")


class Place(Protocol):
    """Where work is done, one piece at a time."""

    def run(self, work: Callable[[], R]) -> R:
        """What `work` returns or raises."""


class Here:
    """In the caller's thread: for a process in which only one thread computes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def run(self, work: Callable[[], R]) -> R:
        """See Place. Not to be called by `work` itself."""
        with self._lock:
            return work()


class TorchThread:
    """In a thread of its own, which shares its work among `threads` cores; it starts when it is first used."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads, self._name = threads, name
        self._lock = threading.Lock()
        self._worker: ThreadPoolExecutor | None = None

    def run(self, work: Callable[[], R]) -> R:
        """See Place. Not to be called by `work` itself."""
        return self._started().submit(work).result()

    def _started(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._worker is None:
                import torch

                wanted = torch.get_num_threads()
                self._worker = ThreadPoolExecutor(1, self._name)
                self._worker.submit(self._begin).result()
                # Threads that are new to torch take the number that was set last, wherever that was.
                torch.set_num_threads(wanted)
            return self._worker

    def _begin(self) -> None:
        import torch

        torch.set_num_threads(self._threads)
        # Makes it stay: a thread that has not been asked yet takes on what others set later.
        torch.get_num_threads()
