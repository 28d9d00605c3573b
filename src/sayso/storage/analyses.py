"""Queries about the newest analysis of each voice."""

from __future__ import annotations

import json

import sqlalchemy as sa

from sayso.domain.analysis import Analysis, report_of
from sayso.storage import tables
from sayso.storage.db import Transaction

_T = tables.analyses


def keep(tx: Transaction, analysis: Analysis) -> None:
    """Keep it in place of the one before."""
    remove(tx, analysis.voice_id)
    tx.execute(
        sa.insert(_T).values(
            voice_id=analysis.voice_id,
            build=analysis.build,
            form=analysis.form,
            notes=json.dumps(analysis.notes),
            report=json.dumps(analysis.report.as_json()),
            made_at=analysis.made_at,
        )
    )


def fetch(tx: Transaction, voice_id: str) -> Analysis | None:
    """The newest one; None before the first."""
    row = tx.execute(sa.select(_T).where(_T.c.voice_id == voice_id)).mappings().first()
    if row is None:
        return None
    return Analysis(
        voice_id=row["voice_id"],
        build=row["build"],
        report=report_of(json.loads(row["report"])),
        form=row["form"],
        notes=tuple(json.loads(row["notes"])),
        made_at=row["made_at"],
    )


def remove(tx: Transaction, voice_id: str) -> None:
    """Forget it."""
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
