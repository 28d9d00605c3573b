"""Partial edits: a field that was not mentioned differs from one that was set to nothing."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Literal


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""This field stays as it is."""

UnsetType = Literal[Unset.UNSET]


def changes(**fields: Any) -> dict[str, Any]:
    """Only the fields that were mentioned, e.g. for `dataclasses.replace`."""
    return {name: value for name, value in fields.items() if value is not UNSET}
