"""Clips remember when each letter and sound is spoken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Of clips that exist nobody asked for times."""
    with op.batch_alter_table("clips", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wants_times", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("times", sa.Text(), nullable=True))
    with op.batch_alter_table("clips", schema=None) as batch_op:
        batch_op.alter_column("wants_times", server_default=None)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("clips", schema=None) as batch_op:
        batch_op.drop_column("times")
        batch_op.drop_column("wants_times")
