"""Names of rows: eight lower-case hexadecimal characters, as the clients know them."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from sayso.storage.db import Transaction
from sayso.storage.tables import metadata


def new_id(tx: Transaction, table: str) -> str:
    """A random id that no row of `table` has."""
    column = metadata.tables[table].c.id
    while True:
        made = secrets.token_hex(4)
        if tx.execute(sa.select(column).where(column == made)).first() is None:
            return made
