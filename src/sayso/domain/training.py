"""What a professional training tells of itself while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Training:
    """The newest one of a voice."""

    voice_id: str
    build: int
    points: tuple[Mapping[str, Any], ...]
    """Looks at it, in order: `phase`, `step`, `spent_s`, `loss`, `held_out`."""
    facts: Mapping[str, Any]
    """Counts, seconds, choices."""
    sample_key: str | None
    """Blob of a sentence by the voice as it was at `sample_step`."""
    sample_step: int | None
    updated_at: datetime
