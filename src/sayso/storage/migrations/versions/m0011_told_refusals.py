"""Which refusals of a consent were told, so that no old one is told again when a run ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What was refused was told at once, but during a run; what is looked at again, when it was refused before."""
    with op.batch_alter_table("consents") as table:
        table.add_column(
            sa.Column("is_refusal_told", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("consents") as table:
        table.alter_column("is_refusal_told", server_default=None)
    consents = sa.table(
        "consents",
        sa.column("voice_id", sa.String),
        sa.column("state", sa.String),
        sa.column("findings", sa.Text),
        sa.column("is_refusal_told", sa.Boolean),
    )
    voices = sa.table("voices", sa.column("id", sa.String), sa.column("state", sa.String))
    running = sa.select(voices.c.id).where(voices.c.state == "running")
    was_refused = (consents.c.state == "refused") | (
        (consents.c.state == "checking") & consents.c.findings.contains('"verdict": "refused"')
    )
    op.execute(
        sa.update(consents)
        .where(was_refused & consents.c.voice_id.not_in(running))
        .values(is_refusal_told=True)
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("consents") as table:
        table.drop_column("is_refusal_told")
