"""Queries about recordings."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.page import Page, PageRequest
from sayso.domain.recording import Recording
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row

_T = tables.recordings


def insert(tx: Transaction, account_id: str, recording: Recording) -> None:
    """Keep a new recording."""
    tx.execute(sa.insert(_T).values(account_id=account_id, **asdict(recording)))


def find(
    tx: Transaction, account_id: str, voice_id: str, recording_id: str, *, lock: bool = False
) -> Recording:
    """The account's recording of that voice. Raises NotFound."""
    where = (_T.c.id == recording_id) & (_T.c.voice_id == voice_id) & (_T.c.account_id == account_id)
    row = find_row(tx, _T, where, lock=lock)
    if row is None:
        raise NotFound(f"there is no recording {recording_id} of voice {voice_id}")
    return _recording(row)


def page(tx: Transaction, account_id: str, voice_id: str, request: PageRequest) -> Page[Recording]:
    """The recordings of a voice, newest first."""
    where = (_T.c.voice_id == voice_id) & (_T.c.account_id == account_id)
    return fetch_page(tx, _T, where, request, _recording)


def active(tx: Transaction, voice_id: str) -> list[Recording]:
    """What a build learns from, oldest first."""
    rows = tx.execute(
        sa.select(_T).where((_T.c.voice_id == voice_id) & _T.c.is_active).order_by(_T.c.created_at, _T.c.id)
    ).mappings()
    return [_recording(row) for row in rows]


def save(tx: Transaction, recording: Recording) -> None:
    """Write everything that may change of a recording."""
    tx.execute(sa.update(_T).where(_T.c.id == recording.id).values(**asdict(recording)))


def remove(tx: Transaction, recording_id: str) -> None:
    """Remove the row."""
    tx.execute(sa.delete(_T).where(_T.c.id == recording_id))


def remove_all(tx: Transaction, voice_id: str) -> list[str]:
    """Remove all recordings of a voice; returns the keys of their audio."""
    keys = list(tx.execute(sa.select(_T.c.audio_key).where(_T.c.voice_id == voice_id)).scalars())
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
    return keys


def _recording(row: sa.RowMapping) -> Recording:
    return Recording(**{name: row[name] for name in row if name != "account_id"})
