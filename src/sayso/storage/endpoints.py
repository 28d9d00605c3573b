"""Queries about the endpoints that callbacks go to."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.delivery import Endpoint
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import find_row

_T = tables.endpoints


def get(tx: Transaction, account_id: str, name: str) -> Endpoint:
    """How an endpoint has been doing; well, where nothing is known of it."""
    row = find_row(tx, _T, (_T.c.account_id == account_id) & (_T.c.name == name), lock=True)
    return Endpoint(account_id, name) if row is None else Endpoint(**row)


def save(tx: Transaction, endpoint: Endpoint) -> None:
    """Keep it; one that is well needs no row."""
    this = (_T.c.account_id == endpoint.account_id) & (_T.c.name == endpoint.name)
    if endpoint.failing_since is None and endpoint.paused_at is None:
        tx.execute(sa.delete(_T).where(this))
    elif tx.execute(sa.update(_T).where(this).values(**asdict(endpoint))).rowcount == 0:
        tx.execute(sa.insert(_T).values(**asdict(endpoint)))


def all_paused(tx: Transaction) -> list[Endpoint]:
    """The paused endpoints of all accounts."""
    return [
        Endpoint(**row) for row in tx.execute(sa.select(_T).where(_T.c.paused_at.is_not(None))).mappings()
    ]


def paused(tx: Transaction, account_id: str) -> dict[str, Endpoint]:
    """The account's paused endpoints by name."""
    rows = tx.execute(
        sa.select(_T).where((_T.c.account_id == account_id) & _T.c.paused_at.is_not(None))
    ).mappings()
    return {row["name"]: Endpoint(**row) for row in rows}
