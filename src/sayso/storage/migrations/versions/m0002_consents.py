"""Consents with their checks, challenges and receipts; the sound of a consent moves to its own table."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("voice_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("audio_key", sa.String(length=80), nullable=True),
        sa.Column("audio_sha256", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("stopped_build", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_consents_account_id")),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name=op.f("fk_consents_voice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    for column in ("account_id", "voice_id", "state", "audio_key"):
        op.create_index(op.f(f"ix_consents_{column}"), "consents", [column])
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_challenges_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_account_id"), "challenges", ["account_id"])
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("voice_id", sa.String(length=32), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_receipts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("voice_id", "build", name=op.f("uq_receipts_voice_id_build")),
    )
    for column in ("account_id", "voice_id"):
        op.create_index(op.f(f"ix_receipts_{column}"), "receipts", [column])
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("consent_state", sa.String(length=32), nullable=True))
    _move_sounds()
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_voices_consent_key"))
        batch_op.drop_column("consent_key")


def _move_sounds() -> None:
    """Consents that were kept unchecked wait for their check: the worker's sweep finds them."""
    connection = op.get_bind()
    voices = sa.table(
        "voices",
        *(sa.column(name) for name in ("id", "account_id", "consent_key", "consent_id", "consent_state")),
        sa.column("updated_at", sa.DateTime()),
    )
    columns = ("id", "account_id", "voice_id", "state", "audio_key", "audio_sha256", "statement", "round")
    consents = sa.table(
        "consents",
        *(sa.column(name) for name in (*columns, "stopped_build")),
        sa.column("created_at", sa.DateTime()),
        sa.column("updated_at", sa.DateTime()),
    )
    kept = connection.execute(sa.select(voices).where(voices.c.consent_key.is_not(None))).mappings().all()
    for voice in kept:
        consent_id = secrets.token_hex(4)
        connection.execute(
            sa.insert(consents).values(
                id=consent_id,
                account_id=voice["account_id"],
                voice_id=voice["id"],
                state="checking",
                audio_key=voice["consent_key"],
                # A blob's key is the hash of its content.
                audio_sha256=voice["consent_key"],
                statement="",
                round=1,
                stopped_build=sa.false(),
                created_at=voice["updated_at"],
                updated_at=voice["updated_at"],
            )
        )
        connection.execute(
            sa.update(voices)
            .where(voices.c.id == voice["id"])
            .values(consent_id=consent_id, consent_state="checking")
        )


def downgrade() -> None:
    """Undo; consents that were refused are lost, as are decisions and receipts."""
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_key", sa.String(length=80), nullable=True))
        batch_op.create_index(batch_op.f("ix_voices_consent_key"), ["consent_key"], unique=False)
    op.execute(
        "UPDATE voices SET consent_key = "
        "(SELECT audio_key FROM consents WHERE consents.id = voices.consent_id)"
    )
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.drop_column("consent_state")
        batch_op.drop_column("consent_id")
    for table in ("receipts", "challenges", "consents"):
        op.drop_table(table)
