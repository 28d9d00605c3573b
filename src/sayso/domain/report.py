"""The report of a voice: measured evidence of what was made, from recordings and speech that nothing was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as it is kept."""

    voice_id: str
    build: int
    signed: str
    """JSON text with payload, public key and signature, spelt like a consent receipt."""
    sounds: Mapping[str, str]
    """Name in the report -> FLAC in base64: what the voice said, and what the speaker said."""
    made_at: datetime
