"""Which addresses may be called. A name is resolved once, and the connection goes to what was judged.

Nothing here repeats a URL in a message: people put secrets into them, and messages end in logs and answers.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from sayso.errors import BadRequest, BadSettings

Resolver = Callable[..., Iterable[tuple[Any, ...]]]
"""A stand-in for `socket.getaddrinfo`; what it answers is judged like any other answer."""

_log = logging.getLogger(__name__)

_REMEDY = "the operator can allow networks with SAYSO_OUTBOUND_ALLOW"


class Guard:
    """Makes clients that connect only to addresses that may be called. Safe from any thread."""

    def __init__(self, allow: Iterable[str] = (), resolver: Resolver | None = None) -> None:
        """`allow`: networks (CIDR) that may be called although they are private. Raises BadSettings."""
        self._resolver = resolver
        self._allow = []
        for text in allow:
            try:
                self._allow.append(ip_network(text.strip()))
            except ValueError as error:
                raise BadSettings(
                    f"SAYSO_OUTBOUND_ALLOW has {text!r}; expected networks such as 127.0.0.0/8, "
                    "with commas between them"
                ) from error

    def client(self, url: str, timeout: Any) -> Any:
        """An httpx client for one call of `url`; it follows no redirects. Raises BadRequest."""
        # Imported here: a server that calls nobody answers sooner without them.
        from ssrfguard import Policy
        from ssrfguard.httpx import Client

        policy = Policy(
            allowed_networks=tuple(self._allow),
            # Any port: receivers in tests and behind proxies listen anywhere; the address is what protects.
            allowed_ports=frozenset({_port(url)}),
        )
        # trust_env off: a proxy from the environment would resolve the name itself, unchecked.
        return Client(
            policy=policy,
            resolver=self._resolver,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            verify=_certificates(),
        )


def refusal(error: Exception, what: str = "the address") -> BadRequest:
    """What a refusal of ssrfguard is to the caller.

    Where a name leads to is for the operator's log only: whoever asks could map the networks around this server.
    """
    from ssrfguard import BlockedAddressError

    reason = str(getattr(error, "reason", "") or type(error).__name__)
    if isinstance(error, BlockedAddressError):
        _log.warning("not called: a name leads to %s, %s", error.address, reason)
        reason = "its name leads to a place that is not public"
    return BadRequest(f"{what} may not be called: {reason}; {_REMEDY}")


@functools.cache
def _certificates() -> Any:
    """Whom to trust; read once, because reading takes longer than many a call."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _port(url: str) -> int:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        # What urllib says of it can hold the whole address.
        raise BadRequest(
            "this is no URL that can be called: its host or port cannot be read; use https://HOST/PATH"
        ) from error
    if parts.scheme not in ("http", "https"):
        raise BadRequest(f"only http and https addresses are called, not {parts.scheme[:20] or 'none'}")
    return port or (443 if parts.scheme == "https" else 80)
