"""What the present sound of a clip is in, while another format has been ordered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Until now there was one format for both; of sounds that are there it is the likeliest."""
    with op.batch_alter_table("clips") as table:
        table.add_column(sa.Column("audio_container", sa.String(length=16), nullable=True))
    op.execute("UPDATE clips SET audio_container = container WHERE audio_key IS NOT NULL")


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("clips") as table:
        table.drop_column("audio_container")
