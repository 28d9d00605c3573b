"""Queries about deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sayso.domain.delivery import Attempt, Delivery, DeliveryState
from sayso.domain.page import Page, PageRequest
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row

_T = tables.deliveries
_A = tables.delivery_attempts
_E = tables.endpoints

_WAITING = (DeliveryState.PENDING.value, DeliveryState.PAUSED.value)


def insert(tx: Transaction, delivery: Delivery) -> None:
    """Keep a new delivery."""
    tx.execute(sa.insert(_T).values(**_values(delivery)))


def of_key(tx: Transaction, key: str) -> Delivery | None:
    """What was told under this key."""
    row = find_row(tx, _T, _T.c.key == key)
    return None if row is None else _delivery(row)


def find(
    tx: Transaction,
    account_id: str,
    delivery_id: str,
    *,
    voice_id: str | None = None,
    clip_id: str | None = None,
    lock: bool = False,
) -> Delivery:
    """The account's delivery, about that voice or clip where one is named. Raises NotFound."""
    where = (_T.c.account_id == account_id) & (_T.c.id == delivery_id)
    if voice_id is not None or clip_id is not None:
        where &= _about(account_id, voice_id, clip_id)
    row = find_row(tx, _T, where, lock=lock)
    if row is None:
        raise NotFound(f"there is no callback {delivery_id} here: read the list, old ones are forgotten")
    return _delivery(row)


def fetch(tx: Transaction, delivery_id: str, *, lock: bool = False) -> Delivery | None:
    """A delivery of any account; None when it was forgotten."""
    row = find_row(tx, _T, _T.c.id == delivery_id, lock=lock)
    return None if row is None else _delivery(row)


def page(
    tx: Transaction,
    account_id: str,
    request: PageRequest,
    *,
    voice_id: str | None = None,
    clip_id: str | None = None,
) -> Page[Delivery]:
    """The deliveries about a voice or a clip, newest first."""
    return fetch_page(tx, _T, _about(account_id, voice_id, clip_id), request, _delivery)


def save(tx: Transaction, delivery: Delivery) -> None:
    """Write everything that may change of a delivery."""
    tx.execute(sa.update(_T).where(_T.c.id == delivery.id).values(**_values(delivery)))


def remove(tx: Transaction, delivery_id: str) -> None:
    """Remove a delivery with its attempts."""
    _remove(tx, _T.c.id == delivery_id)


def _remove(tx: Transaction, where: sa.ColumnElement[bool]) -> None:
    gone = sa.select(_T.c.id).where(where)
    tx.execute(sa.delete(_A).where(_A.c.delivery_id.in_(gone)))
    tx.execute(sa.delete(_T).where(where))


def forget(tx: Transaction, *, voice_id: str | None = None, clip_id: str | None = None) -> None:
    """The voice or clip goes: so does what was told of it, except what is still on its way, once it is there."""
    about = _T.c.voice_id == voice_id if voice_id is not None else _T.c.clip_id == clip_id
    pending = _T.c.state == DeliveryState.PENDING.value
    _remove(tx, about & ~pending)
    tx.execute(sa.update(_T).where(about).values(must_go=True))


def forget_old(tx: Transaction, before: datetime) -> None:
    """Remove what has ended and has not changed since `before`, and what is paused and was told before it."""
    # Each knock changes the oldest that is paused: it must not wait for ever for that.
    is_paused = _T.c.state == DeliveryState.PAUSED.value
    over = _T.c.state.not_in(_WAITING)
    _remove(tx, (over & (_T.c.updated_at < before)) | (is_paused & (_T.c.created_at < before)))


# --- attempts -----------------------------------------------------------------------------------


def next_at(tx: Transaction) -> datetime | None:
    """When the next attempt is due, or was: it may have to wait for others. None: nothing is pending."""
    return tx.execute(_NEXT).scalar_one_or_none()


def due(
    tx: Transaction,
    now: datetime,
    full: Collection[tuple[str, str]],
    *,
    per_endpoint: int,
    per_account: int,
    most: int,
) -> list[tuple[Delivery, bool]]:
    """What may be attempted now, each with whether its endpoint has been failing.

    Fair: first one of every endpoint that is well, then the second ones, then those of failing endpoints; no
    endpoint and no account comes with more than its share. Endpoints (account, name) in `full` are left out,
    and so is whatever waits for an earlier one of its lane to the same address.
    """
    asked = {
        "now": now,
        "full": [f"{account}/{name}" for account, name in full],
        "per_endpoint": per_endpoint,
        "per_account": per_account,
        "most": most,
    }
    return [(_delivery(row), bool(row["is_sick"])) for row in tx.execute(_DUE, asked).mappings()]


def _due() -> sa.Select[Any]:
    now = sa.bindparam("now", type_=tables.Moment)
    earlier = sa.alias(_T)
    # Order is for one receiver: an address that was given up for another one must not hold that up.
    behind = sa.exists().where(
        earlier.c.lane == _T.c.lane,
        earlier.c.url == _T.c.url,
        earlier.c.number < _T.c.number,
        earlier.c.state.in_(_WAITING),
    )
    sick = (_E.c.failing_since.is_not(None)).label("is_sick")
    turn = sa.func.row_number().over(
        partition_by=(_T.c.account_id, _T.c.endpoint), order_by=(_T.c.next_attempt_at, _T.c.number)
    )
    endpoint = (_E.c.account_id == _T.c.account_id) & (_E.c.name == _T.c.endpoint)
    ready = (
        # Few columns: all that is due goes through here, and little of it is begun.
        sa.select(_T.c.number, _T.c.account_id, _T.c.next_attempt_at, sick, turn.label("turn"))
        .select_from(_T.outerjoin(_E, endpoint))
        .where(
            _T.c.state == DeliveryState.PENDING.value,
            _T.c.next_attempt_at <= now,
            (_T.c.leased_until.is_(None)) | (_T.c.leased_until <= now),
            ~behind,
            (_T.c.account_id + "/" + _T.c.endpoint).not_in(sa.bindparam("full", expanding=True)),
        )
        .subquery()
    )
    share = sa.func.row_number().over(
        partition_by=ready.c.account_id, order_by=(ready.c.is_sick, ready.c.turn, ready.c.next_attempt_at)
    )
    fair = (
        sa.select(ready, share.label("share"))
        .where(ready.c.turn <= sa.bindparam("per_endpoint", type_=sa.Integer))
        .subquery()
    )
    return (
        sa.select(_T, fair.c.is_sick)
        .join_from(fair, _T, _T.c.number == fair.c.number)
        .where(fair.c.share <= sa.bindparam("per_account", type_=sa.Integer))
        .order_by(fair.c.is_sick, fair.c.turn, fair.c.next_attempt_at, fair.c.number)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


# Made once: putting them together takes longer than running them.
_DUE = _due()
# One that is under way is due once more when its lease runs out.
_NEXT = sa.select(sa.func.min(sa.func.coalesce(_T.c.leased_until, _T.c.next_attempt_at))).where(
    _T.c.state == DeliveryState.PENDING.value
)


def begin_attempt(tx: Transaction, delivery: Delivery, now: datetime, leased_until: datetime) -> bool:
    """Note that the delivery's next attempt is under way from now on; False if it may not be made any more."""
    mine = (_T.c.id == delivery.id) & (_T.c.state == DeliveryState.PENDING.value)
    free = _T.c.leased_until.is_(None) | (_T.c.leased_until <= now)
    number = delivery.attempts + 1
    changed = {"attempts": number, "leased_until": leased_until}
    if tx.execute(sa.update(_T).where(mine & free).values(**changed)).rowcount == 0:
        return False
    _close_attempts(tx, _A.c.delivery_id == delivery.id)
    tx.execute(sa.insert(_A).values(delivery_id=delivery.id, number=number, started_at=now))
    return True


def end_attempt(tx: Transaction, delivery_id: str, attempt: Attempt) -> None:
    """Write down how an attempt went; the next one may begin."""
    tx.execute(
        sa.update(_A)
        .where((_A.c.delivery_id == delivery_id) & (_A.c.number == attempt.number))
        .values(duration_s=attempt.duration_s, status=attempt.status, error=attempt.error)
    )
    tx.execute(sa.update(_T).where(_T.c.id == delivery_id).values(leased_until=None))


def recover(tx: Transaction) -> None:
    """Attempts that an earlier program left under way may be made again at once."""
    leased = _T.c.leased_until.is_not(None)
    _close_attempts(tx, _A.c.delivery_id.in_(sa.select(_T.c.id).where(leased)))
    tx.execute(sa.update(_T).where(leased).values(leased_until=None))


def _close_attempts(tx: Transaction, where: sa.ColumnElement[bool]) -> None:
    broken = {
        "duration_s": 0.0,
        "error": "this server ended during the attempt: it may have arrived or not",
    }
    tx.execute(sa.update(_A).where(where & _A.c.duration_s.is_(None)).values(**broken))


def attempts(tx: Transaction, delivery_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    """The attempts of these deliveries, first one first."""
    found: dict[str, list[Attempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    rows = tx.execute(sa.select(_A).where(_A.c.delivery_id.in_(delivery_ids)).order_by(_A.c.number))
    for row in rows.mappings():
        values = {name: row[name] for name in row if name != "delivery_id"}
        found[row["delivery_id"]].append(Attempt(**values))
    return found


def is_under_way(tx: Transaction, delivery_id: str, now: datetime) -> bool:
    """Whether an attempt is being made."""
    leased = (_T.c.id == delivery_id) & (_T.c.leased_until > now)
    return tx.execute(sa.select(_T.c.id).where(leased)).first() is not None


# --- endpoints ----------------------------------------------------------------------------------


def hold(tx: Transaction, account_id: str, endpoint: str) -> None:
    """Nothing more goes to this endpoint; what is under way ends, what nobody would ask for again is forgotten."""
    these = (_T.c.account_id == account_id) & (_T.c.endpoint == endpoint) & _T.c.leased_until.is_(None)
    _remove(tx, these & _T.c.must_go)
    _turn(tx, account_id, endpoint, DeliveryState.PENDING, DeliveryState.PAUSED, None)


def release(tx: Transaction, account_id: str, endpoint: str, now: datetime) -> None:
    """What waited for this endpoint goes now."""
    _turn(tx, account_id, endpoint, DeliveryState.PAUSED, DeliveryState.PENDING, now)


def _turn(
    tx: Transaction,
    account_id: str,
    endpoint: str,
    old: DeliveryState,
    new: DeliveryState,
    next_at: datetime | None,
) -> None:
    these = (_T.c.account_id == account_id) & (_T.c.endpoint == endpoint) & (_T.c.state == old.value)
    idle = _T.c.leased_until.is_(None)
    tx.execute(sa.update(_T).where(these & idle).values(state=new.value, next_attempt_at=next_at))


def next_to_knock(tx: Transaction, account_id: str, endpoint: str) -> str | None:
    """The id of what waits for a paused endpoint and was not tried for longest: one bad address keeps no other from being tried.

    Of a lane to one address only the first, for order is kept.
    """
    paused = (_T.c.endpoint == endpoint) & (_T.c.state == DeliveryState.PAUSED.value)
    mine = (_T.c.account_id == account_id) & paused
    firsts = sa.select(sa.func.min(_T.c.number)).where(mine).group_by(_T.c.lane, _T.c.url)
    query = sa.select(_T.c.id).where(mine & _T.c.number.in_(firsts)).order_by(_T.c.updated_at, _T.c.number)
    return tx.execute(query.limit(1)).scalar_one_or_none()


def _about(account_id: str, voice_id: str | None, clip_id: str | None) -> sa.ColumnElement[bool]:
    about = _T.c.voice_id == voice_id if voice_id is not None else _T.c.clip_id == clip_id
    return about & (_T.c.account_id == account_id)


def _values(delivery: Delivery) -> dict[str, object]:
    return {**asdict(delivery), "state": delivery.state.value}


_FIELDS = tuple(Delivery.__dataclass_fields__)


def _delivery(row: sa.RowMapping) -> Delivery:
    values = {name: row[name] for name in _FIELDS if name != "state"}
    return Delivery(state=DeliveryState(row["state"]), **values)
