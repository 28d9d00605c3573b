"""Queries about the report of each voice."""

from __future__ import annotations

import json

import sqlalchemy as sa

from sayso.domain.report import KeptReport
from sayso.storage import tables
from sayso.storage.db import Transaction

_T = tables.reports


def keep(tx: Transaction, report: KeptReport) -> None:
    """Keep it in place of the one before."""
    remove(tx, report.voice_id)
    tx.execute(
        sa.insert(_T).values(
            voice_id=report.voice_id,
            build=report.build,
            signed=report.signed,
            sounds=json.dumps(dict(report.sounds)),
            made_at=report.made_at,
        )
    )


def fetch(tx: Transaction, voice_id: str) -> KeptReport | None:
    """That of the build that speaks; None where it was made before there were reports."""
    row = tx.execute(sa.select(_T).where(_T.c.voice_id == voice_id)).mappings().first()
    if row is None:
        return None
    return KeptReport(row["voice_id"], row["build"], row["signed"], json.loads(row["sounds"]), row["made_at"])


def remove(tx: Transaction, voice_id: str) -> None:
    """Forget it."""
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
