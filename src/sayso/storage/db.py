"""Connections and the transaction: `with db.begin() as tx`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from sayso.errors import BadSettings, Unavailable

Transaction = sa.Connection
"""An open transaction; only storage's functions may send SQL through it."""

DISK_FULL = "the disk is full, nothing can be kept: the operator of this server must make room"

_BUSY_MS = 30_000


class Database:
    """The application's database: SQLite in WAL mode, or PostgreSQL. Safe from any thread."""

    def __init__(self, url: str) -> None:
        """Open, without a query yet. Raises BadSettings for a URL that is no database."""
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            # The value is not shown: what looks like no URL may still hold a password.
            raise BadSettings(
                "SAYSO_DATABASE_URL is no database URL; expected sqlite:///FILE or "
                "postgresql://USER:PASSWORD@HOST/NAME"
            ) from error
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        kind = parsed.get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            raise BadSettings(f"SAYSO_DATABASE_URL names {kind}; expected sqlite:///FILE or postgresql://...")
        if kind == "sqlite" and parsed.database in (None, "", ":memory:"):
            # Each connection would have an empty one of its own.
            raise BadSettings("SAYSO_DATABASE_URL names no file; expected sqlite:///FILE or postgresql://...")
        options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 20, "max_overflow": 40}
        if kind == "sqlite":
            options = {"pool_size": 20, "max_overflow": 40, "connect_args": {"timeout": _BUSY_MS / 1000}}
        try:
            self.engine = sa.create_engine(parsed, **options)
        except ImportError as error:
            raise BadSettings(
                "SAYSO_DATABASE_URL names PostgreSQL, but its driver is not installed: pip install psycopg"
            ) from error
        self.is_sqlite = kind == "sqlite"
        self.url = parsed
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare)
            event.listen(self.engine, "begin", _begin)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that writes: committed at the end of the block, rolled back by an error in it.

        Short ones only: on SQLite one writer at a time holds the file.
        """
        try:
            with self.engine.execution_options(sayso_writes=True).begin() as tx:
                yield tx
        except sa.exc.OperationalError as error:
            if "disk is full" in str(error.orig):
                raise Unavailable(DISK_FULL) from error
            raise

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads: it never waits for writers on SQLite."""
        with self.engine.begin() as tx:
            yield tx

    def check(self) -> None:
        """Raise unless the database answers and has our tables."""
        with self.read() as tx:
            tx.execute(sa.text("SELECT 1 FROM accounts LIMIT 1"))

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _prepare(connection: Any, _record: Any) -> None:
    # None: the driver must not begin transactions by itself; _begin does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # NORMAL in WAL mode: a power cut may lose the last commits but never the file; a kill loses nothing.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # IMMEDIATE takes the write lock at once; a deferred one that writes later can fail on a newer snapshot.
    writes = connection.get_execution_options().get("sayso_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
