"""A word that an account wants said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TermKind(StrEnum):
    """What stands on the other side."""

    SUBSTITUTION = "substitution"
    """Other words."""
    PHONEME = "phoneme"
    """Sounds in IPA."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All that an account wants said otherwise."""

    terms: Mapping[str, str]
    """What is written -> the words that are said for it."""
    sounds: Mapping[str, str]
    """A word -> its sounds in IPA."""


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of an account's own dictionary."""

    id: str
    account_id: str
    kind: TermKind
    written: str
    """A word or several, in any case."""
    said: str
    created_at: datetime
    updated_at: datetime
