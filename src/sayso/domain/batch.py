"""A batch: many clips that are ordered together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sayso.domain.clip import SoundFormat


@dataclass(frozen=True, slots=True)
class Batch:
    """What was ordered. The clips are rows of their own, which know their batch."""

    id: str
    project_id: str
    voice_id: str
    body: tuple[tuple[str | None, str], ...]
    """Title and text of each clip."""
    sound: SoundFormat
    callback_uri: str | None
    """Who is told when no clip of it waits any more."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch, and how far it is."""

    batch: Batch
    finished: int
    failed: int
    waiting: int
