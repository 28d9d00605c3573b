"""The secrets with which an account's callbacks are signed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sayso.storage import webhook_secrets
from sayso.storage.db import Transaction
from sayso.storage.webhook_secrets import WebhookSecret
from sayso.wire import callbacks

OVERLAP = timedelta(days=1)
"""How long the old secret signs beside the new one: time to give it to the receivers."""


def current(tx: Transaction, account_id: str, now: datetime) -> list[WebhookSecret]:
    """Those that sign now, the newest first: one, or two after a rotation. The first one is made here."""
    found = webhook_secrets.signing(tx, account_id, now)
    if found and found[0].expires_at is None:
        return found
    webhook_secrets.insert(tx, account_id, callbacks.new_secret(), now)
    return webhook_secrets.signing(tx, account_id, now)


def rotate(tx: Transaction, account_id: str, now: datetime) -> list[WebhookSecret]:
    """A new secret; the one before it signs for another day, any older one no more."""
    webhook_secrets.retire(tx, account_id, now + OVERLAP)
    return current(tx, account_id, now)
