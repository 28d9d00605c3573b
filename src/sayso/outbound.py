"""The only code that opens a URL a stranger gave us: no private addresses, few bytes, few seconds.

A name is resolved once, every address it has is checked, and the connection goes to a checked address:
what was judged is what is called. Redirects are not followed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from urllib.parse import urlsplit

from sayso import __version__
from sayso.errors import BadRequest, BadSettings, Unavailable

USER_AGENT = f"sayso/{__version__}"


class Outbound:
    """Calls addresses that strangers named. Safe from any thread."""

    def __init__(self, allow: Iterable[str] = (), *, timeout_s: float = 10.0, total_s: float = 30.0) -> None:
        """`allow`: networks (CIDR) that may be called although they are private. Raises BadSettings.

        `timeout_s` bounds each wait for the other side, `total_s` a whole call, however it trickles.
        """
        self._allow = []
        for text in allow:
            try:
                self._allow.append(ip_network(text.strip()))
            except ValueError as error:
                raise BadSettings(
                    f"SAYSO_OUTBOUND_ALLOW has {text!r}; expected networks such as 127.0.0.0/8, "
                    "with commas between them"
                ) from error
        self._timeout_s = timeout_s
        self._total_s = total_s

    def post_json(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """POST `body` and return the status code; what is answered besides is not read.

        Raises BadRequest when the address may not be called (for good: do not try again), Unavailable
        when it does not answer in time (try again later).
        """
        # Imported here: a server that calls nobody answers sooner without them.
        import httpx
        from ssrfguard import Policy, SSRFGuardError
        from ssrfguard.httpx import Client

        policy = Policy(
            allowed_networks=tuple(self._allow),
            # Any port: receivers in tests and behind proxies listen anywhere; the address is what protects.
            allowed_ports=frozenset({_port(url)}),
        )
        sent = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        try:
            # trust_env off: a proxy from the environment would resolve the name itself, unchecked.
            with Client(
                policy=policy, timeout=self._timeout_s, follow_redirects=False, trust_env=False
            ) as client:
                # A server that sends one byte now and then passes every single wait; this ends it.
                bell = threading.Timer(self._total_s, client.close)
                bell.daemon = True
                bell.start()
                try:
                    with client.stream(
                        "POST", url, content=body, headers={**sent, **(headers or {})}
                    ) as answer:
                        return int(answer.status_code)
                finally:
                    bell.cancel()
        except SSRFGuardError as refused:
            # The reason quotes the address, and receivers put secrets into those: no log shall hold one.
            reason = str(refused).replace(repr(url), "it")
            raise BadRequest(
                f"the address may not be called: {reason}; the operator can allow networks with SAYSO_OUTBOUND_ALLOW"
            ) from refused
        except httpx.InvalidURL as error:
            raise BadRequest(f"this is no URL that can be called: {error}") from error
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise Unavailable(f"no answer: {type(error).__name__} {error}") from error


def _port(url: str) -> int:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequest(f"this is no URL that can be called: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise BadRequest(f"only http and https addresses are called, not {parts.scheme or 'none'}")
    return port or (443 if parts.scheme == "https" else 80)
