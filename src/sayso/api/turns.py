"""Who speaks next: a queue for the engine that is fair, and has an end."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from sayso.errors import Throttled

R = TypeVar("R")


class Turns:
    """Lets a few callers at a time have a thread. One account after the other; of one, who came first.

    A request takes a `Place` for as long as it lives, and a turn for each piece of its speech: long texts do not keep
    short ones waiting, and many requests of one account do not keep another's. For one event loop.
    """

    def __init__(self, most_speaking: int, most_places: int, what: str = "requests for speech") -> None:
        """`most_places`: requests at once, those that speak and those that wait; `what` they are, for people."""
        self._what = what
        self._most_speaking, self._most_places = most_speaking, most_places
        self._speaking = 0
        self._waiting: OrderedDict[str, deque[anyio.Event]] = OrderedDict()
        self._places: dict[str, int] = {}
        # No bound of its own: turns and places are it. Who has passed a turn on keeps his thread; were there an end of
        # them, those with turns could wait for threads while those with threads wait for turns, for ever.
        self._threads = CapacityLimiter(math.inf)
        self._place_s = 1.0

    @property
    def places(self) -> int:
        """Requests that are here now."""
        return sum(self._places.values())

    def enter(self, account_id: str) -> Place:
        """A place for a request. Raises Throttled when there is none; an account that has none gets one always."""
        if self.places >= self._most_places and account_id in self._places:
            raise Throttled(
                f"{self.places} {self._what} are here already, at most {self._most_places} are taken: "
                "try again later",
                retry_after_s=min(60, max(1, math.ceil(self._place_s * self.places / 2))),
            )
        self._places[account_id] = self._places.get(account_id, 0) + 1
        return Place(self, account_id)

    def left(self, account_id: str, held_s: float) -> None:
        """A place is free again."""
        self._place_s += 0.1 * (min(held_s, 30.0) - self._place_s)
        self._places[account_id] -= 1
        if not self._places[account_id]:
            del self._places[account_id]

    async def run(self, account_id: str, work: Callable[[], R]) -> R:
        """Run `work` in a thread when it is the account's turn."""
        await self._begin(account_id)
        try:
            return await to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._end()

    async def pass_on(self, account_id: str) -> None:
        """Give the turn to who waits, if anybody does, and wait for the next one. Of one who has a turn."""
        if self._waiting:
            self._end()
            await self._begin(account_id)

    async def _begin(self, account_id: str) -> None:
        if self._speaking < self._most_speaking and not self._waiting:
            self._speaking += 1
            return
        turn = anyio.Event()
        self._waiting.setdefault(account_id, deque()).append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._end()
            else:
                self._waiting[account_id].remove(turn)
                if not self._waiting[account_id]:
                    del self._waiting[account_id]
            raise

    def _end(self) -> None:
        """Hand the turn to the next account, or back."""
        if not self._waiting:
            self._speaking -= 1
            return
        account_id, line = self._waiting.popitem(last=False)
        line.popleft().set()
        if line:
            self._waiting[account_id] = line


class Place:
    """A request's place among all that want to speak. To be left exactly once."""

    def __init__(self, turns: Turns, account_id: str) -> None:
        self._turns, self._account_id = turns, account_id
        self._since = time.monotonic()
        self._is_left = False

    async def run(self, work: Callable[[], R]) -> R:
        """Run `work` in a thread when it is this account's turn."""
        return await self._turns.run(self._account_id, work)

    async def pass_on(self) -> None:
        """Between two pieces of work that is run: let others have the turn meanwhile."""
        await self._turns.pass_on(self._account_id)

    def leave(self) -> None:
        """Free it. Again: nothing."""
        if not self._is_left:
            self._is_left = True
            self._turns.left(self._account_id, time.monotonic() - self._since)
