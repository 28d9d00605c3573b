"""A laboratory of servers and addresses that mean no good, and of some that are only weak."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, Talk, serving

from sayso.errors import BadRequest, SaysoError, TooLarge, Unavailable
from sayso.outbound import Fetched, FetchLimits, Outbound

LIMITS = FetchLimits(
    max_bytes=3_000_000,
    total_s=3.0,
    answer_s=0.3,
    window_s=0.25,
    min_bytes_s=20_000,
    attempts=2,
    wait_s=0.01,
)
DATA = bytes(range(256)) * 8_192  # 2 MiB
SECRET = "hunter2"


def fetch(folder: Path, url: str, limits: FetchLimits = LIMITS, **options: Any) -> Fetched:
    return Outbound(["127.0.0.0/8"], **options).fetch(url, folder, limits)


def refused(
    folder: Path, url: str, kind: type[SaysoError], says: str, limits: FetchLimits = LIMITS, **options: Any
) -> None:
    """The class, the words, no secret in them, and nothing left behind."""
    with pytest.raises(kind) as told:
        fetch(folder, url, limits, **options)
    assert re.search(says, str(told.value)), str(told.value)
    assert type(told.value) is kind
    assert SECRET not in str(told.value)
    assert not list(folder.iterdir())


# --- what works ---------------------------------------------------------------------------------


def test_a_file_arrives_with_its_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with serving(lambda talk: talk.file(DATA)) as lab:
        fetched = Outbound(["127.0.0.0/8"]).fetch(
            lab.url("/a%20set.zip?key=hunter2"),
            tmp_path,
            LIMITS,
            lambda received, total: told.append((received, total)),
        )
    assert (fetched.path.read_bytes(), fetched.size_bytes, fetched.name) == (DATA, len(DATA), "a set.zip")
    assert told[-1] == (len(DATA), len(DATA))
    assert SECRET not in (tmp_path / "download.json").read_text()


def test_a_second_call_finds_the_file_and_calls_nobody(tmp_path: Path) -> None:
    with serving(lambda talk: talk.file(DATA)) as lab:
        first = fetch(tmp_path, lab.url())
        assert fetch(tmp_path, lab.url()) == first
    assert len(lab.heads) == 1


def test_another_address_gets_another_file(tmp_path: Path) -> None:
    with serving(lambda talk: talk.file(talk.path.encode())) as lab:
        fetch(tmp_path, lab.url("/one"))
        assert fetch(tmp_path, lab.url("/two")).path.read_bytes() == b"/two"


def test_redirects_are_followed_up_to_five(tmp_path: Path) -> None:
    def hop(talk: Talk) -> None:
        left = int(talk.path[1:])
        talk.answer("302 Found", f"Location: /{left - 1}") if left else talk.file(b"here")

    with serving(hop) as lab:
        assert fetch(tmp_path, lab.url("/5")).path.read_bytes() == b"here"


def test_a_body_in_chunks_and_one_that_ends_with_the_connection_arrive(tmp_path: Path) -> None:
    def chunks(talk: Talk) -> None:
        talk.answer("200 OK", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    with serving(chunks) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == b"abcde"
    with serving(lambda talk: talk.answer("200 OK", "Connection: close", body=b"abc")) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == b"abc"


def test_no_cookie_and_no_password_travel_along(tmp_path: Path) -> None:
    def cookie(talk: Talk) -> None:
        if talk.path == "/1":
            talk.answer("302 Found", "Location: /2", "Set-Cookie: who=me; Path=/")
        else:
            talk.file(b"x")

    with serving(cookie) as lab:
        fetch(tmp_path, lab.url("/1"))
    assert b"cookie" not in lab.heads[1].lower()
    assert b"authorization" not in lab.heads[1].lower()


# --- going on -----------------------------------------------------------------------------------


def ranged(tag: Callable[[int], str], cut_at: int = 900_000) -> Callable[[Talk], None]:
    """Breaks the first answer off; serves ranges like a good server afterwards."""

    def script(talk: Talk) -> None:
        asked, only_if = talk.header("range"), talk.header("if-range")
        etag = tag(talk.number)
        if asked and only_if == etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            size = len(DATA) - start
            talk.answer(
                "206 Partial Content",
                f"Content-Range: bytes {start}-{len(DATA) - 1}/{len(DATA)}",
                f"Content-Length: {size}",
                f"ETag: {etag}",
                body=DATA[start:],
            )
        else:
            body = DATA if talk.number else DATA[:cut_at]
            talk.answer("200 OK", f"Content-Length: {len(DATA)}", f"ETag: {etag}", body=body)

    return script


def test_a_dropped_connection_is_gone_on_with(tmp_path: Path) -> None:
    with serving(ranged(lambda _: '"v1"')) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == DATA
    assert b"Range: bytes=900000-" in lab.heads[1]


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path: Path) -> None:
    with serving(ranged(lambda number: f'"v{number}"')) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == DATA
    assert b'If-Range: "v0"' in lab.heads[1]


def test_without_a_strong_tag_or_date_nothing_is_resumed(tmp_path: Path) -> None:
    with serving(ranged(lambda _: 'W/"v1"')) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == DATA
    assert b"range" not in lab.heads[1].lower()


def test_a_killed_download_is_gone_on_with_where_it_surely_was(tmp_path: Path) -> None:
    with serving(ranged(lambda _: '"v1"')) as lab:
        hashed = hashlib.sha256(lab.url().encode()).hexdigest()
        # More lies in the part than was surely written: a crash may have left anything there.
        (tmp_path / "download.part").write_bytes(DATA[:500_000] + b"torn")
        (tmp_path / "download.json").write_text(
            json.dumps({"url": hashed, "have": 500_000, "validator": '"v1"'})
        )
        assert fetch(tmp_path, lab.url()).path.read_bytes() == DATA
    assert len(lab.heads) == 1
    assert b"Range: bytes=500000-" in lab.heads[0]


@pytest.mark.parametrize("state", ["", "[]", "{", '{"url": "other", "have": 3, "validator": "x"}'])
def test_a_state_that_says_nothing_is_not_believed(tmp_path: Path, state: str) -> None:
    (tmp_path / "download.part").write_bytes(b"xxx")
    (tmp_path / "download.json").write_text(state)
    with serving(lambda talk: talk.file(DATA)) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == DATA


@pytest.mark.parametrize(
    "second",
    [
        ("206 Partial Content", "Content-Range: bytes 0-99/100", "Content-Length: 100"),
        ("206 Partial Content", "Content-Length: 100"),
        ("206 Partial Content", f"Content-Range: bytes 900000-900099/{len(DATA)}", "Content-Length: 100"),
        (
            "206 Partial Content",
            f"Content-Range: bytes 900000-{len(DATA) - 1}/{len(DATA)}",
            'ETag: "other"',
            "Content-Length: 1",
        ),
        ("416 Range Not Satisfiable", "Content-Length: 0"),
    ],
    ids=["from zero", "no range", "not to the end", "another version", "no such range"],
)
def test_a_wrong_answer_to_a_range_begins_anew(tmp_path: Path, second: tuple[str, ...]) -> None:
    def script(talk: Talk) -> None:
        if talk.number == 0:
            talk.answer("200 OK", f"Content-Length: {len(DATA)}", 'ETag: "v"', body=DATA[:900_000])
        elif talk.number == 1:
            talk.answer(*second, body=b"y" * 100)
        else:
            assert talk.header("range") is None
            talk.file(DATA)

    with serving(script) as lab:
        assert fetch(tmp_path, lab.url(), replace(LIMITS, attempts=3)).path.read_bytes() == DATA


def test_who_is_told_may_end_it_and_what_came_stays(tmp_path: Path) -> None:
    class Enough(RuntimeError):
        pass

    def tell(received: int, total: int | None) -> None:
        raise Enough

    with serving(ranged(lambda _: '"v1"')) as lab:
        with pytest.raises(Enough):
            Outbound(["127.0.0.0/8"]).fetch(lab.url(), tmp_path, LIMITS, tell)
        assert (tmp_path / "download.part").exists()
        assert len(lab.heads) == 1


# --- addresses ----------------------------------------------------------------------------------

INSIDE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:0a00:0001::]",
    "[2001:0:a00:1::1]",
    "167772161",
    "0x0a000001",
    "012.0.0.1",
    "10.1",
    "①⓪.0.0.1",
]


@pytest.mark.parametrize("host", INSIDE)
def test_an_inner_address_is_refused_in_every_spelling(tmp_path: Path, host: str) -> None:
    refused(tmp_path, f"http://{host}:8/{SECRET}", BadRequest, "the address may not be called|is no URL")


@pytest.mark.parametrize("host", INSIDE)
def test_a_redirect_to_an_inner_address_is_refused(tmp_path: Path, host: str) -> None:
    def away(talk: Talk) -> None:
        talk.answer(
            "302 Found",
            f"Location: http://{host.encode('idna').decode() if host.startswith('①') else host}/{SECRET}",
        )

    with serving(away) as lab:
        refused(tmp_path, lab.url(), BadRequest, "it redirects to may not be called|is no URL")


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1/x",
        "data:,hello",
        f"http://ann:{SECRET}@127.0.0.1/",
        "//169.254.169.254/latest",
        "http://127.0.0.1:99999/",
        "http://[::1/",
    ],
)
def test_a_redirect_to_what_is_not_called_is_refused(tmp_path: Path, location: str) -> None:
    with serving(lambda talk: talk.answer("301 Moved", f"Location: {location}")) as lab:
        refused(tmp_path, lab.url(), BadRequest, "only http|may not be called|no URL")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://127.0.0.1/x", "only http and https"),
        ("gopher://127.0.0.1/x", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("/etc/passwd", "only http and https"),
        ("", "only http and https"),
        ("http://", "may not be called|no URL"),
        (f"http://ann:{SECRET}@127.0.0.1/", "may not be called"),
        (f"http://{SECRET}@127.0.0.1/", "may not be called"),
        (f"http://127.0.0.1:99999/{SECRET}", "host or port"),
        (f"http://127.0.0.1:-1/{SECRET}", "host or port"),
        (f"http://127.0.0.1:http/{SECRET}", "host or port"),
        (f"http://127.0.0.1/\r\nHost: {SECRET}", "may not be called|no URL"),
        (f"http://127.0.0.1\\@10.0.0.1/{SECRET}", "may not be called|no URL|host or port"),
        ("http://127.0.0.1/" + SECRET * 2_000, "may not be called"),
        (f"http://{'a' * 300}.example/{SECRET}", "may not be called|no URL"),
    ],
)
def test_what_is_no_address_of_a_file_is_refused(tmp_path: Path, url: str, says: str) -> None:
    refused(tmp_path, url, BadRequest, says)


def names(*answers: list[str]) -> Callable[..., list[tuple[Any, ...]]]:
    """A resolver that answers differently each time, the last answer for ever."""
    left = list(answers)

    def resolver(host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolver


def test_a_name_is_looked_up_once_for_judgement_and_call(tmp_path: Path) -> None:
    resolver = names(["127.0.0.1"], ["10.9.9.9"])
    with serving(lambda talk: talk.file(b"x")) as lab:
        assert fetch(tmp_path, lab.url(host="files.example"), resolver=resolver).size_bytes == 1


def test_a_name_that_turns_inwards_for_the_redirect_is_refused(tmp_path: Path) -> None:
    resolver = names(["127.0.0.1"], ["10.9.9.9"])
    with serving(lambda talk: talk.answer("302 Found", "Location: /again")) as lab:
        refused(
            tmp_path, lab.url(host="files.example"), BadRequest, "redirects to may not", resolver=resolver
        )
    assert len(lab.heads) == 1


def test_a_name_that_turns_inwards_for_the_second_attempt_is_refused(tmp_path: Path) -> None:
    resolver = names(["127.0.0.1"], ["169.254.169.254"])
    with serving(ranged(lambda _: '"v1"')) as lab:
        refused(tmp_path, lab.url(host="files.example"), BadRequest, "address may not", resolver=resolver)
    assert len(lab.heads) == 1


def test_one_inner_address_among_many_refuses_the_name(tmp_path: Path) -> None:
    resolver = names(["127.0.0.1", "10.0.0.1"])
    with serving(lambda talk: talk.file(b"x")) as lab:
        refused(tmp_path, lab.url(host="files.example"), BadRequest, "may not be called", resolver=resolver)
    assert not lab.heads


def test_where_a_name_leads_within_is_for_the_log_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(BadRequest, match="leads to a place that is not public") as told:
        fetch(tmp_path, f"http://intranet.example/{SECRET}", resolver=names(["10.3.4.5"]))
    assert "10." not in str(told.value)
    assert "10.3.4.5" in caplog.text
    assert SECRET not in caplog.text


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    def resolver(*_: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, SECRET)

    refused(tmp_path, "http://files.example/", BadRequest, "name of the server", resolver=resolver)


def test_names_that_cannot_be_looked_up_now(tmp_path: Path) -> None:
    def resolver(*_: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_AGAIN, SECRET)

    refused(tmp_path, "http://files.example/", Unavailable, "could not be looked up", resolver=resolver)


def test_loopback_is_private_unless_it_is_allowed(tmp_path: Path) -> None:
    with (
        serving(lambda talk: talk.file(b"x")) as lab,
        pytest.raises(BadRequest, match="SAYSO_OUTBOUND_ALLOW"),
    ):
        Outbound().fetch(lab.url(), tmp_path, LIMITS)
    assert not lab.heads


# --- redirects ----------------------------------------------------------------------------------


def test_a_redirect_to_itself_comes_to_an_end(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("302 Found", "Location: /set.zip")) as lab:
        refused(tmp_path, lab.url(), BadRequest, "more than 5 times")
    assert len(lab.heads) == 6


def test_a_redirect_to_nowhere(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("302 Found", "Content-Length: 0")) as lab:
        refused(tmp_path, lab.url(), BadRequest, "leads nowhere")


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        ("204 No Content", BadRequest, "204 and no file"),
        ("206 Partial Content", BadRequest, "206 and no file"),
        ("304 Not Modified", BadRequest, "304 and no file"),
        ("401 Unauthorized", BadRequest, "401 instead of the file"),
        ("403 Forbidden", BadRequest, "403 instead of the file"),
        ("404 Not Found", BadRequest, "404 instead of the file"),
        ("429 Too Many Requests", Unavailable, "answered 429, 2 times"),
        ("500 Oops", Unavailable, "answered 500, 2 times"),
        ("503 Later", Unavailable, "answered 503, 2 times"),
    ],
)
def test_an_answer_that_is_no_file(tmp_path: Path, status: str, kind: type[SaysoError], says: str) -> None:
    with serving(lambda talk: talk.answer(status, "Content-Length: 0")) as lab:
        refused(tmp_path, lab.url(), kind, says)


def test_an_answer_that_is_none_at_first_and_a_file_then(tmp_path: Path) -> None:
    def script(talk: Talk) -> None:
        talk.file(DATA) if talk.number else talk.answer("503 Later", "Content-Length: 0")

    with serving(script) as lab:
        assert fetch(tmp_path, lab.url()).size_bytes == len(DATA)


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip"]
)
def test_a_packed_transfer_is_refused_unread(tmp_path: Path, encoding: str) -> None:
    bomb = gzip.compress(bytes(5_000_000))
    with serving(lambda talk: talk.file(bomb, f"Content-Encoding: {encoding}")) as lab:
        refused(tmp_path, lab.url(), BadRequest, "content encoding")


def test_a_transfer_encoding_that_nobody_asked_for(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("200 OK", "Transfer-Encoding: gzip", body=b"x")) as lab:
        refused(tmp_path, lab.url(), Unavailable, "does not speak HTTP")


def test_a_length_beyond_the_limit_is_refused_at_once(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("200 OK", "Content-Length: 3000001", body=b"x")) as lab:
        refused(tmp_path, lab.url(), TooLarge, "has 3000001 bytes, at most 3000000")


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 400, "5, 6", "0x10"])
def test_a_length_that_is_no_length(tmp_path: Path, length: str) -> None:
    with serving(lambda talk: talk.answer("200 OK", f"Content-Length: {length}", body=b"hello")) as lab:
        refused(tmp_path, lab.url(), Unavailable, "does not speak HTTP|broke off")


def test_a_body_in_chunks_that_never_ends(tmp_path: Path) -> None:
    def endless(talk: Talk) -> None:
        talk.answer("200 OK", "Transfer-Encoding: chunked")
        while not talk.done.is_set():
            talk.send(b"10000\r\n" + bytes(65_536) + b"\r\n")

    with serving(endless) as lab:
        refused(tmp_path, lab.url(), TooLarge, "goes on, at most 3000000")


@pytest.mark.parametrize(
    "body", [b"zz\r\nhello\r\n", b"-5\r\nhello\r\n", b"5;" + b"x" * 200_000, b"fffffffffffffffff\r\n"]
)
def test_chunks_that_are_none(tmp_path: Path, body: bytes) -> None:
    with serving(lambda talk: talk.answer("200 OK", "Transfer-Encoding: chunked", body=body)) as lab:
        refused(tmp_path, lab.url(), Unavailable, "broke off")


def test_a_length_that_promises_more_than_comes(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("200 OK", "Content-Length: 1000", body=b"x" * 10)) as lab:
        refused(tmp_path, lab.url(), Unavailable, "broke off.*2 times in a row")
    assert len(lab.heads) == 2


def test_two_lengths_that_differ(tmp_path: Path) -> None:
    with serving(
        lambda talk: talk.answer("200 OK", "Content-Length: 3", "Content-Length: 5", body=b"hello")
    ) as lab:
        refused(tmp_path, lab.url(), Unavailable, "does not speak HTTP")


def test_more_than_the_length_promises_is_not_read(tmp_path: Path) -> None:
    with serving(lambda talk: talk.answer("200 OK", "Content-Length: 3", body=b"hello")) as lab:
        assert fetch(tmp_path, lab.url()).path.read_bytes() == b"hel"


def test_a_head_without_end(tmp_path: Path) -> None:
    def bomb(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\n")
        while not talk.done.is_set():
            talk.send(b"X-Filler: " + b"y" * 8_000 + b"\r\n")

    with serving(bomb) as lab:
        refused(tmp_path, lab.url(), Unavailable, "does not speak HTTP")


@pytest.mark.parametrize(
    "noise", [b"\x00\x01\x02\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/9 200 OK\r\n\r\n", b""]
)
def test_an_answer_that_is_no_http(tmp_path: Path, noise: bytes) -> None:
    with serving(lambda talk: talk.send(noise)) as lab:
        refused(tmp_path, lab.url(), Unavailable, "does not speak HTTP")


def test_a_head_that_trickles(tmp_path: Path) -> None:
    def trickle(talk: Talk) -> None:
        while not talk.done.wait(0.03):
            talk.send(b"H")

    # In these words: the time for an answer ended it, not the time for the whole file.
    with serving(trickle) as lab:
        refused(tmp_path, lab.url(), Unavailable, "sent no answer within|does not speak")


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with serving(lambda talk: bool(talk.done.wait(5)) and None) as lab:
        refused(tmp_path, lab.url(), Unavailable, "fell silent|sent no answer within")


def test_a_body_that_trickles(tmp_path: Path) -> None:
    def trickle(talk: Talk) -> None:
        talk.answer("200 OK", "Content-Length: 1000000")
        while not talk.done.wait(0.02):
            talk.send(b"x")

    with serving(trickle) as lab:
        refused(tmp_path, lab.url(), Unavailable, "too slowly")
    assert len(lab.heads) == 1


def test_a_body_that_stops(tmp_path: Path) -> None:
    def stop(talk: Talk) -> None:
        talk.answer("200 OK", "Content-Length: 1000000", body=b"x" * 1_000)
        talk.done.wait(5)

    with serving(stop) as lab:
        refused(tmp_path, lab.url(), Unavailable, "fell silent")


def test_one_that_is_always_just_fast_enough_has_its_time_too(tmp_path: Path) -> None:
    def slow(talk: Talk) -> None:
        talk.answer("200 OK", "Content-Length: 2000000")
        while not talk.done.wait(0.02):
            talk.send(bytes(2_000))

    limits = FetchLimits(max_bytes=3_000_000, total_s=0.6, answer_s=0.3, window_s=0.2, min_bytes_s=1_000)
    with serving(slow) as lab:
        refused(tmp_path, lab.url(), Unavailable, "did not arrive within 0.6 s", limits)


def test_one_that_breaks_off_for_ever_has_its_time_too(tmp_path: Path) -> None:
    def piece(talk: Talk) -> None:
        start = int((talk.header("range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        status = "206 Partial Content" if start else "200 OK"
        extra = [f"Content-Range: bytes {start}-2999999/3000000"] if start else []
        length = f"Content-Length: {3_000_000 - start}"
        talk.answer(status, *extra, length, 'ETag: "v"', body=bytes(300_000))
        talk.done.wait(0.1)

    limits = FetchLimits(max_bytes=3_000_000, total_s=0.5, answer_s=0.3, wait_s=0.01, attempts=3)
    with serving(piece) as lab:
        refused(tmp_path, lab.url(), Unavailable, "did not arrive within 0.5 s", limits)


# --- connections --------------------------------------------------------------------------------


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    refused(tmp_path, f"http://127.0.0.1:{port}/{SECRET}", Unavailable, "refuses the connection, 2 times")


def test_tls_to_a_port_without(tmp_path: Path) -> None:
    with serving(lambda talk: talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), reads_head=False) as lab:
        url = f"https://127.0.0.1:{lab.port}/{SECRET}"
        refused(tmp_path, url, Unavailable, "TLS|broke off|cannot be talked to")


def test_a_connection_that_is_reset(tmp_path: Path) -> None:
    def reset(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        talk.socket.close()

    with serving(reset) as lab:
        refused(tmp_path, lab.url(), Unavailable, "broke off|cannot be talked to")


def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(lambda talk: talk.file(b"x")) as lab:
        assert fetch(tmp_path, lab.url()).size_bytes == 1


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with serving(lambda talk: talk.file(DATA)) as lab:
        refused(tmp_path, lab.url(), Unavailable, "disk of this server is full")


def test_the_lab_sees_what_it_is_asked(tmp_path: Path) -> None:
    with serving(lambda talk: talk.file(b"x")) as lab:
        fetch(tmp_path, lab.url())
    head = Lab(lab.port, lab.heads).heads[0].lower()
    assert b"accept-encoding: identity" in head
    assert b"user-agent: sayso/" in head
