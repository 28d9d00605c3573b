"""Queries about clips."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa

from sayso.domain.clip import Clip, ClipState, Container, Precision, SoundFormat
from sayso.domain.page import Page, PageRequest
from sayso.domain.timing import Mark, Times
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row

_T = tables.clips


def insert(tx: Transaction, account_id: str, clip: Clip) -> None:
    """Keep a new clip."""
    tx.execute(sa.insert(_T).values(account_id=account_id, **_values(clip)))


def find(tx: Transaction, account_id: str, project_id: str, clip_id: str, *, lock: bool = False) -> Clip:
    """The account's clip in that project. Raises NotFound."""
    where = (_T.c.id == clip_id) & (_T.c.project_id == project_id) & (_T.c.account_id == account_id)
    row = find_row(tx, _T, where, lock=lock)
    if row is None:
        raise NotFound(
            f"there is no clip {clip_id} in project {project_id}: the list of clips shows what it has"
        )
    return _clip(row)


def fetch(tx: Transaction, clip_id: str, *, lock: bool = False) -> Clip | None:
    """A clip of any account, for workflows; None when it was deleted."""
    row = find_row(tx, _T, _T.c.id == clip_id, lock=lock)
    return None if row is None else _clip(row)


def owner(tx: Transaction, clip_id: str) -> str:
    """The id of the account that a clip belongs to."""
    return str(tx.execute(sa.select(_T.c.account_id).where(_T.c.id == clip_id)).scalar_one())


def page(
    tx: Transaction, account_id: str, project_id: str, request: PageRequest, query: str | None
) -> Page[Clip]:
    """The clips of a project, newest first; `query` keeps those whose title holds it, in any case."""
    where = (_T.c.project_id == project_id) & (_T.c.account_id == account_id)
    if query:
        where &= _T.c.title.icontains(query, autoescape=True)
    return fetch_page(tx, _T, where, request, _clip)


def pending(tx: Transaction) -> list[Clip]:
    """All clips that wait to be made, of every account, oldest first."""
    rows = tx.execute(
        sa.select(_T).where(_T.c.state == ClipState.PENDING.value).order_by(_T.c.updated_at)
    ).mappings()
    return [_clip(row) for row in rows]


def of_batch(tx: Transaction, batch_id: str) -> list[Clip]:
    """The clips of a batch that are still there, in the order of its body."""
    where = _T.c.batch_id == batch_id
    rows = tx.execute(sa.select(_T).where(where).order_by(_T.c.created_at, _T.c.id)).mappings()
    return [_clip(row) for row in rows]


def spoken_s(tx: Transaction, account_id: str, since: datetime | None, until: datetime | None) -> float:
    """Seconds of sound of the account's clips that were made in that time and are still kept."""
    where = _T.c.account_id == account_id
    if since is not None:
        where &= _T.c.created_at >= since
    if until is not None:
        where &= _T.c.created_at < until
    return float(tx.execute(sa.select(sa.func.sum(_T.c.duration_s)).where(where)).scalar_one() or 0.0)


def save(tx: Transaction, clip: Clip) -> None:
    """Write everything that may change of a clip."""
    tx.execute(sa.update(_T).where(_T.c.id == clip.id).values(**_values(clip)))


def remove(tx: Transaction, clip_id: str) -> None:
    """Remove the row."""
    tx.execute(sa.delete(_T).where(_T.c.id == clip_id))


def remove_all(tx: Transaction, project_id: str) -> list[tuple[str, str | None]]:
    """Remove all clips of a project; returns their ids with the keys of their audio."""
    gone = tx.execute(sa.select(_T.c.id, _T.c.audio_key).where(_T.c.project_id == project_id)).all()
    tx.execute(sa.delete(_T).where(_T.c.project_id == project_id))
    return [(row.id, row.audio_key) for row in gone]


def _values(clip: Clip) -> dict[str, object]:
    values = {field.name: getattr(clip, field.name) for field in fields(clip) if field.name != "sound"}
    return {
        **values,
        "times": None if clip.times is None else times_text(clip.times),
        "state": clip.state.value,
        "container": clip.sound.container.value,
        "precision": clip.sound.precision.value,
        "rate_hz": clip.sound.rate_hz,
        "audio_container": None if clip.audio_container is None else clip.audio_container.value,
    }


def _clip(row: sa.RowMapping) -> Clip:
    apart = ("account_id", "state", "container", "precision", "rate_hz", "times", "audio_container")
    sound = SoundFormat(Container(row["container"]), Precision(row["precision"]), row["rate_hz"])
    values = {name: row[name] for name in row if name not in apart}
    present = row["audio_container"]
    return Clip(
        sound=sound,
        state=ClipState(row["state"]),
        times=times_of(row["times"]),
        audio_container=None if present is None else Container(present),
        **values,
    )


def times_text(times: Times) -> str:
    """Times as they are kept: JSON, in tenths of milliseconds."""
    parts = [
        [[mark.text, round(mark.start_s * 10_000), round(mark.end_s * 10_000)] for mark in marks]
        for marks in (times.letters, times.sounds)
    ]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def times_of(text: str | None) -> Times | None:
    """What `times_text` wrote."""
    if text is None:
        return None
    letters, sounds = (
        tuple(Mark(mark, start / 10_000, end / 10_000) for mark, start, end in marks)
        for marks in json.loads(text)
    )
    return Times(letters, sounds)
