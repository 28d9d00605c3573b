"""Queries about recordings."""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.analysis import recording_report_of
from sayso.domain.page import Page, PageRequest
from sayso.domain.recording import Origin, Recording, TextSource
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row

_T = tables.recordings


def insert(tx: Transaction, account_id: str, recording: Recording) -> None:
    """Keep a new recording."""
    tx.execute(sa.insert(_T).values(account_id=account_id, **_values(recording)))


def find(
    tx: Transaction, account_id: str, voice_id: str, recording_id: str, *, lock: bool = False
) -> Recording:
    """The account's recording of that voice. Raises NotFound."""
    where = (_T.c.id == recording_id) & (_T.c.voice_id == voice_id) & (_T.c.account_id == account_id)
    row = find_row(tx, _T, where, lock=lock)
    if row is None:
        raise NotFound(
            f"there is no recording {recording_id} of voice {voice_id}: the list of recordings shows what it has"
        )
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


def audio_keys(tx: Transaction, voice_id: str) -> dict[str, str]:
    """Recording -> blob of its sound, of all recordings of a voice."""
    rows = tx.execute(sa.select(_T.c.id, _T.c.audio_key).where(_T.c.voice_id == voice_id))
    return {row.id: row.audio_key for row in rows}


def save(tx: Transaction, recording: Recording) -> None:
    """Write everything that may change of a recording."""
    tx.execute(sa.update(_T).where(_T.c.id == recording.id).values(**_values(recording)))


def remove(tx: Transaction, recording_id: str) -> None:
    """Remove the row."""
    tx.execute(sa.delete(_T).where(_T.c.id == recording_id))


def remove_all(tx: Transaction, voice_id: str) -> list[str]:
    """Remove all recordings of a voice; returns the keys of their audio."""
    keys = list(tx.execute(sa.select(_T.c.audio_key).where(_T.c.voice_id == voice_id)).scalars())
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
    return keys


def remove_of_dataset(tx: Transaction, voice_id: str) -> list[str]:
    """Remove those recordings of a voice that came out of a dataset; returns the keys of their audio."""
    its = (_T.c.voice_id == voice_id) & (_T.c.origin == Origin.DATASET.value)
    keys = list(tx.execute(sa.select(_T.c.audio_key).where(its)).scalars())
    tx.execute(sa.delete(_T).where(its))
    return keys


def _values(recording: Recording) -> dict[str, object]:
    report = None if recording.analysis is None else json.dumps(recording.analysis.as_json())
    return asdict(recording) | {
        "origin": recording.origin.value,
        "text_source": recording.text_source.value,
        "analysis": report,
    }


def _recording(row: sa.RowMapping) -> Recording:
    kept = {name: row[name] for name in row if name != "account_id"}
    report = None if row["analysis"] is None else recording_report_of(json.loads(row["analysis"]))
    enums = {"origin": Origin(row["origin"]), "text_source": TextSource(row["text_source"])}
    return Recording(**{**kept, **enums, "analysis": report})
