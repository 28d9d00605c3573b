"""Settings of a worker for tests, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sayso.domain.account import Caller
from sayso.domain.voice import Voice, VoiceState
from sayso.services import Services
from sayso.settings import Settings
from sayso.storage import tables
from sayso.storage.db import Database
from sayso.usecases import voices


def settings(home: Path, **others: object) -> Settings:
    return Settings(
        home=home,
        engine="tone",
        outbound_allow=("127.0.0.0/8",),
        webhook_delays_s=(0.2, 0.2),
        public_url="http://here",
        **others,  # type: ignore[arg-type]
    )


def wait_until(happened: Callable[[], object], timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


def finish(services: Services, ada: Caller, voice: Voice) -> Voice:
    """The voice after its build."""

    def over() -> bool:
        return voices.get_voice(services, ada, voice.id).state is not VoiceState.RUNNING

    wait_until(over)
    return voices.get_voice(services, ada, voice.id)


def unclaimed(services: Services) -> set[str]:
    """The blobs that no row refers to: what a run is still making, and what somebody forgot to take back.

    To look at these, and not at all there are: runs of other tests may still go on, make sounds and let go of some.
    """
    home = services.work_folder.parent / "blobs"
    # A blob lies in two levels, see `sayso.storage.blobs`; it is there before the row that refers to it.
    found = {path.parent.name + path.name for path in home.rglob("*") if path.is_file()}
    with services.db.read() as tx:
        return found - {
            key for column in tables.BLOB_COLUMNS for key in tx.execute(sa.select(column)).scalars()
        }


@contextmanager
def locks_of(db: Database) -> Iterator[list[list[str]]]:
    """For each transaction that is begun meanwhile the tables whose rows it locks, in order; each once."""
    all_of: list[list[str]] = []
    here: dict[int, list[str]] = {}

    def began(connection: sa.Connection) -> None:
        here[id(connection)] = []
        all_of.append(here[id(connection)])

    def executes(connection: sa.Connection, statement: Any, *_: Any) -> None:
        names: list[str] = []
        if isinstance(statement, (sa.Update, sa.Delete)):
            names = [statement.table.name]  # type: ignore[attr-defined]
        elif isinstance(statement, sa.Select) and statement._for_update_arg is not None:
            names = [table.name for table in statement.get_final_froms()]  # type: ignore[attr-defined]
        locked = here.setdefault(id(connection), [])
        locked += [name for name in names if name not in locked]

    sa.event.listen(db.engine, "begin", began)
    sa.event.listen(db.engine, "before_execute", executes)
    try:
        yield all_of
    finally:
        sa.event.remove(db.engine, "begin", began)
        sa.event.remove(db.engine, "before_execute", executes)
