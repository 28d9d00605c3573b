"""An account, and what a token of it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Plan(StrEnum):
    """What an account has signed up for."""

    FREE = "free"
    PRO = "pro"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: one token of one account. Every use case that touches a row takes one."""

    account_id: str
    token_id: str
    plan: Plan
    is_authorized_uploader: bool = False
    """May build voices without a spoken consent: answers for having it otherwise."""
    is_reviewer: bool = False
    """May decide on a consent that needs a person."""
    name: str = ""
    """What the token is called; decisions are signed with it."""

    @property
    def may_create_voices(self) -> bool:
        """Voices are for plan pro; a free account may look and speak."""
        return self.plan is Plan.PRO


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: its secret is known to its owner only."""

    id: str
    account_id: str
    name: str
    plan: Plan
    is_authorized_uploader: bool
    is_reviewer: bool
    created_at: datetime
    revoked_at: datetime | None = None
