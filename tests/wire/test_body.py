"""What strangers send as JSON."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.errors import BadRequest
from sayso.wire.body import parse_object

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
OBJECTS = st.dictionaries(
    st.text(), st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=8)
)


@given(OBJECTS)
def test_every_json_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert parse_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize("body", [b"", b"  \r\n"])
def test_no_body_is_an_empty_object(body: bytes) -> None:
    assert parse_object(body) == {}


def test_a_byte_order_mark_is_no_part_of_the_json() -> None:
    assert parse_object(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"a":1,}', "not valid JSON"),
        (b'{"name": "\xff"}', "not UTF-8: byte 10"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e400}', "1e400, which is too large"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "number that is too long"),
        (b'{"a": [' + b"[]," * 100_000 + b"1]}", "too many values"),
        (b"[]", "a JSON object, not an array"),
        (b"null", "a JSON object, not null"),
        (b"12", "a JSON object, not a number"),
        (b'"x"', "a JSON object, not a string"),
    ],
)
def test_anything_else_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        parse_object(body)


def test_a_long_consent_is_no_heap_of_values() -> None:
    assert len(parse_object(b'{"consent": "' + b"AAAA" * 1_000_000 + b'"}')["consent"]) == 4_000_000


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_anything_but_parse_or_be_refused(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        parse_object(body)
