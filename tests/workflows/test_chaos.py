"""Receivers that misbehave in every way, and kill -9 at every point: one event, right numbers, nothing lost."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from working import settings, wait_until

from sayso.bootstrap import close, open_services
from sayso.domain.delivery import Attempt, Delivery, DeliveryState
from sayso.domain.event import VoiceFinished
from sayso.domain.page import PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.outbound import Outbound
from sayso.services import Services
from sayso.storage import accounts, deliveries, voices
from sayso.workflows import outbox
from sayso.workflows.dispatcher import Dispatcher

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Wild:
    """A server of raw sockets: each request is seen, then `answer` does what it likes with the connection."""

    url: str = ""
    seen: list[tuple[str, int, str, float]] = field(default_factory=list)
    """webhook-id, number of the attempt, voice, and when."""
    taken: list[tuple[str, int, str]] = field(default_factory=list)
    """Those answered with 200."""
    answer: Callable[[socket.socket], bool] = lambda _: False
    """Returns whether the default answer, 200, shall follow."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            raw = b""
            while b"\r\n\r\n" not in raw:
                piece = connection.recv(65_536)
                if not piece:
                    return
                raw += piece
            head, _, body = raw.partition(b"\r\n\r\n")
            lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            headers = {name.lower(): value for name, value in lines}
            while len(body) < int(headers["content-length"]):
                body += connection.recv(65_536)
            number = int(headers["x-sayso-attempt"])
            told = (headers["webhook-id"], number, str(json.loads(body)["id"]))
            with self.lock:
                self.seen.append((*told, time.monotonic()))
            if self.answer(connection):
                connection.sendall(OK)
                with self.lock:
                    self.taken.append(told)


@pytest.fixture
def wild() -> Iterator[Wild]:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as listener:
        wild = Wild(url=f"http://127.0.0.1:{listener.getsockname()[1]}/hook")
        threading.Thread(target=wild.serve, args=(listener,), daemon=True).start()
        yield wild
        # A thread in accept() is not woken by close().
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def sending(data: bytes) -> Callable[[socket.socket], bool]:
    def answer(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return answer


def silent(connection: socket.socket) -> bool:
    """Holds the connection longer than anybody waits."""
    time.sleep(1.0)
    return False


def too_late(connection: socket.socket) -> bool:
    """Answers after the time-out."""
    time.sleep(0.7)
    with suppress(OSError):
        connection.sendall(OK)
    return False


def trickle(connection: socket.socket) -> bool:
    """A byte now and then, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + 60 * b"a":
        connection.sendall(bytes([byte]))
        time.sleep(0.1)
    return False


def reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return False


FAULTS: dict[str, tuple[Callable[[socket.socket], bool], str]] = {
    "500": (sending(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), "500"),
    "301 to a private address": (
        sending(b"HTTP/1.1 301 There\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
        "redirect",
    ),
    "silent": (silent, "silent"),
    "answers after the time-out": (too_late, "silent"),
    "one byte now and then": (trickle, "longer than"),
    "closes at once": (sending(b""), "broke off"),
    "resets": (reset, "broke off"),
    "closes within the head": (sending(b"HTTP/1.1 200 O"), "broke off"),
    "huge headers": (sending(b"HTTP/1.1 200 OK\r\nX: " + 300_000 * b"a" + b"\r\n\r\n"), "HTTP"),
    "no HTTP": (sending(b"SSH-2.0-OpenSSH_9.2\r\n"), "HTTP"),
    "100 for ever": (sending(200 * b"HTTP/1.1 100 Continue\r\n\r\n"), "broke off"),
}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services = open_services(settings(tmp_path_factory.mktemp("chaos")), run_worker=False, warm=False)
    limits = replace(services.limits, webhook_delays_s=(0.05, 0.05))
    outbound = Outbound(["127.0.0.0/8"], timeout_s=0.4, total_s=0.8)
    yield replace(services, limits=limits, outbound=outbound)
    close(services)


@pytest.fixture
def account(impatient: Services) -> Iterator[str]:
    dispatcher = Dispatcher(impatient)
    with impatient.db.begin() as tx:
        account = accounts.insert_account(tx, "ada", datetime.now(UTC))
    dispatcher.start()
    yield account
    dispatcher.close()


def state(services: Services, key: str) -> tuple[Delivery, list[Attempt]]:
    with services.db.read() as tx:
        kept = deliveries.of_key(tx, key)
        assert kept is not None
        return kept, deliveries.attempts(tx, [kept.id])[kept.id]


def is_over(services: Services, key: str) -> bool:
    return state(services, key)[0].state not in (DeliveryState.PENDING, DeliveryState.PAUSED)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_receiver_that_misbehaves_once_gets_the_event_again(
    impatient: Services, account: str, wild: Wild, fault: str
) -> None:
    misbehave, complaint = FAULTS[fault]
    first = threading.Event()

    def answer(connection: socket.socket) -> bool:
        if first.is_set():
            return True
        first.set()
        return misbehave(connection)

    wild.answer = answer
    with impatient.db.begin() as tx:
        outbox.tell(tx, account, wild.url, VoiceFinished("v"), fault)
    outbox.ring()
    wait_until(lambda: is_over(impatient, fault))
    told, log = state(impatient, fault)
    assert told.state is DeliveryState.DELIVERED
    assert [a.number for a in log] == [number for _, number, _, _ in wild.seen] == [1, 2]
    assert complaint in str(log[0].error), log
    assert {delivery_id for delivery_id, *_ in wild.seen} == {told.id}
    assert log[1].error is None


def test_what_follows_a_good_status_is_not_waited_for(impatient: Services, account: str, wild: Wild) -> None:
    wild.answer = sending(b"HTTP/1.1 202 Good\r\nContent-Length: 1000\r\n\r\nhalf of i")
    with impatient.db.begin() as tx:
        outbox.tell(tx, account, wild.url, VoiceFinished("v"), "mid-body")
    outbox.ring()
    wait_until(lambda: is_over(impatient, "mid-body"))
    told, log = state(impatient, "mid-body")
    assert (told.state, told.last_status, len(log)) == (DeliveryState.DELIVERED, 202, 1)


# --- killed -------------------------------------------------------------------------------------


class Mortal:
    """A data folder, and programs on it that are killed."""

    def __init__(self, home: Path, receiver: str) -> None:
        self.kills: Counter[str] = Counter()
        delays = ",".join(["0.05"] * 400)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")}
        environment |= {
            "SAYSO_HOME": str(home),
            "SAYSO_ENGINE": "tone",
            "SAYSO_OUTBOUND_ALLOW": "127.0.0.0/8",
            "SAYSO_WEBHOOK_DELAYS_S": delays,
            "RECEIVER": receiver,
        }
        program = str(Path(__file__).with_name("dying.py"))
        self._mother = subprocess.Popen(
            [sys.executable, program],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.services = open_services(settings(home), run_worker=False, warm=False)
        with self.services.db.begin() as tx:
            self.account = accounts.insert_account(tx, "ada", datetime.now(UTC))

    def close(self) -> None:
        self._mother.communicate(timeout=10)
        close(self.services)

    def voice(self, voice_id: str) -> None:
        now = datetime.now(UTC)
        voice = Voice(voice_id, self.account, "v", VoiceType.RAPID, VoiceState.RUNNING, now, now)
        with self.services.db.begin() as tx:
            voices.insert(tx, voice)

    def run(self, point: str, kill_after_s: float | None = None) -> bool:
        """Run a program that dies at `point`, or is killed so long after it began; returns whether it died."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(f"{point} {'' if kill_after_s is None else kill_after_s}\n")
        self._mother.stdin.flush()
        status = int(self._mother.stdout.readline())
        assert status in (0, -signal.SIGKILL), "see standard error"
        died = status == -signal.SIGKILL
        if died:
            self.kills[point if kill_after_s is None else "any moment"] += 1
        return died

    def all(self) -> list[tuple[Delivery, list[Attempt]]]:
        found = []
        with self.services.db.read() as tx:
            for voice in voices.running(tx):
                page = deliveries.page(tx, self.account, PageRequest(size=1000), voice_id=voice.id)
                log = deliveries.attempts(tx, [told.id for told in page.items])
                assert len(page.items) == voice.build, "an event for each change, a change for each event"
                found += [(told, log[told.id]) for told in page.items]
        return found


@pytest.fixture
def mortal(tmp_path: Path, wild: Wild) -> Iterator[Mortal]:
    mortal = Mortal(tmp_path, wild.url)
    yield mortal
    mortal.close()


def assert_all_told(mortal: Mortal, wild: Wild) -> None:
    """Whatever happened: every event was taken, its numbers are right, the order is that of the changes."""
    numbers = defaultdict(list)
    for delivery_id, number, _, _ in wild.seen:
        numbers[delivery_id].append(number)
    for told, log in mortal.all():
        assert told.state is DeliveryState.DELIVERED, told
        assert [a.number for a in log] == list(range(1, told.attempts + 1))
        seen = numbers.pop(told.id)
        assert len(set(seen)) == len(seen), "a number was used twice"
        assert seen == sorted(seen)
        assert set(seen) <= {a.number for a in log}
    assert not numbers, "something was sent that was never told"
    first_taken: dict[str, list[str]] = defaultdict(list)
    for delivery_id, _, voice in wild.taken:
        if delivery_id not in first_taken[voice]:
            first_taken[voice].append(delivery_id)
    told_in_order: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for told, _ in mortal.all():
        told_in_order[str(told.voice_id)].append((int(told.key.rsplit("-", 1)[1]), told.id))
    for voice, told_ones in told_in_order.items():
        assert first_taken[voice] == [delivery_id for _, delivery_id in sorted(told_ones)]


def test_killed_at_every_point_an_event_is_told_with_the_right_numbers(mortal: Mortal, wild: Wild) -> None:
    wild.answer = lambda _: True
    mortal.voice("aaaa0000")
    # Neither the change nor the event; then both, though the program dies.
    assert mortal.run("telling")
    assert mortal.all() == []
    assert mortal.run("told")
    assert len(mortal.all()) == 1
    for point, attempts, seen in (
        ("claimed", 0, []),
        ("begun", 1, []),
        ("sent", 2, [2]),
        ("noted", 3, [2, 3]),
        ("recorded", 4, [2, 3, 4]),
    ):
        assert mortal.run(point), point
        [(told, _)] = mortal.all()
        assert told.attempts == attempts, point
        assert [number for _, number, _, _ in wild.seen] == seen, point
    [(told, log)] = mortal.all()
    assert told.state is DeliveryState.DELIVERED
    assert [a.error is not None for a in log] == [True, True, True, False]
    assert told.failures == 0, "what we broke off ourselves does not use up the schedule"
    # Nothing is left to do.
    assert not mortal.run("claimed")
    assert_all_told(mortal, wild)


KILLS = int(os.environ.get("SAYSO_TEST_KILLS", "120"))


@pytest.mark.slow
def test_killed_a_hundred_times_nothing_is_lost(
    mortal: Mortal, wild: Wild, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(KILLS)
    faults = [misbehave for misbehave, _ in FAULTS.values()]

    def answer(connection: socket.socket) -> bool:
        return True if dice.random() < 0.4 else dice.choice(faults)(connection)

    wild.answer = answer
    for n in range(6):
        mortal.voice(f"aaaa000{n}")
    began = time.monotonic()
    while mortal.kills.total() < KILLS:
        mortal.run(dice.choice(("telling", "told", "told")))
        for _ in range(3):
            point = dice.choice(("claimed", "begun", "sent", "noted", "recorded", "never", "never"))
            mortal.run(point, dice.uniform(0.0, 1.5) if point == "never" else None)
    mortal.run("never")
    assert_all_told(mortal, wild)
    every = mortal.all()
    repeats = len(wild.taken) - len(every)
    ours = sum(mortal.kills[point] for point in ("sent", "noted", "any moment"))
    assert repeats <= ours, "repeats come of kills between the answer and our note of it, and of nothing else"
    with capsys.disabled():
        print(
            f"\n{mortal.kills.total()} kills {dict(mortal.kills)} in {time.monotonic() - began:.0f} s: "
            f"{len(every)} events of 6 voices, {sum(told.attempts for told, _ in every)} attempts, "
            f"{len(wild.seen)} requests seen, {len(wild.taken)} taken, {repeats} repeats"
        )
