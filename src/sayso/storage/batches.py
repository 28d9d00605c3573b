"""Queries about batches."""

from __future__ import annotations

import json

import sqlalchemy as sa

from sayso.domain.batch import Batch, BatchView
from sayso.domain.clip import ClipState, Container, Precision, SoundFormat
from sayso.domain.page import Page, PageRequest
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row

_T = tables.batches
_C = tables.clips


def insert(tx: Transaction, account_id: str, batch: Batch) -> None:
    """Keep a new batch."""
    tx.execute(
        sa.insert(_T).values(
            id=batch.id,
            account_id=account_id,
            project_id=batch.project_id,
            voice_id=batch.voice_id,
            body=json.dumps(batch.body, ensure_ascii=False),
            container=batch.sound.container.value,
            precision=batch.sound.precision.value,
            rate_hz=batch.sound.rate_hz,
            callback_uri=batch.callback_uri,
            created_at=batch.created_at,
            updated_at=batch.updated_at,
        )
    )


def find(tx: Transaction, account_id: str, project_id: str, batch_id: str, *, lock: bool = False) -> Batch:
    """The account's batch in that project. Raises NotFound."""
    where = (_T.c.id == batch_id) & (_T.c.project_id == project_id) & (_T.c.account_id == account_id)
    row = find_row(tx, _T, where, lock=lock)
    if row is None:
        raise NotFound(
            f"there is no batch {batch_id} in project {project_id}: the list of batches shows what it has"
        )
    return _batch(row)


def fetch(tx: Transaction, batch_id: str, *, lock: bool = False) -> Batch | None:
    """A batch of any account; None when it was deleted."""
    row = find_row(tx, _T, _T.c.id == batch_id, lock=lock)
    return None if row is None else _batch(row)


def page(tx: Transaction, account_id: str, project_id: str, request: PageRequest) -> Page[BatchView]:
    """The batches of a project, newest first."""
    where = (_T.c.project_id == project_id) & (_T.c.account_id == account_id)
    found = fetch_page(tx, _T, where, request, _batch)
    return Page(tuple(view(tx, batch) for batch in found.items), found.number, found.size, found.total)


def view(tx: Transaction, batch: Batch) -> BatchView:
    """How far it is."""
    query = sa.select(_C.c.state, sa.func.count()).where(_C.c.batch_id == batch.id).group_by(_C.c.state)
    counts: dict[str, int] = {row[0]: row[1] for row in tx.execute(query)}
    finished, failed, waiting = (
        counts.get(state.value, 0) for state in (ClipState.FINISHED, ClipState.FAILED, ClipState.PENDING)
    )
    return BatchView(batch, finished, failed, waiting)


def remove(tx: Transaction, batch_id: str) -> None:
    """Remove the row; the clips know it no more."""
    tx.execute(sa.update(_C).where(_C.c.batch_id == batch_id).values(batch_id=None))
    tx.execute(sa.delete(_T).where(_T.c.id == batch_id))


def remove_all(tx: Transaction, project_id: str) -> None:
    """Remove the batches of a project; its clips must be gone."""
    tx.execute(sa.delete(_T).where(_T.c.project_id == project_id))


def _batch(row: sa.RowMapping) -> Batch:
    return Batch(
        id=row["id"],
        project_id=row["project_id"],
        voice_id=row["voice_id"],
        body=tuple((title, text) for title, text in json.loads(row["body"])),
        sound=SoundFormat(Container(row["container"]), Precision(row["precision"]), row["rate_hz"]),
        callback_uri=row["callback_uri"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
