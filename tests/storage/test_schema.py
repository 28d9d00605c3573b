"""The database: migrations lead to the tables, writers wait for each other, rows know their account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sayso.errors import BadSettings, Unavailable
from sayso.storage import accounts, installation, migrations, tables
from sayso.storage.db import Database
from sayso.storage.migrations import migrate


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database(f"sqlite:///{tmp_path / 'app.db'}")
    migrate(db)
    yield db
    db.close()


def test_all_migrations_together_make_the_tables(db: Database) -> None:
    with db.begin() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_newest_revision_is_the_one_we_check_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_what_was_refused_before_an_update_counts_as_told(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    now = "2026-11-29 00:00:00"
    refused = '{"reasons": [{"code": "words_none", "verdict": "refused"}]}'
    with db.begin() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0010")
        old = sa.MetaData()
        old.reflect(tx)

        def insert(table: str, **values: object) -> None:
            tx.execute(
                sa.insert(old.tables[table]).values(created_at=sa.literal_column(f"'{now}'"), **values)
            )

        insert("accounts", id="a", name="ada")
        times = {"updated_at": sa.literal_column(f"'{now}'")}
        for voice, state in (("v", "consent_validation_failed"), ("w", "running")):
            flags = dict.fromkeys(("dataset_waits", "is_vouched_for", "waits_for_consent"), False)
            kept = {"voice_type": "rapid", "language": "en-US", "build": 1, "progress": 0.0, **flags, **times}
            insert("voices", id=voice, account_id="a", name="x", state=state, **kept)
        approval, refusal = '[{"ruling": "approved"}]', '[{"ruling": "approved"}, {"ruling": "refused"}]'
        marked = refused.replace("}]", ', "is_approved": true}]')
        other = refused.replace("}]", ', "is_approved": false}]')
        for consent, voice, state, findings, decision in (
            ("refused", "v", "refused", "{}", None),
            ("again", "v", "checking", refused, None),
            ("new", "v", "checking", None, None),
            ("accepted", "v", "accepted", refused, None),
            ("during a run", "w", "refused", refused, None),
            ("again during a run", "w", "checking", refused, None),
            ("approved", "v", "checking", marked, approval),
            ("approved and not marked", "v", "checking", refused, approval),
            ("approved long ago", "v", "checking", refused, approval.strip("[]")),
            ("refused after an approval", "v", "checking", other, approval),
            ("refused by a person", "v", "checking", "{}", refusal),
        ):
            kept = {"audio_sha256": "0", "statement": "s", "round": 1, "stopped_build": False, **times}
            kept |= {"state": state, "findings": findings, "decision": decision}
            insert("consents", id=consent, account_id="a", voice_id=voice, **kept)
    migrate(db)
    with db.read() as tx:
        told = tx.execute(sa.text("SELECT id FROM consents WHERE is_refusal_told")).scalars().all()
    assert set(told) == {"refused", "again", "refused after an approval", "refused by a person"}
    db.close()


def test_migrating_twice_changes_nothing(db: Database) -> None:
    with db.begin() as tx:
        accounts.insert_account(tx, "kept", datetime.now(UTC))
    migrate(db)
    with db.read() as tx:
        assert tx.execute(sa.select(tables.accounts.c.name)).scalars().all() == ["kept"]


def test_sqlite_writes_ahead_and_checks_references(db: Database) -> None:
    with db.read() as tx:
        assert tx.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert tx.execute(sa.text("PRAGMA busy_timeout")).scalar() == 30_000
    now = datetime.now(UTC)
    row = {"id": "p", "account_id": "nobody", "name": "x", "created_at": now, "updated_at": now}
    insert = sa.insert(tables.projects).values(**row, is_collaborative=False, is_archived=False)
    with db.begin() as tx, pytest.raises(sa.exc.IntegrityError):
        tx.execute(insert)


def test_an_error_rolls_the_transaction_back(db: Database) -> None:
    def break_off() -> None:
        with db.begin() as tx:
            accounts.insert_account(tx, "gone", datetime.now(UTC))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with db.read() as tx:
        assert tx.execute(sa.select(tables.accounts)).first() is None


def test_writers_wait_for_each_other_and_lose_nothing(db: Database) -> None:
    installation.note(db, "count", "0")

    def add() -> None:
        for _ in range(25):
            with db.begin() as tx:
                value = tx.execute(sa.select(tables.installation.c.value)).scalar_one()
                tx.execute(sa.update(tables.installation).values(value=str(int(value) + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installation.noted(db, "count") == "100"


def test_a_secret_of_the_installation_is_made_once(db: Database) -> None:
    assert installation.secret(db, "a") == installation.secret(db, "a") != installation.secret(db, "b")
    assert len(installation.secret(db, "a")) == 32


def test_times_come_back_as_they_went_in(db: Database) -> None:
    now = datetime.now(UTC)
    with db.begin() as tx:
        accounts.insert_account(tx, "x", now)
        assert tx.execute(sa.select(tables.accounts.c.created_at)).scalar_one() == now


@pytest.mark.parametrize("url", ["nonsense", "mysql://there/db", ""])
def test_other_databases_are_bad_settings(url: str) -> None:
    with pytest.raises(BadSettings, match="SAYSO_DATABASE_URL"):
        Database(url)


def test_a_full_disk_is_told_as_such(db: Database) -> None:
    with db.read() as tx:
        pages = tx.execute(sa.text("PRAGMA page_count")).scalar_one()
    # Every new connection has the limit; the pool hands out the one that is idle.
    with db.read() as tx:
        tx.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(Unavailable, match="disk is full"):
        installation.note(db, "x", "y" * 1_000_000)
