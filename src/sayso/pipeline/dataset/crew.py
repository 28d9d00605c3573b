"""Threads for what one member's sound needs: its parts are worked on by all cores, and come back in their order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_AHEAD = 2
"""Parts that wait beside those in work, so that no thread does."""


class Crew:
    """Shared by all members in work: so many parts are in memory as `at_once` says, and two, however many share it. `close` it.

    What they do should let other threads run: the detector and the coder of FLAC do, they are no Python.
    """

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, "crew") if at_once > 1 else None
        self._places = threading.Semaphore(at_once + _AHEAD)

    def in_order(
        self, work: Callable[[_Item], _Result], items: Iterable[_Item]
    ) -> Generator[_Result, None, None]:
        """As `map`, with a few items taken ahead. An error of `items` comes after the results of those before it.

        Whoever takes the results must not wait for another one who does, in between: it holds places.
        """
        if self._pool is None:
            yield from map(work, items)
            return
        waiting: deque[Future[_Result]] = deque()
        source, broken = iter(items), None
        try:
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - raised below, where one core alone would have met it
                    broken = error
                    break
                # Who holds none may wait for a place; who holds some gives one back, or two of a kind would wait for ever.
                while not self._places.acquire(blocking=not waiting):
                    yield self._next(waiting)
                waiting.append(self._pool.submit(work, item))
            while waiting:
                yield self._next(waiting)
            if broken is not None:
                raise broken
        finally:
            for future in waiting:
                future.cancel()
                self._places.release()

    def close(self) -> None:
        """Wait for what is in work."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _next(self, waiting: deque[Future[_Result]]) -> _Result:
        future = waiting.popleft()
        try:
            return future.result()
        finally:
            self._places.release()
