"""What belongs to the installation as a whole: secrets made once."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from sayso.storage import tables
from sayso.storage.db import Database

_T = tables.installation


def secret(db: Database, name: str) -> bytes:
    """32 random bytes, made at the first call for `name` and the same ever after."""
    with db.begin() as tx:
        kept = tx.execute(sa.select(_T.c.value).where(_T.c.name == name)).scalar_one_or_none()
        if kept is None:
            kept = secrets.token_hex(32)
            tx.execute(sa.insert(_T).values(name=name, value=kept))
    return bytes.fromhex(kept)


def note(db: Database, name: str, value: str) -> None:
    """Keep a value under a name, in place of an older one."""
    with db.begin() as tx:
        if tx.execute(sa.update(_T).where(_T.c.name == name).values(value=value)).rowcount == 0:
            tx.execute(sa.insert(_T).values(name=name, value=value))


def noted(db: Database, name: str) -> str | None:
    """The value under a name."""
    with db.read() as tx:
        return tx.execute(sa.select(_T.c.value).where(_T.c.name == name)).scalar_one_or_none()
