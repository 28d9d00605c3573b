"""Bytes of a request -> a JSON object, whatever a stranger sends."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from sayso.errors import BadRequest

MAX_VALUES = 100_000
"""Commas and opening brackets of a body. Ours hold a dozen; forty million bytes of `[],` would keep the
parser, and with it every other request, busy for ten seconds and cost a gigabyte."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; nothing at all counts as an empty object. Raises BadRequest.

    Refused besides malformed JSON: bytes that are not UTF-8, nesting that overflows the parser,
    the numbers NaN and Infinity (no JSON), numbers beyond what a float holds, numbers of thousands of digits, and more than MAX_VALUES
    commas and brackets.
    """
    if not body.strip():
        return {}
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise BadRequest("the body holds too many values; send a flat JSON object")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8: byte {error.start} cannot be read") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise BadRequest("the body is nested too deep; send a flat JSON object") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"the body is not valid JSON: {error.msg} at {where}") from None
    except ValueError as error:
        # Not a JSONDecodeError: Python's own guard against integers of thousands of digits.
        raise BadRequest("the body holds a number that is too long") from error
    if not isinstance(value, dict):
        raise BadRequest(f"the body must be a JSON object, not {_KINDS.get(type(value), 'a number')}")
    return value


_KINDS = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadRequest(f"the body holds {digits[:20]}, which is too large a number")
    return number


def _no_constant(name: str) -> NoReturn:
    raise BadRequest(f"the body holds {name}, which is not a JSON number")
