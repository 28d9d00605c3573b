"""Signed links to sound: whoever has an unexpired one may listen, nobody else."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

from sayso.errors import NotFound

_PARTS = 4
_LONGEST_EXPIRY = 12


def sign(key: bytes, blob_key: str, file_name: str, now: datetime, lasts_s: int) -> str:
    """The path of a link: `/media/{expires}/{blob key}/{signature}/{file name}`."""
    expires = int(now.timestamp()) + lasts_s
    name = file_name.replace("/", "_")
    return f"/media/{expires}/{blob_key}/{_signature(key, expires, blob_key, name)}/{quote(name)}"


def check(key: bytes, parts: list[str], now: datetime) -> tuple[str, str]:
    """Blob key and file name of a link. `parts` are what follows `/media/`, unquoted.

    Raises NotFound when the link is malformed, forged or expired.
    """
    gone = NotFound("this link is not valid or has expired: read the clip or recording again for a new one")
    if len(parts) != _PARTS:
        raise gone
    expires, blob_key, signature, name = parts
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _LONGEST_EXPIRY):
        raise gone
    wanted = _signature(key, int(expires), blob_key, name)
    if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "surrogatepass")):
        raise gone
    if now.timestamp() >= int(expires):
        raise gone
    return blob_key, name


def _signature(key: bytes, expires: int, blob_key: str, name: str) -> str:
    message = f"{expires}\n{blob_key}\n{name}".encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()
