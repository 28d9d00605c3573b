"""Datasets that are fetched, and what the analysis says of recordings and of the set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. A dataset_url that was kept unfetched waits from now on; its owner's next build fetches it."""
    op.create_table(
        "analyses",
        sa.Column("voice_id", sa.String(length=32), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name=op.f("fk_analyses_voice_id")),
        sa.PrimaryKeyConstraint("voice_id", name=op.f("pk_analyses")),
    )
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("dataset_waits", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("is_vouched_for", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.execute(sa.text("UPDATE voices SET dataset_waits = (dataset_url IS NOT NULL)"))
    # Builds that run through the update were allowed when they began: without a consent only to uploaders.
    op.execute(sa.text("UPDATE voices SET is_vouched_for = (consent_id IS NULL)"))
    with op.batch_alter_table("voices", schema=None) as batch_op:
        batch_op.alter_column("dataset_waits", server_default=None)
        batch_op.alter_column("is_vouched_for", server_default=None)
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("origin", sa.String(length=16), nullable=False, server_default="upload")
        )
        batch_op.add_column(sa.Column("agreement", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("analysis", sa.Text(), nullable=True))
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.alter_column("origin", server_default=None)


def downgrade() -> None:
    """Undo; what the analysis said is lost."""
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        for column in ("analysis", "agreement", "origin"):
            batch_op.drop_column(column)
    with op.batch_alter_table("voices", schema=None) as batch_op:
        for column in ("is_vouched_for", "dataset_waits"):
            batch_op.drop_column(column)
    op.drop_table("analyses")
