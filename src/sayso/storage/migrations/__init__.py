"""Alembic's migrations: `versions` in order, applied once each when the program starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from sayso.storage.db import Database


def migrate(db: Database) -> None:
    """Bring the database to the newest schema; nothing happens when it is there already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    # One writing transaction around all of it: two processes that start together do it once.
    with db.begin() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
