"""get_account, spoken_s: who the caller is, and how much was spoken."""

from __future__ import annotations

from datetime import datetime

from sayso.domain.account import Caller
from sayso.services import Services
from sayso.storage import accounts, clips


def get_account(services: Services, caller: Caller) -> tuple[str, datetime]:
    """Name of the caller's account, and when it was made."""
    with services.db.read() as tx:
        return accounts.account(tx, caller.account_id)


def spoken_s(
    services: Services, caller: Caller, since: datetime | None = None, until: datetime | None = None
) -> float:
    """Seconds of sound in the account's clips that were made in that time and still exist."""
    with services.db.read() as tx:
        return clips.spoken_s(tx, caller.account_id, since, until)
