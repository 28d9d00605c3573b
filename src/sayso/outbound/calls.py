"""Calls to addresses that strangers named.

A name is resolved once, every address it has is checked, and the connection goes to a checked address:
what was judged is what is called. A POST follows no redirects; a download judges each anew.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sayso import __version__
from sayso.errors import BadRequest, Unavailable
from sayso.outbound.download import Download, Fetched, FetchLimits, FetchProgress
from sayso.outbound.guard import Guard, Resolver, refusal

USER_AGENT = f"sayso/{__version__}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said to a POST; its body is not read."""

    status: int
    retry_after: str | None
    """The header of that name."""


class Outbound:
    """Calls addresses that strangers named. Safe from any thread."""

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        timeout_s: float = 10.0,
        total_s: float = 30.0,
        resolver: Resolver | None = None,
        fetch: FetchLimits | None = None,
    ) -> None:
        """`allow`: networks (CIDR) that may be called although they are private. Raises BadSettings.

        `timeout_s` bounds each wait for the other side of a POST, `total_s` a whole one, however it trickles.
        `fetch` are the limits of downloads that name none.
        """
        self._guard = Guard(allow, resolver)
        self._timeout_s = timeout_s
        self._total_s = total_s
        self._fetch_limits = fetch or FetchLimits()

    def post_json(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """POST `body`; the body of the answer is not read.

        Raises BadRequest when the address may not be called (for good: do not try again), Unavailable
        when it does not answer in time (try again later).
        """
        import httpx
        from ssrfguard import SSRFGuardError

        sent = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        try:
            with self._guard.client(url, self._timeout_s) as client:
                # A server that sends one byte now and then passes every single wait; this ends it.
                bell = threading.Timer(self._total_s, client.close)
                bell.daemon = True
                bell.start()
                try:
                    with client.stream(
                        "POST", url, content=body, headers={**sent, **(headers or {})}
                    ) as answer:
                        return Answer(int(answer.status_code), answer.headers.get("retry-after"))
                finally:
                    bell.cancel()
        except SSRFGuardError as refused:
            raise refusal(refused) from refused
        except httpx.InvalidURL as error:
            raise BadRequest(f"this is no URL that can be called: {error}") from error
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise Unavailable(f"no answer: {self._in_words(error)}") from error

    def _in_words(self, error: Exception) -> str:
        """For the receiver's owner: no word of which addresses a name has, nor of what was said there."""
        import httpx

        match error:
            case httpx.ConnectTimeout():
                return f"nobody took the connection within {self._timeout_s:g} s"
            case httpx.TimeoutException():
                return f"it was silent for {self._timeout_s:g} s"
            case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
                return f"its certificate is not trusted ({error})"
            case httpx.ConnectError():
                return f"the connection failed: {_unreached(error)}"
            case httpx.RemoteProtocolError():
                return "it broke off, or what it said is no HTTP"
            case RuntimeError() | httpx.ReadError() | httpx.CloseError():
                return f"it broke off, or took longer than {self._total_s:g} s"
            case _:
                return type(error).__name__

    def fetch(
        self,
        url: str,
        folder: Path,
        limits: FetchLimits | None = None,
        progress: FetchProgress | None = None,
    ) -> Fetched:
        """Download what `url` names into `folder`, which must exist; goes on with what a killed run left there.

        At most `limits.max_redirects` redirects, each judged like the first address. Called again after it came to its
        end, it returns the same file without a call. Whatever it raises leaves none of its files behind: BadRequest for
        an address that may not be called or an answer that is no file (for good), TooLarge, Unavailable when the other
        side is down, slow or breaks off again and again (try again later).
        """
        return Download(self._guard, url, folder, limits or self._fetch_limits, USER_AGENT, progress).run()


def _unreached(error: BaseException | None) -> str:
    """Why nobody was there."""
    for _ in range(10):
        match error:
            case None:
                break
            case socket.gaierror():
                return "its name cannot be looked up"
            case ConnectionRefusedError():
                return "nobody listens there"
        error = error.__cause__ or error.__context__
    return "it cannot be reached"
