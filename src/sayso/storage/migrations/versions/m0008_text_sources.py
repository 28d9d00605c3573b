"""Where the text of a recording comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Nobody knows it of what is there: those texts are held against the sound in the next build."""
    with op.batch_alter_table("recordings") as table:
        table.add_column(
            sa.Column("text_source", sa.String(length=8), nullable=False, server_default="given")
        )
    with op.batch_alter_table("recordings") as table:
        table.alter_column("text_source", server_default=None)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("recordings") as table:
        table.drop_column("text_source")
