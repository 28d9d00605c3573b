"""Callbacks: what is sent, growing retries, order, shares, pauses, and an end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from working import locks_of, settings, wait_until

from sayso import __version__
from sayso.bootstrap import close, open_services
from sayso.domain.delivery import Attempt, Delivery, DeliveryState
from sayso.domain.event import Event, VoiceFailed, VoiceFinished, VoiceTest
from sayso.domain.voice import VoiceState
from sayso.outbound import Outbound
from sayso.services import Services
from sayso.storage import accounts, deliveries, endpoints
from sayso.workflows import outbox
from sayso.workflows.dispatcher import PER_ENDPOINT, Dispatcher


class Strict(ThreadingHTTPServer):
    """Answers with `answers` in turn, then 200; an answer may be a function that does what it likes."""

    daemon_threads = True
    answers: list[int | Callable[[BaseHTTPRequestHandler], None]]
    seen: list[tuple[dict[str, str], bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def told(self) -> list[str]:
        return [json.loads(body)["id"] for _, body in self.seen]

    @property
    def numbers(self) -> list[int]:
        return [int(headers["x-sayso-attempt"]) for headers, _ in self.seen]


@pytest.fixture
def strict() -> Iterator[Strict]:
    class Ear(BaseHTTPRequestHandler):
        server: Strict

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.seen.append((headers, body))
            answer = self.server.answers.pop(0) if self.server.answers else 200
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = Strict(("127.0.0.1", 0), Ear)
    server.answers, server.seen = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Office:
    """A dispatcher with little patience, and its outbox."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._dispatcher = Dispatcher(services)
        self.told: list[str] = []
        with services.db.begin() as tx:
            self.account = accounts.insert_account(tx, "ada", datetime.now(UTC))

    def open(self) -> None:
        self._dispatcher.start()

    def close(self) -> None:
        self._dispatcher.close()

    def again(self) -> None:
        """Another dispatcher, as after a restart."""
        self._dispatcher.close()
        self._dispatcher = Dispatcher(self.services)
        self._dispatcher.start()

    def with_limits(self, **limits: object) -> None:
        changed = replace(self.services.limits, **limits)  # type: ignore[arg-type]
        self.services = self._dispatcher.services = replace(self.services, limits=changed)

    def tell(self, url: str, event: Event | str = "v", key: str | None = None, account: str = "") -> str:
        event = VoiceFinished(event) if isinstance(event, str) else event
        with self.services.db.begin() as tx:
            told = outbox.tell(
                tx, account or self.account, url, event, key or f"{self.account}-{len(self.told)}"
            )
        outbox.ring()
        if told is None:
            return ""
        self.told.append(told.id)
        return told.id

    def get(self, delivery_id: str) -> Delivery:
        with self.services.db.read() as tx:
            found = deliveries.fetch(tx, delivery_id)
        assert found is not None
        return found

    def wait(self, delivery_id: str, *states: DeliveryState) -> Delivery:
        wanted = states or (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.REFUSED)
        wait_until(lambda: self.get(delivery_id).state in wanted)
        return self.get(delivery_id)

    def attempts(self, delivery_id: str) -> list[Attempt]:
        with self.services.db.read() as tx:
            return deliveries.attempts(tx, [delivery_id])[delivery_id]

    def is_paused(self) -> bool:
        with self.services.db.read() as tx:
            return bool(endpoints.paused(tx, self.account))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services = open_services(settings(tmp_path_factory.mktemp("office")), run_worker=False, warm=False)
    yield replace(services, outbound=Outbound(["127.0.0.0/8"], timeout_s=0.5, total_s=1.0))
    close(services)


@pytest.fixture
def office(shared: Services) -> Iterator[Office]:
    office = Office(shared)
    office.open()
    yield office
    office.close()
    with shared.db.begin() as tx:
        # What one test left waiting would be sent in the next.
        for delivery_id in office.told:
            deliveries.remove(tx, delivery_id)


def test_an_accepted_callback_is_sent_once_however_often_it_is_told(office: Office, strict: Strict) -> None:
    first = office.tell(strict.url, "once", key="once")
    assert office.wait(first).state is DeliveryState.DELIVERED
    assert office.tell(strict.url, "once", key="once") == ""
    time.sleep(0.3)
    assert strict.told == ["once"]
    headers, _ = strict.seen[0]
    assert headers["user-agent"] == f"sayso/{__version__}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == headers["x-sayso-delivery"] == first
    assert headers["x-sayso-attempt"] == "1"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30


def test_a_refused_callback_is_sent_again_with_the_next_number(office: Office, strict: Strict) -> None:
    strict.answers = [500, 302]
    told = office.wait(office.tell(strict.url))
    assert (told.state, told.attempts, told.failures) == (DeliveryState.DELIVERED, 3, 2)
    assert {headers["webhook-id"] for headers, _ in strict.seen} == {told.id}
    assert strict.numbers == [1, 2, 3]
    log = office.attempts(told.id)
    assert [(a.number, a.status) for a in log] == [(1, 500), (2, 302), (3, 200)]
    assert "redirect" in str(log[1].error)
    assert log[2].error is None
    assert all(a.duration_s is not None for a in log)


def test_after_the_last_pause_it_is_given_up(office: Office, strict: Strict) -> None:
    strict.answers = [500] * 10
    told = office.wait(office.tell(strict.url))
    assert told.state is DeliveryState.FAILED
    assert len(strict.seen) == len(office.services.limits.webhook_delays_s) + 1
    assert "500" in str(told.last_error)


def test_gone_is_gone(office: Office, strict: Strict) -> None:
    strict.answers = [410]
    told = office.wait(office.tell(strict.url))
    assert (told.state, told.attempts, told.last_status) == (DeliveryState.REFUSED, 1, 410)


def test_a_forbidden_address_is_not_tried_again_and_tells_nothing_of_this_network(office: Office) -> None:
    told = office.wait(office.tell("http://10.0.0.1/secret"))
    assert (told.state, told.attempts) == (DeliveryState.REFUSED, 1)
    assert "SAYSO_OUTBOUND_ALLOW" in str(told.last_error)
    assert "10.0.0.1" not in str(told.last_error)


def test_nobody_there_is_a_failure(office: Office) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = office.wait(office.tell(f"http://127.0.0.1:{port}/"))
    assert (told.state, told.last_status) == (DeliveryState.FAILED, None)
    assert "the connection failed" in str(told.last_error)


def test_a_receiver_that_asks_for_patience_gets_it(office: Office, strict: Strict) -> None:
    def later(ear: BaseHTTPRequestHandler) -> None:
        ear.send_response(429)
        ear.send_header("Retry-After", "2")
        ear.end_headers()

    strict.answers = [later]
    began = time.monotonic()
    office.wait(office.tell(strict.url))
    assert time.monotonic() - began > 1.9


def test_events_of_one_voice_arrive_in_order_and_those_of_others_do_not_wait(
    office: Office, strict: Strict
) -> None:
    office.with_limits(webhook_delays_s=(1.5,))
    strict.answers = [500]
    first = office.tell(strict.url, "same")
    wait_until(lambda: office.get(first).failures == 1)
    second = office.tell(strict.url, VoiceFailed("same", VoiceState.FAILED, "why"))
    other = office.tell(strict.url, "other")
    test = office.tell(strict.url, VoiceTest("same"))
    for delivery_id in (first, second, other, test):
        office.wait(delivery_id)
    by_status = [(json.loads(body)["id"], json.loads(body)["status"]) for _, body in strict.seen]
    assert by_status.index(("same", "failed")) > 1
    assert [status for _, status in by_status].index("failed") == len(by_status) - 1
    assert by_status[0] == ("same", "finished")
    assert ("same", "test") in by_status[1:3], "a test waits for nothing"


def test_a_later_event_goes_once_the_earlier_is_given_up(office: Office, strict: Strict) -> None:
    strict.answers = [500, 500, 500]
    first, second = office.tell(strict.url, "v"), office.tell(strict.url, "v")
    assert office.wait(second).state is DeliveryState.DELIVERED
    assert office.get(first).state is DeliveryState.FAILED
    assert len(strict.seen) == 4


def test_a_voice_with_a_new_address_does_not_wait_for_the_old_one(office: Office, strict: Strict) -> None:
    office.with_limits(webhook_delays_s=(600.0,))
    strict.answers = [500]
    old = office.tell(strict.url + "/old", "v")
    wait_until(lambda: office.get(old).failures == 1)
    assert office.wait(office.tell(strict.url + "/new", "v")).state is DeliveryState.DELIVERED


def test_a_dead_receiver_holds_nobody_else_up(office: Office, strict: Strict) -> None:
    silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    dead: list[str] = []
    try:
        for listener in silent:
            for n in range(20):
                dead.append(office.tell(f"http://127.0.0.1:{listener.getsockname()[1]}/", f"dead-{n}"))
        with office.services.db.begin() as tx:
            bob = accounts.insert_account(tx, "bob", datetime.now(UTC))
        own, others = office.tell(strict.url, "mine"), office.tell(strict.url, "his", account=bob)
        assert office.wait(others).state is DeliveryState.DELIVERED
        assert office.wait(own).state is DeliveryState.DELIVERED

        untried = sum(not office.get(delivery_id).failures for delivery_id in dead)
        assert untried > len(dead) / 2, f"{untried} of what was told earlier"
    finally:
        for listener in silent:
            listener.close()


def test_an_endpoint_gets_few_at_once(office: Office, strict: Strict) -> None:
    now, most = [0], [0]
    lock = threading.Lock()

    def slow(ear: BaseHTTPRequestHandler) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with lock:
            now[0] -= 1
        ear.send_response(200)
        ear.end_headers()

    strict.answers = [slow] * 8
    told = [office.tell(strict.url, f"v{n}") for n in range(8)]
    assert {office.wait(delivery_id).state for delivery_id in told} == {DeliveryState.DELIVERED}
    assert most[0] == PER_ENDPOINT


def failing(office: Office, url: str, days: float) -> None:
    """As if everything sent to `url` had failed for so long."""
    from sayso.domain.delivery import Endpoint, endpoint_of

    now = datetime.now(UTC)
    since, last = now - timedelta(days=days), now - timedelta(hours=1)
    with office.services.db.begin() as tx:
        endpoints.save(tx, Endpoint(office.account, endpoint_of(url), since, last))


def test_an_endpoint_that_fails_for_days_is_paused_until_it_answers(office: Office, strict: Strict) -> None:
    failing(office, strict.url, days=4)
    strict.answers = [500]
    first = office.tell(strict.url, "v")
    assert office.wait(first, DeliveryState.PAUSED).failures == 1
    assert office.is_paused()
    # News knocks once, with what has waited longest.
    strict.answers = [500]
    second = office.tell(strict.url, "w")
    wait_until(lambda: office.get(first).attempts == 2)
    assert office.wait(first, DeliveryState.PAUSED).failures == 1, "a knock does not count"
    assert office.get(second).state is DeliveryState.PAUSED
    # And when it answers, everything goes.
    third = office.tell(strict.url, "x")
    assert {office.wait(d).state for d in (first, second, third)} == {DeliveryState.DELIVERED}
    assert not office.is_paused()


def test_a_paused_endpoint_comes_back_by_itself(office: Office, strict: Strict) -> None:
    failing(office, strict.url, days=4)
    strict.answers = [500] * 5
    waiting = [office.tell(strict.url, "v")]
    office.wait(waiting[0], DeliveryState.PAUSED)
    waiting.append(office.tell(strict.url, "w"))
    wait_until(lambda: len(strict.answers) == 3)
    office.wait(waiting[0], DeliveryState.PAUSED)
    # The hourly look, which is also the first thing after a start. However many of them fail, nothing is given up; and
    # they take turns, so that one address that always fails holds up no other.
    before = [office.get(one).attempts for one in waiting]
    for left in (2, 1, 0):
        office.again()
        wait_until(lambda left=left: len(strict.answers) == left)  # type: ignore[misc]
        assert [office.wait(one, DeliveryState.PAUSED).failures for one in waiting] == [1, 0]
    tried = [office.get(one).attempts - was for one, was in zip(waiting, before, strict=True)]
    assert sorted(tried) == [1, 2], "one at a time, in turn"
    office.again()
    assert {office.wait(one).state for one in waiting} == {DeliveryState.DELIVERED}
    assert not office.is_paused()


def test_an_endpoint_is_locked_before_what_is_delivered_to_it(office: Office, strict: Strict) -> None:
    """SQLite has one writer at a time; on PostgreSQL two orders would be two transactions that wait for each other."""
    failing(office, strict.url, days=4)
    strict.answers = [500, 500, 500]
    with locks_of(office.services.db) as transactions:
        first = office.tell(strict.url, "v")
        office.wait(first, DeliveryState.PAUSED)
        # Knocks.
        office.tell(strict.url, "w")
        wait_until(lambda: office.get(first).attempts == 2)
        delivery = office.wait(first, DeliveryState.PAUSED)
        # Sent again, which fails once more, then arrives.
        with office.services.db.begin() as tx:
            outbox.again(tx, delivery, datetime.now(UTC))
        outbox.ring()
        assert office.wait(first).state is DeliveryState.DELIVERED
    both = [locked for locked in transactions if {"endpoints", "deliveries"} <= set(locked)]
    assert len(both) >= 5, "news, an attempt at each time, another try"
    assert [one for one in both if one.index("deliveries") < one.index("endpoints")] == []


def test_a_failure_long_ago_does_not_pause(office: Office, strict: Strict) -> None:
    failing(office, strict.url, days=40)
    with office.services.db.begin() as tx:
        old = next(iter([endpoints.get(tx, office.account, f"127.0.0.1:{strict.server_port}")]))
        endpoints.save(tx, replace(old, last_failed_at=old.failing_since))
    strict.answers = [500]
    assert office.wait(office.tell(strict.url)).state is DeliveryState.DELIVERED


def test_what_was_promised_is_delivered_after_its_voice_is_deleted_and_then_forgotten(
    office: Office, strict: Strict
) -> None:
    over = office.tell(strict.url, "gone")
    office.wait(over)
    strict.answers = [500]
    pending = office.tell(strict.url, "gone")
    wait_until(lambda: office.get(pending).failures == 1)
    with office.services.db.begin() as tx:
        deliveries.forget(tx, voice_id="gone")

    def kept() -> list[Delivery | None]:
        with office.services.db.read() as tx:
            return [deliveries.fetch(tx, delivery_id) for delivery_id in (over, pending)]

    assert kept()[0] is None
    wait_until(lambda: kept()[1] is None)
    assert strict.told == ["gone"] * 3


def test_the_log_forgets_what_is_old(office: Office, strict: Strict) -> None:
    told = office.tell(strict.url)
    office.wait(told)
    with office.services.db.begin() as tx:
        deliveries.forget_old(tx, datetime.now(UTC) - timedelta(days=1))
    assert office.get(told)
    with office.services.db.begin() as tx:
        deliveries.forget_old(tx, datetime.now(UTC) + timedelta(days=1))
        assert deliveries.fetch(tx, told) is None


def test_nothing_of_it_lies_in_the_engine_of_the_workflows(services: Services, tmp_path: Path) -> None:
    home = services.work_folder.parent
    with services.db.begin() as tx:
        account = accounts.insert_account(tx, "eve", datetime.now(UTC))
        outbox.tell(tx, account, "http://127.0.0.1:9/a-secret-path", VoiceFinished("v"), "nowhere-else")
    jobs = (home / "dbos.db").read_bytes() + (home / "dbos.db-wal").read_bytes()
    assert b"a-secret-path" not in jobs
