"""readiness: can speech be made and work be done, right now?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sayso.services import Services
from sayso.workflows import durable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the server is ready, and the state of each part in a word or a sentence."""

    ready: bool
    parts: dict[str, str]
    """`ok` or why not, for `database`, `engine`, `worker`, `storage`."""


def readiness(services: Services) -> Readiness:
    """Ask every part. Cheap enough to be asked each second; never raises."""
    parts = {
        "database": _said(services.db.check),
        "storage": _said(services.blobs.check),
        "engine": services.speakers.state,
        "worker": durable.state(services),
    }
    return Readiness(all(word == "ok" for word in parts.values()), parts)


def _said(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as broken:  # noqa: BLE001 - the edge: any failure means "not ready", and says why
        # No details: /readyz needs no token, and they name files and hosts.
        _log.warning("not ready: %s: %s", type(broken).__name__, broken)
        return f"cannot be used ({type(broken).__name__}): run `sayso doctor` where the server runs"
    return "ok"
