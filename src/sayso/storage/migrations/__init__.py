"""Alembic's migrations: `versions` in order, applied once each when the program starts."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from sayso.storage.db import Database, Transaction

HEAD = "0011"
"""The newest revision in `versions`; a test compares."""


def migrate(db: Database) -> None:
    """Bring the database to the newest schema; nothing happens when it is there already."""
    # One writing transaction around all of it: two processes that start together do it once.
    with db.begin() as tx:
        if _revision(tx) == HEAD:
            return
        # Imported here: it takes half a second, and nearly every start is not the first.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def _revision(tx: Transaction) -> str | None:
    if not sa.inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
