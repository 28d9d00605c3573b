"""Which voices begin a run again by themselves once their consent is good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Voices that are there wait for a build, as they did."""
    with op.batch_alter_table("voices") as table:
        table.add_column(
            sa.Column("waits_for_consent", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("voices") as table:
        table.alter_column("waits_for_consent", server_default=None)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("voices") as table:
        table.drop_column("waits_for_consent")
