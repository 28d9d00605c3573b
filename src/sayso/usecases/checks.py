"""Checks that several use cases share: lengths and URLs."""

from __future__ import annotations

from urllib.parse import urlsplit

from sayso.errors import BadRequest, TooLarge


def check_text(field: str, text: str | None, most: int, *, required: bool = False) -> None:
    """Raise BadRequest or TooLarge unless `text` fits a field of `most` characters."""
    if text is None or not text.strip():
        if required:
            raise BadRequest(f"{field} is missing: send some text", {field: "is required"})
        return
    if len(text) > most:
        raise TooLarge(
            f"{field} has {len(text)} characters, at most {most} are taken: shorten it",
            {field: f"at most {most} characters"},
        )


def check_url(field: str, url: str | None, most: int) -> None:
    """Raise unless `url` is None or a plain http(s) address. Whether it may be called is outbound's."""
    if url is None:
        return
    check_text(field, url, most)
    try:
        parts = urlsplit(url)
        # Reading the port checks it. Names and passwords are never sent, so they are not taken either.
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        good = secret = False
    if secret:
        raise BadRequest(
            f"{field} must not hold a user name or password: put a secret into its path or query",
            {field: "must not hold a user name or password"},
        )
    if not url.isprintable():
        good = False
    if not good:
        raise BadRequest(
            f"{field} is not an http or https URL: {url[:80]!r}", {field: "must be an http(s) URL"}
        )
