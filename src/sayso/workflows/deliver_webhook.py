"""Sends one callback until it is accepted, or gives up and says so."""

from __future__ import annotations

import json
import logging

from sayso.domain.event import Event
from sayso.errors import BadRequest, Unavailable
from sayso.wire import callbacks
from sayso.workflows import durable

ID_HEADER = "X-Sayso-Delivery"
"""The same in every attempt: a receiver that was killed between taking and answering can tell."""

_log = logging.getLogger(__name__)


def body(event: Event) -> str:
    """What is posted for `event`."""
    return json.dumps(callbacks.payload(event))


def start(delivery_id: str, url: str, text: str) -> None:
    """Deliver `text` (JSON) to `url`, once for each `delivery_id`."""
    delays = list(durable.services().limits.webhook_delays_s)
    durable.start(durable.CALLBACKS, delivery_id, deliver_webhook, delivery_id, url, text, delays)


@durable.workflow("deliver_webhook")
def deliver_webhook(delivery_id: str, url: str, text: str, delays_s: list[float]) -> str:
    """One attempt is one step, the pauses between them outlive restarts. Returns the last outcome."""
    outcome = durable.step(attempt, delivery_id, url, text)
    for delay_s in delays_s:
        if outcome != "failed":
            break
        durable.sleep(delay_s)
        outcome = durable.step(attempt, delivery_id, url, text)
    return outcome


def attempt(delivery_id: str, url: str, text: str) -> str:
    """`accepted`, `refused` (never try again) or `failed`."""
    try:
        status = durable.services().outbound.post_json(url, text.encode(), {ID_HEADER: delivery_id})
    except BadRequest as refused:
        _log.warning("callback %s is not sent: %s", delivery_id, refused)
        return "refused"
    except Unavailable as away:
        _log.warning("callback %s did not arrive: %s", delivery_id, away)
        return "failed"
    if 200 <= status < 300:
        return "accepted"
    _log.warning("callback %s was answered with status %s", delivery_id, status)
    return "failed"
