"""Queries about the secrets with which an account's callbacks are signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id

_T = tables.webhook_secrets


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret, and until when it signs."""

    secret: str
    created_at: datetime
    expires_at: datetime | None
    """None for the newest."""


def insert(tx: Transaction, account_id: str, secret: str, now: datetime) -> None:
    """Keep a new one, which is the newest from now on."""
    row = {"id": new_id(tx, "webhook_secrets"), "account_id": account_id, "secret": secret, "created_at": now}
    tx.execute(sa.insert(_T).values(**row))


def signing(tx: Transaction, account_id: str, now: datetime) -> list[WebhookSecret]:
    """Those that sign now: the newest, then the one before it while it lasts."""
    valid = (_T.c.account_id == account_id) & (_T.c.expires_at.is_(None) | (_T.c.expires_at > now))
    rows = tx.execute(
        sa.select(_T).where(valid).order_by(_T.c.expires_at.is_not(None), _T.c.created_at.desc())
    ).mappings()
    return [WebhookSecret(row["secret"], row["created_at"], row["expires_at"]) for row in rows]


def retire(tx: Transaction, account_id: str, until: datetime) -> None:
    """The newest signs until then only; one that was on its way out ends now."""
    tx.execute(sa.delete(_T).where((_T.c.account_id == account_id) & _T.c.expires_at.is_not(None)))
    tx.execute(sa.update(_T).where(_T.c.account_id == account_id).values(expires_at=until))
