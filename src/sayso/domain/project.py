"""A project: a folder of clips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Project:
    """A folder of clips with a name."""

    id: str
    account_id: str
    name: str
    description: str | None
    is_collaborative: bool
    is_archived: bool
    created_at: datetime
    updated_at: datetime
