"""Sends what is in the outbox: fairly, in order, until it has arrived or is given up.

One thread looks for what is due and starts an attempt, each in a thread of its own. Before a POST goes out, its
number is written down; so a program that is killed at any moment never uses a number twice, and what
was under way is attempted again.

Nobody is held up by somebody else's dead receiver: an account has few attempts under way at once, an
endpoint fewer, and all endpoints that have been failing share a few slots that the others do not need.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sayso.domain import link
from sayso.domain.delivery import (
    Attempt,
    Delivery,
    DeliveryState,
    complaint,
    retry_after_s,
    wait_s,
)
from sayso.errors import BadRequest, Unavailable
from sayso.services import Services
from sayso.storage import deliveries, endpoints
from sayso.storage.db import Transaction
from sayso.wire import callbacks
from sayso.workflows import outbox, signing

MOST, MOST_SICK = 24, 8
"""Attempts under way at once; of those, to endpoints that have been failing."""
PER_ACCOUNT, PER_ACCOUNT_SICK = 6, 2
PER_ENDPOINT = 2

_LOOK_S = 1.0
"""How often the database is asked for what is due, unless somebody rings."""
_LEASE_S = 300.0
"""Longer than any attempt. After it, one whose end could not be written down is made again."""
_STREAK_GAP = timedelta(days=2)
"""Failures further apart are no sign that an endpoint failed all the time between."""
_TIDY_S = 3_600.0
_PATIENCE_S = 2.0
"""How long the end of the program waits for attempts that are under way."""

_NOT_CALLED = (
    "the address may not be called: it is no public http(s) address, and SAYSO_OUTBOUND_ALLOW does not name "
    "its network"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """How a POST went."""

    status: int | None = None
    error: str | None = None
    """None for a success."""
    asked_s: float | None = None
    is_final: bool = False
    """No use in trying again."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One attempt that is to be made now."""

    delivery: Delivery
    secrets: tuple[str, ...]
    is_sick: bool


class Dispatcher:
    """Delivers for one installation; there must not be a second one at the same time."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[str, _Job] = {}
        self._idle = threading.Condition(self._lock)
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="sayso-dispatcher", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End soon. An attempt that lasts longer is made again after the next start."""
        self._stop.set()
        outbox.ring()
        if self._thread.ident is not None:
            self._thread.join()
        with self._idle:
            self._idle.wait_for(lambda: not self._under_way, _PATIENCE_S)
            self._closed = True

    # --- looking for work ------------------------------------------------------------------------

    def _work(self) -> None:
        self._guarded(self._recover)
        tidy_at = 0.0
        while not self._stop.is_set():
            looked_at = time.monotonic()
            pause_s = self._guarded(self._begin_due)
            if time.monotonic() >= tidy_at:
                self._guarded(self._tidy)
                tidy_at = time.monotonic() + _TIDY_S
            # Where thousands are due a look takes long: it must not keep a core busy.
            self._stop.wait(2 * (time.monotonic() - looked_at))
            outbox.wait(pause_s)

    def _guarded(self, work: Callable[[], float]) -> float:
        try:
            return work()
        except Exception:  # noqa: BLE001 - the edge of a thread that must go on
            _log.exception("callbacks: the database could not be used; trying again")
            return _LOOK_S

    def _recover(self) -> float:
        with self.services.db.begin() as tx:
            deliveries.recover(tx)
        return 0

    def _tidy(self) -> float:
        now = _now()
        with self.services.db.begin() as tx:
            deliveries.forget_old(tx, now - timedelta(seconds=self.services.limits.callback_log_s))
            # One that answers again is well by itself, though there is no news for it.
            for endpoint in endpoints.all_paused(tx):
                outbox.knock(tx, endpoint.account_id, endpoint.name, now)
        return 0

    def _begin_due(self) -> float:
        """Begin as many attempts as there is room for; returns how long there is nothing to do, in seconds."""
        with self._lock:
            busy = list(self._under_way.values())
        # Looks that only read: they never wait for writers, and mostly there is nothing to do.
        with self.services.db.read() as tx:
            next_at, now = deliveries.next_at(tx), _now()
            if next_at is None or next_at > now:
                return _LOOK_S if next_at is None else min(_LOOK_S, (next_at - now).total_seconds())
            chosen = self._choose(tx, busy)
        if not chosen:
            return _LOOK_S
        with self.services.db.begin() as tx:
            jobs = self._claim(tx, chosen)
        with self._lock:
            self._under_way |= {job.delivery.id: job for job in jobs}
        for job in jobs:
            name = f"sayso-callback-{job.delivery.id}"
            threading.Thread(target=self._attempt, args=(job,), name=name, daemon=True).start()
        return _LOOK_S

    def _choose(self, tx: Transaction, busy: list[_Job]) -> list[tuple[Delivery, bool]]:
        """What may be attempted now, within everybody's share."""
        at = Counter((job.delivery.account_id, job.delivery.endpoint) for job in busy)
        of = Counter(job.delivery.account_id for job in busy)
        sick_of = Counter(job.delivery.account_id for job in busy if job.is_sick)
        full = [endpoint for endpoint, count in at.items() if count >= PER_ENDPOINT]
        chosen = []
        found = deliveries.due(
            tx, _now(), full, per_endpoint=PER_ENDPOINT, per_account=PER_ACCOUNT, most=4 * MOST
        )
        known = {job.delivery.id for job in busy}
        for delivery, is_sick in found:
            account, endpoint = delivery.account_id, (delivery.account_id, delivery.endpoint)
            if delivery.id in known or of.total() >= MOST:
                continue
            if at[endpoint] >= PER_ENDPOINT or of[account] >= PER_ACCOUNT:
                continue
            if is_sick and (sick_of.total() >= MOST_SICK or sick_of[account] >= PER_ACCOUNT_SICK):
                continue
            at[endpoint] += 1
            of[account] += 1
            sick_of[account] += is_sick
            chosen.append((delivery, is_sick))
        return chosen

    def _claim(self, tx: Transaction, chosen: list[tuple[Delivery, bool]]) -> list[_Job]:
        """Write down that these attempts are under way."""
        now = _now()
        jobs = []
        for delivery, is_sick in chosen:
            if not deliveries.begin_attempt(tx, delivery, now, now + timedelta(seconds=_LEASE_S)):
                continue
            keys = tuple(kept.secret for kept in signing.current(tx, delivery.account_id, now))
            jobs.append(_Job(replace(delivery, attempts=delivery.attempts + 1), keys, is_sick))
        return jobs

    # --- one attempt -----------------------------------------------------------------------------

    def _attempt(self, job: _Job) -> None:
        """One POST, and what becomes of the delivery."""
        started_at, began = _now(), time.monotonic()
        try:
            sent = self._send(job)
            duration_s = time.monotonic() - began
            with self._lock:
                if self._closed:
                    return
            self._record(job.delivery, started_at, duration_s, sent)
        except Exception:  # noqa: BLE001 - the edge of a thread; the lease runs out, then it is made again
            _log.exception("callback %s: its end could not be written down", job.delivery.id)
        finally:
            with self._idle:
                self._under_way.pop(job.delivery.id, None)
                self._idle.notify_all()
            outbox.ring()

    def _send(self, job: _Job) -> _Sent:
        delivery, services = job.delivery, self.services
        text = delivery.body
        if delivery.link is not None:
            urls = []
            for line in delivery.link.split("\n"):
                key, _, name = line.partition("/")
                path = link.sign(services.link_key, key, name, _now(), services.limits.link_s)
                urls.append(services.public_url + path)
            text = callbacks.with_links(text, urls)
        body = text.encode()
        head = callbacks.headers(delivery.id, delivery.attempts, int(time.time()), body, job.secrets)
        try:
            answer = services.outbound.post_json(delivery.url, body, head)
        except BadRequest as refused:
            # The reason may name addresses of this network: for the log of its operator only.
            _log.warning("callback %s is not sent: %s", delivery.id, refused)
            return _Sent(error=_NOT_CALLED, is_final=True)
        except Unavailable as away:
            return _Sent(error=str(away))
        return _Sent(
            answer.status,
            complaint(answer.status),
            retry_after_s(answer.retry_after, _now()),
            is_final=answer.status == 410,
        )

    def _record(self, delivery: Delivery, started_at: datetime, duration_s: float, sent: _Sent) -> None:
        """Write down how an attempt went, and when the next one is to be."""
        attempt = Attempt(delivery.attempts, started_at, round(duration_s, 3), sent.status, sent.error)
        with self.services.db.begin() as tx:
            # An endpoint is locked before its deliveries, everywhere.
            is_knock = endpoints.get(tx, delivery.account_id, delivery.endpoint).paused_at is not None
            kept = deliveries.fetch(tx, delivery.id, lock=True)
            if kept is None:
                return
            deliveries.end_attempt(tx, delivery.id, attempt)
            is_paused = self._judge_endpoint(tx, kept, sent)
            after = self._after(kept, sent, is_paused=is_paused, is_knock=is_knock)
            if after.must_go and after.state is not DeliveryState.PENDING:
                deliveries.remove(tx, after.id)
            else:
                deliveries.save(tx, after)
        if sent.error is not None:
            _log.warning(
                "callback %s, attempt %s: %s; now %s", after.id, after.attempts, sent.error, after.state.value
            )

    def _after(self, delivery: Delivery, sent: _Sent, *, is_paused: bool, is_knock: bool) -> Delivery:
        """The delivery after an attempt that went so; `is_knock`: at an endpoint that was paused already."""
        now = _now()
        after = replace(
            delivery, last_status=sent.status, last_error=sent.error, next_attempt_at=None, updated_at=now
        )
        if sent.error is None:
            return replace(after, state=DeliveryState.DELIVERED)
        if sent.is_final:
            return replace(after, state=DeliveryState.REFUSED, failures=after.failures + 1)
        if is_knock and delivery.event != callbacks.TEST:
            # Otherwise an endpoint that is away for long would use up the schedule of all that waits for it.
            return replace(after, state=DeliveryState.PAUSED)
        after = replace(after, failures=after.failures + 1)
        # A test tells at once whether it arrived; hours later nobody looks.
        delays_s = () if delivery.event == callbacks.TEST else self.services.limits.webhook_delays_s
        wait = wait_s(delays_s, after.failures, sent.asked_s, random.random())
        if wait is None:
            return replace(after, state=DeliveryState.FAILED)
        if is_paused:
            return replace(after, state=DeliveryState.PAUSED)
        return replace(after, next_attempt_at=now + timedelta(seconds=wait))

    def _judge_endpoint(self, tx: Transaction, delivery: Delivery, sent: _Sent) -> bool:
        """Note how the endpoint did; returns whether it is paused now."""
        now = _now()
        if sent.error is None:
            outbox.revive(tx, delivery.account_id, delivery.endpoint, now)
            return False
        known = endpoints.get(tx, delivery.account_id, delivery.endpoint)
        if sent.is_final:
            # It is about this address alone, or was never called.
            return known.paused_at is not None
        since = known.failing_since
        if since is None or known.last_failed_at is None or now - known.last_failed_at > _STREAK_GAP:
            since = now
        paused_at = known.paused_at
        if paused_at is None and (now - since).total_seconds() >= self.services.limits.webhook_pause_s:
            paused_at = now
            _log.warning("callbacks to %s are paused: failing since %s", delivery.endpoint, since)
            deliveries.hold(tx, delivery.account_id, delivery.endpoint)
        endpoints.save(tx, replace(known, failing_since=since, last_failed_at=now, paused_at=paused_at))
        return paused_at is not None


_open: Dispatcher | None = None


def open_dispatcher(services: Services) -> None:
    """Deliver in this process, which must be the worker of its installation."""
    global _open
    _open = Dispatcher(services)
    _open.start()


def close_dispatcher(services: Services) -> None:
    """Stop delivering; the rest goes at the next start. Nothing happens in other processes."""
    global _open
    if _open is not None and _open.services is services:
        dispatcher, _open = _open, None
        dispatcher.close()


def _now() -> datetime:
    return datetime.now(UTC)
