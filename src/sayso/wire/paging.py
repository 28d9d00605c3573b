"""Pages of a list, as the query asks for them and as the answer counts them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sayso.domain.page import USUAL_PAGE, Page, PageRequest
from sayso.errors import BadRequest

T = TypeVar("T")


def page_request(query: Mapping[str, str]) -> PageRequest:
    """`page` and `page_size` (or its synonym `per_page`) of a query. Raises BadRequest."""
    size_name = "page_size" if query.get("page_size") else "per_page"
    return PageRequest(_number(query, "page", 1), _number(query, size_name, USUAL_PAGE))


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    # Nine digits: more pages than any database holds, and never a number that overflows one.
    if not re.fullmatch(r"-?[0-9]{1,9}", text, re.ASCII):
        fact = f"must be a whole number from 1, not {text[:20]!r}"
        raise BadRequest(f"{name} {fact}", {name: fact})
    return int(text)


def page_answer(page: Page[T], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A list in the envelope, with each name a client knows for its numbers."""
    return {
        "success": True,
        "page": page.number,
        "num_pages": page.pages,
        "page_count": page.pages,
        "page_size": page.size,
        "total_results": page.total,
        "total_count": page.total,
        "items": list(items),
    }
