"""Which refusals of a consent were told, so that no old one is told again when a run ends."""

from __future__ import annotations

import json

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
        sa.column("id", sa.String),
        sa.column("voice_id", sa.String),
        sa.column("state", sa.String),
        sa.column("findings", sa.Text),
        sa.column("decision", sa.Text),
        sa.column("is_refusal_told", sa.Boolean),
    )
    voices = sa.table("voices", sa.column("id", sa.String), sa.column("state", sa.String))
    running = sa.select(voices.c.id).where(voices.c.state == "running")
    at_rest = consents.c.voice_id.not_in(running)
    op.execute(
        sa.update(consents).where((consents.c.state == "refused") & at_rest).values(is_refusal_told=True)
    )
    tx = op.get_bind()
    for row in tx.execute(sa.select(consents).where((consents.c.state == "checking") & at_rest)).all():
        if _was_refused(row.findings, row.decision):
            tx.execute(sa.update(consents).where(consents.c.id == row.id).values(is_refusal_told=True))


def _was_refused(findings: str | None, decision: str | None) -> bool:
    """Whether that is what the last round came to: what a person approved of does not count."""
    decided = json.loads(decision or "[]")
    newest = decided[-1] if isinstance(decided, list) and decided else decided
    ruling = newest["ruling"] if newest else None
    if ruling == "refused":
        return True
    reasons = json.loads(findings or "{}").get("reasons", [])
    # Before 29 November 2026 it was not marked what an approval stands in for.
    return any(
        one["verdict"] == "refused" and not one.get("is_approved", ruling == "approved") for one in reasons
    )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("consents") as table:
        table.drop_column("is_refusal_told")
