"""The six ways in which clients send a token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.api.auth import find_secret

KEY = "s3cr3t-Key_of=somebody"


@pytest.mark.parametrize(
    "header",
    [
        f"Token token={KEY}",
        f'Token token="{KEY}"',
        f"Token {KEY}",
        f"Bearer {KEY}",
        f"{KEY}",
        f"bearer  {KEY} ",
        f"TOKEN TOKEN={KEY}",
    ],
)
def test_each_form_of_authorization_is_read(header: str) -> None:
    assert find_secret(header, None) == KEY


def test_the_access_token_header_stands_alone_or_behind_an_empty_authorization() -> None:
    assert find_secret(None, KEY) == KEY
    assert find_secret("", KEY) == KEY
    assert find_secret("Token token=", KEY) == KEY
    assert find_secret("Bearer", KEY) == KEY


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Token token=",
        'Token token=""',
        "Token",
        "Basic dXNlcjpwYXNz",
        "Bearer a b",
        "Bearer " + "x" * 600,
    ],
)
def test_what_holds_no_secret_gives_none(header: str | None) -> None:
    assert find_secret(header, None) is None


@given(st.text(max_size=80), st.none() | st.text(max_size=80))
def test_no_header_breaks_the_search(authorization: str, access_token: str | None) -> None:
    secret = find_secret(authorization, access_token)
    assert secret is None or 0 < len(secret) <= 512
