"""Makes processes that deliver callbacks and kill themselves with SIGKILL at a chosen point.

Settings come from the environment. Each line on standard input is a point, and perhaps a time in seconds: a child
is forked that dies at the point, or is killed so long after it began; its exit status is printed. Forked, for
importing takes longer than all the rest, and no thread and no database is open in the parent. Points: `claimed` (the attempt is written down, not
committed), `begun` (committed, not sent), `sent` (answered, not written down), `noted` (written down, not
committed), `recorded` (committed), `telling` (an event and the change it reports, not committed), `told`
(committed), `never`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx  # noqa: F401 - here rather than in each child
import ssrfguard.httpx  # noqa: F401

from sayso.bootstrap import open_services
from sayso.domain.event import VoiceFinished
from sayso.outbound import Outbound
from sayso.services import Services
from sayso.settings import load_settings
from sayso.storage import deliveries, voices
from sayso.workflows import outbox
from sayso.workflows.dispatcher import Dispatcher

LONG_S = 60.0
chosen = ""


def die_at(point: str) -> None:
    if point == chosen:
        os.kill(os.getpid(), signal.SIGKILL)


class Dying(Dispatcher):
    """The product's own, with places to die in."""

    def _claim(self, *args: Any) -> Any:
        jobs = super()._claim(*args)
        if jobs:
            die_at("claimed")
        return jobs

    def _send(self, *args: Any) -> Any:
        die_at("begun")
        sent = super()._send(*args)
        die_at("sent")
        return sent

    def _judge_endpoint(self, *args: Any) -> Any:
        paused = super()._judge_endpoint(*args)
        die_at("noted")
        return paused

    def _record(self, *args: Any) -> None:
        super()._record(*args)
        die_at("recorded")


def tell(services: Services, url: str) -> None:
    """Let every voice get on by one build, each time with the event that reports it."""
    with services.db.read() as tx:
        ids = [voice.id for voice in voices.running(tx)]
    for voice_id in ids:
        with services.db.begin() as tx:
            voice = voices.fetch(tx, voice_id, lock=True)
            assert voice is not None
            voice = replace(voice, build=voice.build + 1)
            voices.save(tx, voice)
            outbox.tell(tx, voice.account_id, url, VoiceFinished(voice_id), f"{voice_id}-{voice.build}")
            die_at("telling")
        die_at("told")


def live() -> None:
    """Be the child, with the services of its own."""
    services = open_services(load_settings(), run_worker=False, warm=False)
    outbound = Outbound(["127.0.0.0/8"], timeout_s=0.4, total_s=0.8)
    services = replace(services, outbound=outbound)
    if chosen in ("telling", "told"):
        tell(services, os.environ["RECEIVER"])
        return
    dispatcher = Dying(services)
    dispatcher.start()
    until = time.monotonic() + LONG_S
    while time.monotonic() < until:
        with services.db.read() as tx:
            waiting = deliveries.due(
                tx, datetime.now(UTC) + timedelta(days=9), (), per_endpoint=1, per_account=1, most=1
            )
        if not waiting:
            break
        time.sleep(0.02)
    dispatcher.close()


def main() -> None:
    global chosen
    for line in sys.stdin:
        chosen, _, seconds = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            try:
                live()
            except BaseException:  # noqa: BLE001 - the edge of a process
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        if seconds:
            time.sleep(float(seconds))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
