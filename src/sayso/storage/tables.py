"""The schema, one place. A change here needs a migration in `migrations/versions`; a test compares them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, Table, Text

metadata = sa.MetaData(
    # Named constraints: SQLite can only change those that have names.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """A UTC time; SQLite keeps no zones, so none is stored anywhere."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Aware -> naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Naive UTC -> aware."""
        return None if value is None else value.replace(tzinfo=UTC)


def _id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def _account() -> Column[str]:
    return Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False, index=True)


def _times() -> tuple[Column[datetime], Column[datetime]]:
    return Column("created_at", Moment, nullable=False), Column("updated_at", Moment, nullable=False)


def _blob(name: str, *, nullable: bool = True) -> Column[str]:
    # Indexed: before a blob is deleted, every such column is asked whether it still needs it.
    return Column(name, String(80), nullable=nullable, index=True)


accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("plan", String(16), nullable=False),
    Column("is_authorized_uploader", Boolean, nullable=False),
    Column("is_reviewer", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

voices = Table(
    "voices",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False),
    Column("voice_type", String(16), nullable=False),
    Column("state", String(32), nullable=False, index=True),
    *_times(),
    Column("language", String(35), nullable=False),
    Column("description", Text),
    Column("dataset_url", Text),
    # Whether that is still to be fetched.
    Column("dataset_waits", Boolean, nullable=False),
    Column("callback_uri", Text),
    # No foreign key: the two tables would point at each other.
    Column("consent_id", String(32)),
    # A copy of the consent's own, so that a list of voices is one query.
    Column("consent_state", String(32)),
    Column("issue", Text),
    Column("build", Integer, nullable=False),
    # Whether an authorized uploader asked for that build, and answers for the speaker's permission.
    Column("is_vouched_for", Boolean, nullable=False),
    Column("waits_for_consent", Boolean, nullable=False),
    Column("stage", String(64)),
    Column("progress", Float, nullable=False),
    Column("left_s", Float),
    _blob("artifact_key"),
    _blob("sample_key"),
)

recordings = Table(
    "recordings",
    metadata,
    _id(),
    _account(),
    Column("voice_id", String(32), ForeignKey("voices.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("text", Text),
    Column("emotion", Text),
    Column("is_active", Boolean, nullable=False),
    Column("fill", Boolean, nullable=False),
    _blob("audio_key", nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("rate_hz", Integer, nullable=False),
    Column("speech_s", Float, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("agreement", Float),
    Column("text_source", String(8), nullable=False),
    # JSON, as `domain.analysis.RecordingReport` has it.
    Column("analysis", Text),
    *_times(),
)

analyses = Table(
    "analyses",
    metadata,
    # The newest one alone is kept; a list of voices does not read it.
    Column("voice_id", String(32), ForeignKey("voices.id"), primary_key=True),
    Column("build", Integer, nullable=False),
    Column("form", String(8)),
    Column("notes", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

trainings = Table(
    "trainings",
    metadata,
    # What the newest one tells of itself while it runs, and told.
    Column("voice_id", String(32), ForeignKey("voices.id"), primary_key=True),
    Column("build", Integer, nullable=False),
    Column("curve", Text, nullable=False),
    Column("sample_key", String(64)),
    Column("sample_step", Integer),
    Column("updated_at", Moment, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    # Of the build that speaks; signed, and with its sounds in base64, so that it is whole by itself.
    Column("voice_id", String(32), ForeignKey("voices.id"), primary_key=True),
    Column("build", Integer, nullable=False),
    Column("signed", Text, nullable=False),
    Column("sounds", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _account(),
    Column("voice_id", String(32), ForeignKey("voices.id"), nullable=False, index=True),
    Column("state", String(32), nullable=False, index=True),
    _blob("audio_key"),
    Column("audio_sha256", String(64), nullable=False),
    Column("statement", Text, nullable=False),
    Column("challenge", Text),
    Column("round", Integer, nullable=False),
    Column("findings", Text),
    Column("checked_at", Moment),
    # JSON: a list of all that were made, the oldest first.
    Column("decision", Text),
    Column("stopped_build", Boolean, nullable=False),
    Column("is_refusal_told", Boolean, nullable=False),
    *_times(),
)

challenges = Table(
    "challenges",
    metadata,
    _id(),
    _account(),
    Column("language", String(35), nullable=False),
    Column("phrase", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
)

receipts = Table(
    "receipts",
    metadata,
    _id(),
    _account(),
    # No foreign key: a receipt proves something about a voice that may be gone; it holds hashes, no sound.
    Column("voice_id", String(32), nullable=False, index=True),
    Column("build", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("voice_id", "build"),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    _account(),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("is_collaborative", Boolean, nullable=False),
    Column("is_archived", Boolean, nullable=False),
    *_times(),
)

clips = Table(
    "clips",
    metadata,
    _id(),
    _account(),
    Column("project_id", String(32), ForeignKey("projects.id"), nullable=False, index=True),
    # No foreign key: a clip outlives its voice.
    Column("voice_id", String(32), nullable=False, index=True),
    Column("voice_name", Text, nullable=False),
    Column("title", Text),
    Column("body", Text, nullable=False),
    Column("is_archived", Boolean, nullable=False),
    Column("container", String(16), nullable=False),
    Column("precision", String(16), nullable=False),
    Column("rate_hz", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("callback_uri", Text),
    _blob("audio_key"),
    Column("duration_s", Float),
    Column("revision", Integer, nullable=False),
    Column("issue", Text),
    *_times(),
    Column("wants_times", Boolean, nullable=False),
    # JSON, see `storage.clips`.
    Column("times", Text),
    Column("uses_terms", Boolean, nullable=False),
    # No foreign key: a clip outlives its batch.
    Column("batch_id", String(32), index=True),
    # Of `audio_key`; `container` is what was ordered last.
    Column("audio_container", String(16)),
)

batches = Table(
    "batches",
    metadata,
    _id(),
    _account(),
    Column("project_id", String(32), ForeignKey("projects.id"), nullable=False, index=True),
    Column("voice_id", String(32), nullable=False),
    # JSON: pairs of title and text.
    Column("body", Text, nullable=False),
    Column("container", String(16), nullable=False),
    Column("precision", String(16), nullable=False),
    Column("rate_hz", Integer, nullable=False),
    Column("callback_uri", Text),
    *_times(),
)

terms = Table(
    "terms",
    metadata,
    _id(),
    _account(),
    Column("kind", String(16), nullable=False),
    Column("written", Text, nullable=False),
    Column("said", Text, nullable=False),
    *_times(),
)

deliveries = Table(
    "deliveries",
    metadata,
    # The order in which things were told; ids are random.
    Column("number", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    _account(),
    Column("key", String(96), nullable=False, unique=True),
    Column("lane", String(48), nullable=False, index=True),
    # No foreign keys: what was promised is delivered after the voice or the clip is gone.
    Column("voice_id", String(32), index=True),
    Column("clip_id", String(32), index=True),
    Column("event", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("endpoint", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("link", Text),
    Column("state", String(16), nullable=False),
    *_times(),
    Column("next_attempt_at", Moment),
    # Until then an attempt is under way, unless the program that made it was killed.
    Column("leased_until", Moment),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("must_go", Boolean, nullable=False),
    sa.Index("ix_deliveries_due", "state", "next_attempt_at"),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("delivery_id", String(32), ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Moment, nullable=False),
    Column("duration_s", Float),
    Column("status", Integer),
    Column("error", Text),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("name", String(300), primary_key=True),
    Column("failing_since", Moment),
    Column("last_failed_at", Moment),
    Column("paused_at", Moment),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    _id(),
    _account(),
    Column("secret", String(80), nullable=False),
    Column("created_at", Moment, nullable=False),
    # The newest has none.
    Column("expires_at", Moment),
)

installation = Table(
    "installation",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

BLOB_COLUMNS: tuple[Column[str], ...] = (
    consents.c.audio_key,
    voices.c.artifact_key,
    voices.c.sample_key,
    recordings.c.audio_key,
    clips.c.audio_key,
    trainings.c.sample_key,
)
"""Every column that may hold the key of a blob."""
