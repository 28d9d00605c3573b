"""Queries about voices."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.consent import ConsentState
from sayso.domain.page import Page, PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row, gone

_T = tables.voices


def insert(tx: Transaction, voice: Voice) -> None:
    """Keep a new voice."""
    tx.execute(sa.insert(_T).values(**_values(voice)))


def find(tx: Transaction, account_id: str, voice_id: str, *, lock: bool = False) -> Voice:
    """The account's voice. Raises NotFound."""
    row = find_row(tx, _T, (_T.c.id == voice_id) & (_T.c.account_id == account_id), lock=lock)
    if row is None:
        raise NotFound(gone("voice", voice_id))
    return _voice(row)


def fetch(tx: Transaction, voice_id: str, *, lock: bool = False) -> Voice | None:
    """A voice of any account, for workflows; None when it was deleted."""
    row = find_row(tx, _T, _T.c.id == voice_id, lock=lock)
    return None if row is None else _voice(row)


def page(tx: Transaction, account_id: str, request: PageRequest) -> Page[Voice]:
    """The account's voices, newest first."""
    return fetch_page(tx, _T, _T.c.account_id == account_id, request, _voice)


def speaking_of(tx: Transaction, account_id: str, most: int) -> tuple[Voice, ...]:
    """The account's voices that can speak, newest first."""
    where = (_T.c.account_id == account_id) & _T.c.artifact_key.is_not(None)
    rows = tx.execute(sa.select(_T).where(where).order_by(_T.c.created_at.desc(), _T.c.id).limit(most))
    return tuple(_voice(row) for row in rows.mappings())


def called(tx: Transaction, account_id: str, wanted: str) -> list[Voice]:
    """The account's voices whose uuid or, in any case, name is `wanted`; up to 20."""
    named = (_T.c.id == wanted) | (sa.func.lower(_T.c.name) == wanted.lower()) | (_T.c.name == wanted)
    rows = tx.execute(sa.select(_T).where((_T.c.account_id == account_id) & named).limit(20))
    return [_voice(row) for row in rows.mappings()]


def save(tx: Transaction, voice: Voice) -> None:
    """Write everything that may change of a voice."""
    tx.execute(sa.update(_T).where(_T.c.id == voice.id).values(**_values(voice)))


def tell_progress(
    tx: Transaction, voice_id: str, build: int, stage: str, progress: float, left_s: float | None
) -> bool:
    """Note how far a build is; False when that build runs no more or the voice is gone.

    Progress never falls: where a step is tried again, the furthest it has been stays.
    """
    running = (_T.c.id == voice_id) & (_T.c.build == build) & (_T.c.state == VoiceState.RUNNING.value)
    furthest = sa.case((_T.c.progress > progress, _T.c.progress), else_=progress)
    done = tx.execute(sa.update(_T).where(running).values(stage=stage, progress=furthest, left_s=left_s))
    return done.rowcount == 1


def running(tx: Transaction) -> list[Voice]:
    """All voices whose build runs or should, of every account."""
    rows = tx.execute(sa.select(_T).where(_T.c.state == VoiceState.RUNNING.value)).mappings()
    return [_voice(row) for row in rows]


def speaking(tx: Transaction, name_or_id: str | None = None) -> list[Voice]:
    """Voices of every account that can speak, newest first; only those of that name or id when given."""
    wanted = sa.select(_T).where(_T.c.artifact_key.is_not(None)).order_by(_T.c.created_at.desc())
    if name_or_id is not None:
        wanted = wanted.where((_T.c.id == name_or_id) | (_T.c.name == name_or_id))
    return [_voice(row) for row in tx.execute(wanted).mappings()]


def remove(tx: Transaction, voice_id: str) -> None:
    """Remove the row; its recordings must be gone."""
    tx.execute(sa.delete(_T).where(_T.c.id == voice_id))


def _values(voice: Voice) -> dict[str, object]:
    enums = {name: getattr(voice, name) for name in ("voice_type", "state", "consent_state")}
    return asdict(voice) | {name: None if enum is None else enum.value for name, enum in enums.items()}


def _voice(row: sa.RowMapping) -> Voice:
    kept = row["consent_state"]
    enums = {
        "voice_type": VoiceType(row["voice_type"]),
        "state": VoiceState(row["state"]),
        "consent_state": None if kept is None else ConsentState(kept),
    }
    return Voice(**{**row, **enums})
