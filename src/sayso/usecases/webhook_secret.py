"""The secret that signs an account's callbacks: reading it, and changing it without losing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.services import Services
from sayso.storage.webhook_secrets import WebhookSecret
from sayso.workflows import signing


@dataclass(frozen=True, slots=True)
class Signing:
    """What an account's callbacks are signed with."""

    secret: str
    """`whsec_` and base64, as receivers take it."""
    created_at: datetime
    previous_until: datetime | None
    """Until when the one before it signs too; None when it is the only one."""


def read_secret(services: Services, caller: Caller) -> Signing:
    """The account's secret, made at the first call."""
    with services.db.begin() as tx:
        return _signing(signing.current(tx, caller.account_id, datetime.now(UTC)))


def rotate_secret(services: Services, caller: Caller) -> Signing:
    """A new secret. For a day the one before it signs beside it; any older one ends now."""
    with services.db.begin() as tx:
        now = datetime.now(UTC)
        signing.current(tx, caller.account_id, now)
        return _signing(signing.rotate(tx, caller.account_id, now))


def _signing(secrets: list[WebhookSecret]) -> Signing:
    until = secrets[1].expires_at if len(secrets) > 1 else None
    return Signing(secrets[0].secret, secrets[0].created_at, until)
