"""A delivery: one event on its way to one address, and how long to keep trying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit

LONGEST_WAIT_S = 86_400.0
"""A receiver that asks for more patience than this is asked again after it."""


class DeliveryState(StrEnum):
    """Where a delivery is. The values are also the words of the wire."""

    PENDING = "pending"
    """Will be attempted, or is being."""
    DELIVERED = "delivered"
    """Answered with a 2xx."""
    FAILED = "failed"
    """Given up after the last attempt of the schedule."""
    PAUSED = "paused"
    """Its endpoint has failed for days: it waits until that one answers again."""
    REFUSED = "refused"
    """Never tried again: the address may not be called, or its receiver said that it is gone (410)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST of a delivery."""

    number: int
    """From 1, also over restarts and redeliveries: no number is used twice."""
    started_at: datetime
    duration_s: float | None = None
    """None while it is under way."""
    status: int | None = None
    """HTTP status; None when there was no answer."""
    error: str | None = None
    """Why it is no success, for people; None when it is one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to the address that was named when it happened."""

    id: str
    """Also the id of the event for its receiver: the same in every attempt, and after a redelivery."""
    account_id: str
    key: str
    """What happened, once: telling it again under this key changes nothing."""
    lane: str
    """Deliveries of one lane (a voice, a clip) to one URL are made one after the other, in the order they
    were told."""
    voice_id: str | None
    clip_id: str | None
    event: str
    """The status that is told, e.g. `finished`."""
    url: str
    endpoint: str
    """Host and port of the URL: what is paused together."""
    body: str
    """JSON."""
    link: str | None
    """`BLOB KEY/FILE NAME` of the sound whose link belongs into the body, made anew for each attempt; of a batch a
    line for each."""
    state: DeliveryState
    created_at: datetime
    updated_at: datetime
    next_attempt_at: datetime | None = None
    attempts: int = 0
    """How many were begun."""
    failures: int = 0
    """How many of the schedule's attempts failed; those that we broke off ourselves do not count."""
    last_status: int | None = None
    last_error: str | None = None
    must_go: bool = False
    """Its voice or clip was deleted: it is forgotten as soon as it has ended."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Host and port that an account's callbacks go to, and how it has been doing."""

    account_id: str
    name: str
    failing_since: datetime | None = None
    last_failed_at: datetime | None = None
    paused_at: datetime | None = None


def endpoint_of(url: str) -> str:
    """Host and port of an http(s) URL, in small letters; no secret that its path may hold."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = (parts.hostname or "").lower()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def wait_s(
    delays_s: Sequence[float], failures: int, asked_s: float | None = None, luck: float = 0.0
) -> float | None:
    """Seconds until the next attempt after `failures` failed ones (1 or more); None: give up.

    `luck` (0 to 1) lengthens it by up to a fifth, so that what failed together does not come back together.
    What the receiver asks for (`asked_s`) counts where it is longer: a shorter one would use the schedule up.
    """
    if failures > len(delays_s):
        return None
    scheduled_s = delays_s[failures - 1] * (1.0 + 0.2 * luck)
    return max(scheduled_s, min(asked_s or 0.0, LONGEST_WAIT_S))


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms; None for none that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def complaint(status: int) -> str | None:
    """What is wrong with an answer of this status, for people; None for a success."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"it answered {status}, a redirect: those are never followed, name the final address"
    if status == 410:
        return "it answered 410: whoever was there is gone, so nothing is sent there again"
    return f"it answered {status}; a callback counts as taken with any status from 200 to 299"
