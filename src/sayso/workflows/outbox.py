"""What the outside is to be told, written down in the transaction that makes it true.

The dispatcher sends it. A program that dies between the two loses nothing, and tells nothing that did not
become true.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from datetime import UTC, datetime

from sayso.domain.delivery import Delivery, DeliveryState, endpoint_of
from sayso.domain.event import BatchFinished, ClipFailed, ClipFinished, Event, VoiceTest
from sayso.storage import deliveries, endpoints
from sayso.storage.db import Transaction
from sayso.wire import callbacks

_bell = threading.Event()


def tell(tx: Transaction, account_id: str, url: str | None, event: Event, key: str) -> Delivery | None:
    """Have `event` delivered to `url` once `tx` is committed; then `ring`, unless a second's wait is all right.

    `key` names what happened, e.g. `make-voice-55592656-1`: telling it again changes nothing. Events of one
    voice, and those of one clip, arrive in the order of these calls. Returns None where nobody wants to know
    (`url` is None), and where it was told before.
    """
    if url is None or deliveries.of_key(tx, key) is not None:
        return None
    now = datetime.now(UTC)
    voice_id: str | None = None
    clip_id: str | None = None
    match event:
        case ClipFinished() | ClipFailed():
            clip_id, lane = event.clip_id, f"clip/{event.clip_id}"
        case BatchFinished():
            lane = f"batch/{event.view.batch.id}"
        case _:
            voice_id, lane = event.voice_id, f"voice/{event.voice_id}"
    # 96 random bits: a receiver drops what it has seen, and may listen to more than one installation.
    delivery_id = f"msg_{secrets.token_hex(12)}"
    if isinstance(event, VoiceTest):
        # Goes at once, whatever waits before it.
        lane = f"test/{delivery_id}"
    delivery = Delivery(
        id=delivery_id,
        account_id=account_id,
        key=key,
        lane=lane,
        voice_id=voice_id,
        clip_id=clip_id,
        event=callbacks.name(event),
        url=url,
        endpoint=endpoint_of(url),
        body=callbacks.text(event),
        link=_links(event),
        state=DeliveryState.PENDING,
        created_at=now,
        updated_at=now,
        next_attempt_at=now,
    )
    is_paused = endpoints.get(tx, account_id, delivery.endpoint).paused_at is not None
    if is_paused:
        delivery = replace(delivery, state=DeliveryState.PAUSED, next_attempt_at=None)
    deliveries.insert(tx, delivery)
    if is_paused:
        # News is a good occasion.
        knock(tx, account_id, delivery.endpoint, now)
    return delivery


def _links(event: Event) -> str | None:
    match event:
        case ClipFinished():
            return f"{event.audio_key}/{event.file_name}"
        case BatchFinished():
            lines = [
                f"{clip.audio_key}/{clip.file_name}" for clip in event.clips if clip.audio_key is not None
            ]
            return "\n".join(lines) or None
        case _:
            return None


def knock(tx: Transaction, account_id: str, endpoint: str, now: datetime) -> None:
    """Try a paused endpoint once more, with what was not tried for longest."""
    waiting = deliveries.next_to_knock(tx, account_id, endpoint)
    first = None if waiting is None else deliveries.fetch(tx, waiting, lock=True)
    if first is not None:
        deliveries.save(tx, replace(first, state=DeliveryState.PENDING, next_attempt_at=now))


def again(tx: Transaction, delivery: Delivery, now: datetime) -> Delivery:
    """Have a delivery made anew, with the whole schedule before it; its endpoint is paused no more.

    Raises NotFound when it was forgotten meanwhile.
    """
    revive(tx, delivery.account_id, delivery.endpoint, now)
    delivery = replace(
        # Locked only now: an endpoint is locked before its deliveries, everywhere.
        deliveries.find(tx, delivery.account_id, delivery.id, lock=True),
        state=DeliveryState.PENDING,
        failures=0,
        next_attempt_at=now,
        last_error=None,
        updated_at=now,
    )
    deliveries.save(tx, delivery)
    return delivery


def revive(tx: Transaction, account_id: str, endpoint: str, now: datetime) -> None:
    """The endpoint counts as well again; what waited for it goes now."""
    kept = endpoints.get(tx, account_id, endpoint)
    endpoints.save(tx, replace(kept, failing_since=None, paused_at=None))
    if kept.paused_at is not None:
        deliveries.release(tx, account_id, endpoint, now)


def ring() -> None:
    """Wake the dispatcher of this process, after the commit. One elsewhere looks by itself every second."""
    _bell.set()


def wait(seconds: float) -> None:
    """Until somebody rings, or so long. For the dispatcher."""
    _bell.wait(seconds)
    _bell.clear()
