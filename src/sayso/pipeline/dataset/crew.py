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

    What they do should let other threads run: the detector and the coder of FLAC do, they are no Python. Who has no part
    in work gets the next free place, in the order of asking: one long recording does not keep the others waiting to its end.
    """

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, "crew") if at_once > 1 else None
        self._free = at_once + _AHEAD
        self._line: deque[object] = deque()
        """Those that hold no place and wait for one."""
        self._changed = threading.Condition()

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
                while not self._take(holds_some=bool(waiting)):
                    yield self._next(waiting)
                waiting.append(self._pool.submit(work, item))
            while waiting:
                yield self._next(waiting)
            if broken is not None:
                raise broken
        finally:
            for future in waiting:
                future.cancel()
                self._give_back()

    def close(self) -> None:
        """Wait for what is in work."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _next(self, waiting: deque[Future[_Result]]) -> _Result:
        future = waiting.popleft()
        try:
            return future.result()
        finally:
            self._give_back()

    def _take(self, *, holds_some: bool) -> bool:
        """Take a place. Who holds some takes none while others wait, and does not wait itself."""
        with self._changed:
            if holds_some:
                if self._line or not self._free:
                    return False
            else:
                me = object()
                self._line.append(me)
                self._changed.wait_for(lambda: self._free and self._line[0] is me)
                self._line.popleft()
                self._changed.notify_all()  # there may be one for the next in the line
            self._free -= 1
            return True

    def _give_back(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()
