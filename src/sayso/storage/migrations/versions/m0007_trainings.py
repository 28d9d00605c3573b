"""What a running training tells, and the report of each finished voice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Voices that were finished before have no report; their next build makes one."""
    op.create_table(
        "trainings",
        sa.Column("voice_id", sa.String(length=32), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("curve", sa.Text(), nullable=False),
        sa.Column("sample_key", sa.String(length=64), nullable=True),
        sa.Column("sample_step", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name=op.f("fk_trainings_voice_id")),
        sa.PrimaryKeyConstraint("voice_id", name=op.f("pk_trainings")),
    )
    op.create_table(
        "reports",
        sa.Column("voice_id", sa.String(length=32), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("sounds", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name=op.f("fk_reports_voice_id")),
        sa.PrimaryKeyConstraint("voice_id", name=op.f("pk_reports")),
    )


def downgrade() -> None:
    """Undo; reports are lost."""
    op.drop_table("reports")
    op.drop_table("trainings")
