"""Queries about what the newest training of each voice tells of itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from sayso.domain.training import Training
from sayso.storage import tables
from sayso.storage.db import Transaction

_T = tables.trainings


def keep(tx: Transaction, training: Training) -> None:
    """Keep it in place of what was told before."""
    tx.execute(sa.delete(_T).where(_T.c.voice_id == training.voice_id))
    tx.execute(
        sa.insert(_T).values(
            voice_id=training.voice_id,
            build=training.build,
            curve=json.dumps({"points": training.points, "facts": training.facts}),
            sample_key=training.sample_key,
            sample_step=training.sample_step,
            updated_at=training.updated_at,
        )
    )


def of(tx: Transaction, voice_ids: Sequence[str]) -> dict[str, Training]:
    """Those of several voices, by voice."""
    rows = tx.execute(sa.select(_T).where(_T.c.voice_id.in_(voice_ids))).mappings()
    return {row["voice_id"]: _training(row) for row in rows}


def fetch(tx: Transaction, voice_id: str) -> Training | None:
    """That of one voice; None before the first."""
    return of(tx, [voice_id]).get(voice_id)


def remove(tx: Transaction, voice_id: str) -> str | None:
    """Forget it; gives the key of its sample."""
    found = fetch(tx, voice_id)
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
    return None if found is None else found.sample_key


def _training(row: sa.RowMapping) -> Training:
    curve = json.loads(row["curve"])
    return Training(
        voice_id=row["voice_id"],
        build=row["build"],
        points=tuple(curve["points"]),
        facts=curve["facts"],
        sample_key=row["sample_key"],
        sample_step=row["sample_step"],
        updated_at=row["updated_at"],
    )
