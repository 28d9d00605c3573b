"""Who is asking: the six ways in which clients send their token."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request

from sayso.domain.account import Caller
from sayso.errors import NotSignedIn
from sayso.usecases import accounts

_SCHEME = re.compile(r"\s*(?:(?P<scheme>token|bearer)\s+)?(?P<rest>\S+)\s*", re.IGNORECASE)
_MAX_SECRET = 512


def find_secret(authorization: str | None, access_token: str | None) -> str | None:
    """The secret among the two headers, or None.

    Read are `Token token=K`, `Token token="K"`, `Token K`, `Bearer K`, a bare `K`, and
    `x-access-token: K`. Schemes are matched in any case. A usable Authorization wins.
    """
    match = _SCHEME.fullmatch(authorization or "")
    secret = match["rest"] if match else ""
    if match and (match["scheme"] or "").lower() == "token" and secret.lower().startswith("token="):
        secret = secret[len("token=") :].strip('"')
    # A scheme alone is no secret: `Token` with nothing behind it.
    if secret.lower() in {"token", "bearer"}:
        secret = ""
    secret = secret or (access_token or "").strip()
    return secret if 0 < len(secret) <= _MAX_SECRET else None


def signed_in(request: Request) -> Caller:
    """The caller of `request`. Raises NotSignedIn."""
    headers = request.headers
    secret = find_secret(headers.get("authorization"), headers.get("x-access-token"))
    if secret is None and headers.get("authorization"):
        raise NotSignedIn(
            "the Authorization header holds no token as we read one; send Authorization: Bearer <token>"
        )
    if secret is None:
        raise NotSignedIn("no token was sent; send Authorization: Bearer <token>, see `sayso token create`")
    return accounts.sign_in(request.app.state.services, secret)


Signed = Annotated[Caller, Depends(signed_in)]
"""A route that takes this is closed to strangers. Name it first, so that no body is read for them."""
