"""One page of a list, and how a page is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from sayso.errors import BadRequest

T = TypeVar("T")

SMALLEST_PAGE = 1
"""The documented least is 10, but clients in the field ask for one."""
LARGEST_PAGE = 1000
USUAL_PAGE = 10


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list, newest first. Raises BadRequest when out of range."""

    number: int = 1
    """From 1. A page beyond the end is empty, not an error."""
    size: int = USUAL_PAGE
    """Things on a page, 1 to 1000."""

    def __post_init__(self) -> None:
        if self.number < 1:
            raise BadRequest("page must be >= 1", {"page": "must be >= 1"})
        if not SMALLEST_PAGE <= self.size <= LARGEST_PAGE:
            fact = f"must be between {SMALLEST_PAGE} and {LARGEST_PAGE}"
            raise BadRequest(f"page_size {fact}", {"page_size": fact})

    @property
    def offset(self) -> int:
        """How many things lie on the pages before."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    number: int
    size: int
    total: int
    """Things on all pages together."""

    @property
    def pages(self) -> int:
        """How many pages there are; 1 when the list is empty, so that page 1 always exists."""
        return max(1, -(-self.total // self.size))
