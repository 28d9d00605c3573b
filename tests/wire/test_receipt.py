"""A receipt is whole or it is not: one changed letter, another key, another kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.errors import BadRequest
from sayso.wire import receipt

KEY, OTHER = bytes(range(32)), bytes(32)
PAYLOAD: dict[str, Any] = {"voice": {"uuid": "55592656", "name": "Ädä"}, "build": 1, "verdict": "accepted"}


def test_what_was_signed_comes_back() -> None:
    text = receipt.signed(PAYLOAD, KEY)
    assert receipt.verified(text) == {"kind": receipt.KIND, **PAYLOAD}
    assert receipt.verified(text, receipt.public_key(KEY)) == receipt.verified(text)


def test_the_spelling_of_the_file_does_not_matter() -> None:
    loose = json.dumps(json.loads(receipt.signed(PAYLOAD, KEY)), sort_keys=True, ensure_ascii=True)
    assert receipt.verified(loose)["build"] == 1


@pytest.mark.parametrize(
    ("field", "value"), [("build", 2), ("verdict", "refused"), ("voice", {"uuid": "x", "name": "Ädä"})]
)
def test_a_changed_payload_is_found_out(field: str, value: object) -> None:
    whole = json.loads(receipt.signed(PAYLOAD, KEY))
    whole["payload"][field] = value
    with pytest.raises(BadRequest, match="was changed"):
        receipt.verified(json.dumps(whole))


def test_another_signer_is_found_out_only_with_the_key() -> None:
    forged = receipt.signed(PAYLOAD, OTHER)
    assert receipt.verified(forged)
    with pytest.raises(BadRequest, match="another key"):
        receipt.verified(forged, receipt.public_key(KEY))


def test_anothers_key_cannot_be_put_under_our_signature() -> None:
    whole = json.loads(receipt.signed(PAYLOAD, KEY))
    whole["public_key"] = receipt.public_key(OTHER)
    with pytest.raises(BadRequest, match="was changed"):
        receipt.verified(json.dumps(whole))


@pytest.mark.parametrize(
    "text", ["", "no", "{}", "[]", '{"payload": 1, "public_key": 2, "signature": 3}', "[" * 100_000]
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="no consent receipt"):
        receipt.verified(text)


def test_another_kind_is_told() -> None:
    whole = json.loads(receipt.signed(PAYLOAD, KEY))
    whole["payload"]["kind"] = "sayso-consent-receipt-9"
    with pytest.raises(BadRequest, match="receipt-9"):
        receipt.verified(json.dumps(whole))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_the_signature_or_payload_can_be_changed(place: int, change: int) -> None:
    raw = bytearray(receipt.signed(PAYLOAD, KEY).encode())
    raw[place % len(raw)] ^= change
    try:
        text = raw.decode()
        survived = receipt.verified(text, receipt.public_key(KEY))
    except (BadRequest, UnicodeDecodeError):
        return
    # Blanks between the parts are nobody's content.
    assert survived == {"kind": receipt.KIND, **PAYLOAD}


def test_a_fingerprint_is_short_and_its_own() -> None:
    mine, other = (receipt.fingerprint(receipt.public_key(key)) for key in (KEY, OTHER))
    assert mine != other
    assert len(mine) == 47
