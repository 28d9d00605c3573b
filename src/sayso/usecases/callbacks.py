"""What became of the callbacks of a voice or a clip; sending them again, and a test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.delivery import Attempt, Delivery, DeliveryState, Endpoint, endpoint_of
from sayso.domain.event import VoiceTest
from sayso.domain.page import Page, PageRequest
from sayso.errors import WrongState
from sayso.services import Services
from sayso.storage import clips, deliveries, endpoints, voices
from sayso.storage.db import Transaction
from sayso.workflows import outbox


@dataclass(frozen=True, slots=True)
class LoggedCallback:
    """A delivery as its owner sees it."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    """First one first."""
    paused: Endpoint | None
    """Its endpoint, if that is paused now."""


def list_voice_callbacks(
    services: Services, caller: Caller, voice_id: str, page: PageRequest
) -> Page[LoggedCallback]:
    """What was told of a voice, newest first. Raises NotFound."""
    with services.db.read() as tx:
        voices.find(tx, caller.account_id, voice_id)
        found = deliveries.page(tx, caller.account_id, page, voice_id=voice_id)
        return _logged_page(tx, caller, found)


def list_clip_callbacks(
    services: Services, caller: Caller, project_id: str, clip_id: str, page: PageRequest
) -> Page[LoggedCallback]:
    """What was told of a clip, newest first. Raises NotFound."""
    with services.db.read() as tx:
        clips.find(tx, caller.account_id, project_id, clip_id)
        found = deliveries.page(tx, caller.account_id, page, clip_id=clip_id)
        return _logged_page(tx, caller, found)


def redeliver_to_voice(services: Services, caller: Caller, voice_id: str, delivery_id: str) -> LoggedCallback:
    """Send a callback of a voice again, now and by the whole schedule; its endpoint is paused no more.

    It keeps its id, so that a receiver which has it already can drop it. Raises NotFound.
    """

    def find(tx: Transaction) -> Delivery:
        voices.find(tx, caller.account_id, voice_id)
        return deliveries.find(tx, caller.account_id, delivery_id, voice_id=voice_id)

    return _redeliver(services, caller, find)


def redeliver_to_clip(
    services: Services, caller: Caller, project_id: str, clip_id: str, delivery_id: str
) -> LoggedCallback:
    """Send a callback of a clip again, see `redeliver_to_voice`. Raises NotFound."""

    def find(tx: Transaction) -> Delivery:
        clips.find(tx, caller.account_id, project_id, clip_id)
        return deliveries.find(tx, caller.account_id, delivery_id, clip_id=clip_id)

    return _redeliver(services, caller, find)


def send_test(services: Services, caller: Caller, voice_id: str) -> LoggedCallback:
    """Send a callback of status `test`, once, to see whether it arrives; its endpoint is paused no more.

    Raises NotFound, WrongState for a voice without a `callback_uri`.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id)
        if voice.callback_uri is None:
            raise WrongState("this voice has no callback_uri: set one by PATCH, then send the test")
        outbox.revive(tx, caller.account_id, endpoint_of(voice.callback_uri), datetime.now(UTC))
        key = f"test-{voice_id}-{secrets.token_hex(8)}"
        told = outbox.tell(tx, caller.account_id, voice.callback_uri, VoiceTest(voice_id), key)
    outbox.ring()
    if told is None:
        raise AssertionError("a random key was told before")
    return LoggedCallback(told, (), None)


def paused_endpoints(services: Services, caller: Caller) -> Mapping[str, Endpoint]:
    """The endpoints of the account's callbacks to which nothing is sent now, by name (host:port)."""
    with services.db.read() as tx:
        return endpoints.paused(tx, caller.account_id)


def issue_of(callback_uri: str | None, paused: Mapping[str, Endpoint]) -> str | None:
    """What an owner should know about the callbacks to an address, in words."""
    endpoint = None if callback_uri is None else paused.get(endpoint_of(callback_uri))
    if endpoint is None or endpoint.failing_since is None:
        return None
    return (
        f"callbacks to {endpoint.name} are paused: every one since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC has "
        "failed; bring it back, then send a test or redeliver one, and what waits is sent"
    )


def _redeliver(services: Services, caller: Caller, find: Callable[[Transaction], Delivery]) -> LoggedCallback:
    with services.db.begin() as tx:
        delivery = outbox.again(tx, find(tx), datetime.now(UTC))
        logged = _logged_page(tx, caller, Page((delivery,), 1, 1, 1)).items[0]
    outbox.ring()
    return logged


def _logged_page(tx: Transaction, caller: Caller, page: Page[Delivery]) -> Page[LoggedCallback]:
    attempts = deliveries.attempts(tx, [delivery.id for delivery in page.items])
    paused = endpoints.paused(tx, caller.account_id)
    items = tuple(
        LoggedCallback(
            delivery,
            tuple(attempts[delivery.id]),
            paused.get(delivery.endpoint) if delivery.state is DeliveryState.PAUSED else None,
        )
        for delivery in page.items
    )
    return Page(items, page.number, page.size, page.total)
