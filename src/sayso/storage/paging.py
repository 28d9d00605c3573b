"""One page of a select, newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from sayso.domain.page import Page, PageRequest
from sayso.storage.db import Transaction

T = TypeVar("T")


def fetch_page(
    tx: Transaction,
    table: sa.Table,
    where: sa.ColumnElement[bool],
    request: PageRequest,
    make: Callable[[sa.RowMapping], T],
) -> Page[T]:
    """The rows of `table` that fit `where`, on the page asked for."""
    total = tx.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one()
    rows = tx.execute(
        sa.select(table)
        .where(where)
        .order_by(table.c.created_at.desc(), table.c.id.desc())
        .offset(request.offset)
        .limit(request.size)
    ).mappings()
    return Page(tuple(make(row) for row in rows), request.number, request.size, total)


def find_row(
    tx: Transaction, table: sa.Table, where: sa.ColumnElement[bool], *, lock: bool = False
) -> sa.RowMapping | None:
    """The one row that fits; `lock` holds it for this transaction where the database has row locks."""
    query: sa.Select[Any] = sa.select(table).where(where)
    return tx.execute(query.with_for_update() if lock else query).mappings().first()


def gone(noun: str, thing_id: str) -> str:
    """What is said of a thing that is not there. Another account's is not told from one that never was."""
    return (
        f"there is no {noun} {thing_id} here: it never was, was deleted, or is another account's; "
        "the list of them shows yours"
    )
