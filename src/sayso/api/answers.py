"""Answers, and the links in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from sayso.services import Services
from sayso.usecases import media


class Answer(Response):
    """A JSON answer. Never empty: the SDKs parse the body of everything, deletions included."""

    media_type = "application/json"

    def __init__(
        self,
        body: Mapping[str, Any],
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        super().__init__(text.encode("utf-8"), int(status), headers)


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the signed links of one answer; they work without a header and expire."""

    services: Services
    base: str
    """Where this server is reached, without a slash at the end."""
    now: datetime

    def to(self, blob_key: str, file_name: str) -> str:
        """An absolute link to a blob, offered under `file_name`."""
        return self.base + media.sign(self.services, blob_key, file_name, self.now)
