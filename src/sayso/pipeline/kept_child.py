"""A child process that is kept warm, and goes when nothing was asked of it for a while: its models are large."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sayso.pipeline.json_child import JsonChild, Tell


class KeptChild:
    """What stands in for such a child in this process. One job at a time; others wait."""

    def __init__(self, child: JsonChild, rest_after_s: float) -> None:
        """`rest_after_s`: how long the child waits for something to do before `rest` ends it."""
        self._child, self._rest_after_s = child, rest_after_s
        self._used_at = time.monotonic()

    def warm(self) -> None:
        """Start the child, which loads its models by itself; returns at once."""
        self._used_at = time.monotonic()
        self._child.warm()

    def rest(self) -> None:
        """End a child that nobody asked anything for a while; `warm`, or a job, starts another."""
        if time.monotonic() - self._used_at > self._rest_after_s:
            self._child.rest()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self._child.pid

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        self._child.close()

    def _run(self, job: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        self._used_at = time.monotonic()
        try:
            return self._child.run(job, tell)
        finally:
            self._used_at = time.monotonic()
