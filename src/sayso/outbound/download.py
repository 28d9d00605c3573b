"""One download of a stranger's file: bounded in bytes and time, resumed where the server allows it.

Beside the part stands a small file that says which address (its hash) and version it is of, and how many bytes surely
reached the disk: enough to go on after a dropped connection and after a crash of our own.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from sayso.errors import BadRequest, SaysoError, TooLarge, Unavailable
from sayso.outbound.guard import Guard, refusal

if TYPE_CHECKING:
    import httpx

_FILE, _PART, _STATE = "download", "download.part", "download.json"
_SYNC_BYTES = 16 * 1024 * 1024
_TELL_EVERY_S = 0.2
_FRUITFUL_BYTES = 256 * 1024
"""An attempt that brought less than this counts as one that brought nothing."""
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504, 509, 529})
"""Statuses that another attempt may change."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.ASCII)


class FetchProgress(Protocol):
    """Told now and then while a file arrives. Raising ends the download and keeps what has arrived."""

    def __call__(self, received_bytes: int, total_bytes: int | None) -> None:
        """`total_bytes` is None where the server does not say."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one download may take."""

    max_bytes: int = 2 * 1024**3
    total_s: float = 1_800.0
    """From the first call to the last byte, all attempts and waits included."""
    answer_s: float = 60.0
    """Until a connection stands, until an answer's head is there, and between two pieces of its body."""
    window_s: float = 30.0
    min_bytes_s: float = 8_192.0
    """A sender that stays below this over `window_s` is given up."""
    max_redirects: int = 5
    attempts: int = 5
    """Attempts in a row that bring next to nothing before it is given up."""
    wait_s: float = 1.0
    """Before the second attempt; doubled each time."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that has arrived."""

    path: Path
    size_bytes: int
    name: str
    """The last part of the address's path, for people; may be empty and is never a name on our disk."""


class _Dropped(Exception):
    """This attempt failed, the next may not; the text completes `the server ...`."""


class Download:
    """One use of `Outbound.fetch`."""

    def __init__(
        self,
        guard: Guard,
        url: str,
        folder: Path,
        limits: FetchLimits,
        agent: str,
        progress: FetchProgress | None,
    ) -> None:
        self._guard, self._url, self._folder, self._limits = guard, url, folder, limits
        self._agent, self._progress = agent, progress
        self._deadline = time.monotonic() + limits.total_s
        self._have = 0
        self._validator = ""
        """Entity tag or date of what the part is of; empty: it cannot be resumed."""
        self._told_at = -_TELL_EVERY_S

    def run(self) -> Fetched:
        """See `Outbound.fetch`."""
        try:
            return self._finished() or self._run()
        except SaysoError:
            self._forget()
            raise
        except OSError as error:
            self._forget()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Unavailable(
                    "the disk of this server is full: the operator has to make room, then try again"
                ) from error
            raise

    def _run(self) -> Fetched:
        self._resume_state()
        fruitless, wait_s = 0, self._limits.wait_s
        while True:
            before = self._have
            try:
                total = self._attempt()
                return self._finish(total)
            except _Dropped as dropped:
                if self._have - before >= _FRUITFUL_BYTES:
                    fruitless, wait_s = 0, self._limits.wait_s
                fruitless += 1
                if fruitless >= self._limits.attempts:
                    raise Unavailable(
                        f"the server {dropped}, {fruitless} times in a row; see that the address works and try again"
                    ) from dropped
                if time.monotonic() + wait_s >= self._deadline:
                    self._out_of_time()
                time.sleep(wait_s)
                wait_s *= 2

    # --- one attempt ----------------------------------------------------------------------------

    def _attempt(self) -> int:
        """Redirects, then the body; returns the size of the whole file."""
        url, what = self._url, "the address"
        for _ in range(self._limits.max_redirects + 1):
            with self._answer(url, what) as answer:
                if answer.status_code not in _REDIRECTS:
                    return self._receive(answer)
                location = answer.headers.get("location", "")
            if not location:
                raise BadRequest(
                    "the server answers with a redirect that leads nowhere; name the file's own address"
                )
            try:
                following = urljoin(url, location)
            except ValueError as error:
                raise BadRequest(
                    "the server redirects to what is no URL; name the file's own address"
                ) from error
            if url.startswith("https:") and following.startswith("http:"):
                raise BadRequest(
                    "the server redirects from https to http, which anybody could change on the way; "
                    "name the file's own https address"
                )
            url, what = following, "the address it redirects to"
        raise BadRequest(
            f"the server redirects more than {self._limits.max_redirects} times; name the file's own address"
        )

    @contextlib.contextmanager
    def _answer(self, url: str, what: str) -> Iterator[httpx.Response]:
        """The answer's head to a GET of `url`, its body not yet read. Raises _Dropped for what may pass."""
        import httpx
        from ssrfguard import SSRFGuardError

        headers = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self._have and self._validator:
            headers |= {"Range": f"bytes={self._have}-", "If-Range": self._validator}
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            self._out_of_time()
        answer_s = min(self._limits.answer_s, left_s)
        rang = threading.Event()
        try:
            with self._guard.client(url, answer_s) as client:

                def ring() -> None:
                    # One byte of a head now and then passes every single wait; this ends it.
                    rang.set()
                    client.close()

                bell = threading.Timer(answer_s, ring)
                bell.daemon = True
                bell.start()
                try:
                    with client.stream("GET", url, headers=headers) as answer:
                        bell.cancel()
                        yield answer
                finally:
                    bell.cancel()
        except SSRFGuardError as refused:
            raise refusal(refused, what) from refused
        except (httpx.InvalidURL, UnicodeError) as error:
            raise BadRequest("this is no URL that can be called; use https://HOST/PATH") from error
        except (httpx.HTTPError, ssl.SSLError, ConnectionError, TimeoutError, RuntimeError) as error:
            if rang.is_set():
                raise _Dropped(f"sent no answer within {answer_s:.3g} s") from error
            if isinstance(error, RuntimeError):
                # Not of the network: whoever is told of the progress may raise what he likes.
                raise
            raise _reason(error) from error

    def _receive(self, answer: httpx.Response) -> int:
        encoding = answer.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            # What it would swell to nobody knows; archives and sound are packed already.
            raise BadRequest(
                f"the server sends the file with content encoding {encoding[:20]!r} although none was asked for; "
                "serve the file as it is"
            )
        total = self._start_of_body(answer)
        if total is not None and total > self._limits.max_bytes:
            self._too_large(total)
        with (self._folder / _PART).open("r+b" if self._have else "wb") as part:
            part.truncate(self._have)
            part.seek(self._have)
            self._keep_state(part)
            synced = self._have
            window_began, window_bytes = time.monotonic(), 0
            for piece in answer.iter_raw():
                if self._have + len(piece) > self._limits.max_bytes:
                    self._too_large(total)
                part.write(piece)
                self._have += len(piece)
                window_bytes += len(piece)
                if self._have - synced >= _SYNC_BYTES:
                    self._keep_state(part)
                    synced = self._have
                now = time.monotonic()
                self._tell(now, total)
                if now >= self._deadline:
                    self._out_of_time()
                if now - window_began >= self._limits.window_s:
                    if window_bytes / (now - window_began) < self._limits.min_bytes_s:
                        raise Unavailable(
                            f"the server sends too slowly: {window_bytes / (now - window_began):.0f} bytes a second over "
                            f"{self._limits.window_s:.3g} s, at least {self._limits.min_bytes_s:.0f} are expected; "
                            "serve the file from a faster place"
                        )
                    window_began, window_bytes = now, 0
            self._keep_state(part)
        if total is not None and self._have != total:
            raise _Dropped(f"sent {self._have} of {total} bytes")
        self._tell(time.monotonic() + _TELL_EVERY_S, total)
        return self._have

    def _start_of_body(self, answer: httpx.Response) -> int | None:
        """Judge status and headers, set `_have` to where the body goes on; returns the whole file's size if told."""
        status = answer.status_code
        asked = bool(self._have and self._validator)
        if status == 206 and asked:
            found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
            tag = answer.headers.get("etag", "")
            other = self._validator.startswith('"') and tag not in ("", self._validator)
            if not found or int(found[1]) != self._have or other:
                self._begin_anew()
                raise _Dropped("sent another part of the file than was asked for")
            end, whole = int(found[2]) + 1, found[3]
            if whole != "*" and int(whole) != end:
                self._begin_anew()
                raise _Dropped("sent another part of the file than was asked for")
            return end
        if status == 416 and asked:
            self._begin_anew()
            raise _Dropped("has no longer the rest of the file")
        if status in (200, 203):
            self._begin_anew()
            self._validator = _validator(answer.headers)
            length = answer.headers.get("content-length", "")
            return int(length) if re.fullmatch(r"\d{1,15}", length, re.ASCII) else None
        if status in _LATER:
            raise _Dropped(f"answered {status}")
        if 200 <= status < 400:
            raise BadRequest(f"the server answered {status} and no file; name the file's own address")
        raise BadRequest(
            f"the server answered {status} instead of the file; "
            "see that the address is right, public and has not expired"
        )

    def _begin_anew(self) -> None:
        self._have, self._validator = 0, ""

    def _too_large(self, total: int | None) -> NoReturn:
        fact = f"has {total} bytes" if total is not None else "goes on"
        raise TooLarge(
            f"the file {fact}, at most {self._limits.max_bytes} bytes are taken; send less, or FLAC instead of WAV"
        )

    def _out_of_time(self) -> NoReturn:
        raise Unavailable(
            f"the file did not arrive within {self._limits.total_s:.3g} s; serve it from a faster place, or send less"
        )

    def _tell(self, now: float, total: int | None) -> None:
        if self._progress is not None and now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            self._progress(self._have, total)

    # --- what is on the disk --------------------------------------------------------------------

    def _keep_state(self, part: Any) -> None:
        """Make sure that the bytes so far are on the disk, then say so."""
        part.flush()
        os.fsync(part.fileno())
        self._write_state({"have": self._have, "validator": self._validator})

    def _write_state(self, state: dict[str, Any]) -> None:
        aside = self._folder / f"{_STATE}.part"
        aside.write_text(json.dumps({"url": self._hash(), **state}), encoding="utf-8")
        aside.replace(self._folder / _STATE)

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads((self._folder / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) and state.get("url") == self._hash() else {}

    def _resume_state(self) -> None:
        state = self._read_state()
        with contextlib.suppress(OSError):
            if state.get("validator") and (self._folder / _PART).stat().st_size >= state["have"]:
                self._have, self._validator = state["have"], state["validator"]

    def _finished(self) -> Fetched | None:
        state, file = self._read_state(), self._folder / _FILE
        if "size" in state and file.is_file() and file.stat().st_size == state["size"]:
            return Fetched(file, state["size"], self._name())
        return None

    def _finish(self, size: int) -> Fetched:
        file = self._folder / _FILE
        (self._folder / _PART).replace(file)
        self._write_state({"size": size})
        return Fetched(file, size, self._name())

    def _forget(self) -> None:
        for name in (_FILE, _PART, _STATE, f"{_STATE}.part"):
            (self._folder / name).unlink(missing_ok=True)

    def _hash(self) -> str:
        # The address itself may hold a secret, and this file outlives the download.
        return hashlib.sha256(self._url.encode("utf-8", "surrogatepass")).hexdigest()

    def _name(self) -> str:
        name = unquote(urlsplit(self._url).path.rpartition("/")[2], errors="replace")
        return re.sub(r"[\x00-\x1f\x7f/\\]", "", name)[:200]


def _validator(headers: Any) -> str:
    """What `If-Range` can hold: a strong entity tag, else the date of the last change."""
    tag = str(headers.get("etag", "")).strip()
    if re.fullmatch(r'"[\x21\x23-\x7e]{0,200}"', tag):
        return tag
    date = str(headers.get("last-modified", "")).strip()
    return date if not tag and re.fullmatch(r"[A-Za-z0-9,: +-]{10,40}", date) else ""


def _reason(error: Exception) -> Exception:
    """What failed, in words that hold nothing of the address: _Dropped, or BadRequest if no attempt helps."""
    import httpx

    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 10:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for cause in chain:
        if isinstance(cause, socket.gaierror):
            if cause.errno == socket.EAI_NONAME:
                return BadRequest("the name of the server is not known; see that the address is right")
            return _Dropped("has a name that could not be looked up")
        if isinstance(cause, httpx.InvalidURL):
            return BadRequest("the server redirects to what is no URL; name the file's own address")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _Dropped(f"has no valid certificate ({cause.verify_message})")
        if isinstance(cause, ssl.SSLError):
            return _Dropped("does not speak TLS as it should")
        if isinstance(cause, ConnectionRefusedError):
            return _Dropped("refuses the connection")
    if isinstance(error, httpx.ConnectTimeout):
        return _Dropped("does not accept the connection in time")
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return _Dropped("fell silent")
    if isinstance(error, httpx.RemoteProtocolError):
        return _Dropped("broke off, or does not speak HTTP as it should")
    return _Dropped(f"cannot be talked to ({type(error).__name__})")
