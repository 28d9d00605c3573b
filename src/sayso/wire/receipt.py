"""Consent receipts: a JSON object, signed with Ed25519 (RFC 8032), that anybody can verify without us.

What is signed is the payload in one fixed spelling: keys sorted, no blanks, UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sayso.errors import BadRequest

KIND = "sayso-consent-receipt-1"
REPORT = "sayso-voice-report-1"
"""The kind of a voice's report, which is signed in the same way."""


def signed(payload: Mapping[str, Any], key: bytes, kind: str = KIND) -> str:
    """A receipt of `payload`, which gets its `kind`; `key` is the private key, 32 bytes."""
    private = Ed25519PrivateKey.from_private_bytes(key)
    whole = {**payload, "kind": kind}
    receipt = {
        "payload": whole,
        "public_key": _text(private.public_key().public_bytes_raw()),
        "signature": _text(private.sign(_spelt(whole))),
    }
    return json.dumps(receipt, indent=2, ensure_ascii=False)


def public_key(key: bytes) -> str:
    """The public half of a private key, in base64: what receipts are verified with."""
    return _text(Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw())


def fingerprint(public: str) -> str:
    """A public key in a form that people compare: 16 pairs of hexadecimal digits."""
    digest = hashlib.sha256(base64.b64decode(public)).hexdigest()[:32]
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


def verified(text: str, public: str | None = None, kind: str = KIND) -> dict[str, Any]:
    """The payload of a receipt that is whole. Raises BadRequest where it is not.

    Without `public` (base64) the key in the receipt itself is used: that shows that nobody changed it since,
    but not who made it.
    """
    try:
        receipt = json.loads(text)
        payload, given, signature = receipt["payload"], receipt["public_key"], receipt["signature"]
        given_kind = payload["kind"]
        mark = base64.b64decode(signature, validate=True)
        own = Ed25519PublicKey.from_public_bytes(base64.b64decode(given, validate=True))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise BadRequest("this is no consent receipt: expected the JSON that sayso signed") from error
    if given_kind != kind:
        raise BadRequest(f"this receipt is of the kind {str(given_kind)[:40]!r}, this program reads {kind!r}")
    if public is not None and public.strip() != given:
        raise BadRequest("this receipt was signed with another key than the one given: it is not from there")
    try:
        own.verify(mark, _spelt(payload))
    except (InvalidSignature, ValueError) as error:
        raise BadRequest("the signature does not fit: this receipt was changed after it was made") from error
    result: dict[str, Any] = payload
    return result


def _spelt(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
