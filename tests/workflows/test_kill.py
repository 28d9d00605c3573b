"""kill -9 of the whole program in the middle of a build; after a restart it is finished by itself, once."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

import serving
from datasets import file_server, hum, zipped
from serving import STATEMENT, UPLOADER, humming, saying

RECORDINGS = 3


class Program:
    """The server as a user runs it, in a process group of its own that can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.step_s = 0.4
        """Of the engine: how long a take, a sentence or a round of a training lasts."""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"authorization": f"Bearer {UPLOADER}"},
            timeout=30,
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, dies_at: str | None = None) -> None:
        """Ready when this returns. `dies_at`: see `serving.dies_at`."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")},
            "SAYSO_HOME": str(self.home),
            "SAYSO_PORT": str(self.port),
            "SAYSO_ENGINE": "tone",
            "SAYSO_TONE_STEP_S": str(self.step_s),
            "SAYSO_WEBHOOK_DELAYS_S": "1,1,1,1",
            "SAYSO_BOOTSTRAP_TOKEN": UPLOADER,
            "SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER": "true",
            "SAYSO_OUTBOUND_ALLOW": "127.0.0.0/8",
            **({} if dies_at is None else {"DIES_AT": dies_at}),
        }
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, serving.__file__],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if self.client.get("/healthz").status_code == 200:
                    return
            assert self._process.poll() is None, (self.home / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self.home / "log").read_text())

    def kill(self, *, only_the_parent: bool = False) -> None:
        if self._process is None:
            return
        children = psutil.Process(self._process.pid).children(recursive=True)
        if only_the_parent:
            self._process.kill()
        else:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        # Nothing of the old run may still work when the new one begins.
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive, "children outlived their parent"

    def wait_for_death(self) -> None:
        assert self._process is not None
        process, self._process = self._process, None
        assert process.wait(60) == -signal.SIGKILL, (self.home / "log").read_text()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(20) in (0, -signal.SIGTERM)
        self._process = None

    def voice(self, uuid: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/v2/voices/{uuid}").json()["item"])

    def wait_for(self, uuid: str, *stages: str) -> dict[str, Any]:
        """Wait until the build is at one of `stages`, or over."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            voice = self.voice(uuid)
            if voice["status"] != "running" or voice["stage"] in stages:
                return voice
            time.sleep(0.05)
        raise AssertionError(f"the build hangs: {voice}\n{(self.home / 'log').read_text()}")

    def wait_until(self, uuid: str, consent_status: str) -> None:
        deadline = time.monotonic() + 60
        while (voice := self.voice(uuid))["consent_status"] != consent_status:
            assert time.monotonic() < deadline, voice
            time.sleep(0.05)

    def workflows(self, name: str) -> list[str]:
        """How the workflows of that name ended; one tidies up after its owner was told, which is waited for."""
        deadline = time.monotonic() + 60
        with closing(sqlite3.connect(self.home / "dbos.db")) as jobs:
            while True:
                query = "select status from workflow_status where name = ?"
                found = [status for (status,) in jobs.execute(query, (name,))]
                if not {"PENDING", "ENQUEUED"}.intersection(found) or time.monotonic() > deadline:
                    return found
                time.sleep(0.05)

    def ask_for_a_voice(self, callback: str) -> str:
        asked = {"name": "Ada", "voice_type": "rapid", "callback_uri": callback}
        uuid = str(self.client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])
        for n in range(RECORDINGS):
            answer = self.client.post(
                f"/api/v2/voices/{uuid}/recordings",
                data={"name": f"take {n}", "text": "la", "emotion": "neutral", "is_active": "true"},
                files={"file": (f"{n}.wav", humming(pitch_hz=150 + n))},
            ).json()
            assert answer["success"], answer
        answer = self.client.post(f"/api/v2/voices/{uuid}/build", json={}).json()
        assert answer["success"], answer
        return uuid


class Receiver:
    """Takes callbacks; refuses the first `refusals` of them."""

    def __init__(self) -> None:
        self.refusals = 0
        self.accepted: list[dict[str, Any]] = []
        self.refused = 0
        self.url = ""

    def wait(self) -> None:
        deadline = time.monotonic() + 30
        while not self.accepted and time.monotonic() < deadline:
            time.sleep(0.05)
        # A moment more, in which a second one would come.
        time.sleep(1.5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if state.refused < state.refusals:
                state.refused += 1
                self.send_response(503)
            else:
                state.accepted.append(body)
                self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/told"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    program.start()
    yield program
    program.kill()
    program.client.close()


def assert_made_once(program: Program, uuid: str, receiver: Receiver) -> None:
    voice = program.wait_for(uuid)
    assert voice["status"] == "finished", voice
    receiver.wait()
    assert [told["status"] for told in receiver.accepted] == ["finished"]
    assert program.workflows("make_voice") == ["SUCCESS"]
    blobs = [path for path in (program.home / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == RECORDINGS + 2, "one artifact, one preview, and what was uploaded"
    assert not list((program.home / "work").iterdir())


@pytest.mark.slow
def test_killed_in_every_step_a_build_is_finished_once(program: Program, receiver: Receiver) -> None:
    receiver.refusals = 1
    uuid = program.ask_for_a_voice(receiver.url)
    seen = []
    for stage in ("listening", "adapting", "speaking"):
        voice = program.wait_for(uuid, stage)
        seen.append(voice["stage"])
        program.kill()
        program.start()
    assert seen == ["listening", "adapting", "speaking"], "a step was over before it could be killed"
    program.wait_for(uuid)
    deadline = time.monotonic() + 10
    while not receiver.refused and time.monotonic() < deadline:
        time.sleep(0.02)
    # Between the refused first attempt of the callback and the second.
    program.kill()
    program.start()
    assert_made_once(program, uuid, receiver)
    assert program.client.get("/readyz").status_code in (200, 503)


@pytest.mark.slow
def test_children_die_with_a_killed_parent_and_a_second_request_is_the_same_build(
    program: Program, receiver: Receiver
) -> None:
    uuid = program.ask_for_a_voice(receiver.url)
    assert program.wait_for(uuid, "adapting")["stage"] == "adapting"
    program.kill(only_the_parent=True)
    program.start()
    # Being stopped politely in the middle is no failure either.
    program.stop()
    program.start()
    assert program.client.post(f"/api/v2/voices/{uuid}/build", json={}).json()["success"]
    assert_made_once(program, uuid, receiver)


@pytest.mark.slow
def test_killed_while_a_consent_is_checked_there_is_one_verdict_and_one_callback(
    program: Program, receiver: Receiver
) -> None:
    wrong = STATEMENT.replace("I am aware", "I am not aware")
    consent = base64.b64encode(saying(wrong)).decode()
    asked = {"name": "Ada", "voice_type": "rapid", "callback_uri": receiver.url, "consent": consent}
    uuid = str(program.client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])
    for pause_s in (0.3, 1.0):
        time.sleep(pause_s)
        assert program.voice(uuid)["consent_status"] == "checking", "the check was over before the kill"
        program.kill()
        program.start()
    deadline = time.monotonic() + 60
    while program.voice(uuid)["status"] == "initializing":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    receiver.wait()
    assert [told["status"] for told in receiver.accepted] == ["consent_validation_failed"]
    attempts = program.client.get(f"/api/v2/voices/{uuid}/consent").json()["item"]["attempts"]
    assert [attempt["status"] for attempt in attempts] == ["refused"]
    assert not list((program.home / "work").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workflow", "steps"),
    [("check_consent", ["check"]), ("make_voice", ["consent", "end", "clean"])],
    ids=["by a check", "by a build"],
)
def test_killed_around_each_step_a_refusal_is_told_once(
    program: Program, receiver: Receiver, workflow: str, steps: list[str]
) -> None:
    def sent(name: str, pitch_hz: float, **more: str) -> str:
        asked = {"name": name, "voice_type": "rapid", **more}
        uuid = str(program.client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])
        for n in range(RECORDINGS):
            answer = program.client.post(
                f"/api/v2/voices/{uuid}/recordings",
                data={"name": f"take {n}", "emotion": "neutral", "is_active": "true"},
                files={"file": (f"{n}.wav", humming(pitch_hz=pitch_hz + n))},
            ).json()
            assert answer["success"], answer
        return uuid

    stranger, uuid = sent("Eve", 290.0), sent("Ada", 150.0, callback_uri=receiver.url)
    consent = {"consent": base64.b64encode(saying()).decode()}
    points = [f"{when} {step}" for step in steps for when in ("before", "behind")]
    if workflow == "make_voice":
        program.client.put(f"/api/v2/voices/{uuid}", json=consent)
        program.wait_until(uuid, "accepted")
    # Behind the back of every check somebody else's sound comes in.
    program.stop()
    with closing(sqlite3.connect(program.home / "app.db")) as db, db:
        db.execute(
            "update recordings set audio_key = (select audio_key from recordings where voice_id = ?) where voice_id = ?",
            (stranger, uuid),
        )
    program.start(points[0])
    if workflow == "make_voice":
        assert program.client.post(f"/api/v2/voices/{uuid}/build", json={}).json()["success"]
    else:
        program.client.put(f"/api/v2/voices/{uuid}", json=consent)
    for point in [*points[1:], None]:
        program.wait_for_death()
        program.start(point)
    program.wait_until(uuid, "refused")
    assert program.wait_for(uuid)["status"] == "consent_validation_failed"
    receiver.wait()
    assert [told["status"] for told in receiver.accepted] == ["consent_validation_failed"]
    attempts = program.client.get(f"/api/v2/voices/{uuid}/consent").json()["item"]["attempts"]
    assert [attempt["status"] for attempt in attempts] == ["refused"]
    asked = "select count(*) from workflow_status where name = ? and status != 'SUCCESS'"
    deadline = time.monotonic() + 60
    with closing(sqlite3.connect(program.home / "dbos.db")) as jobs:
        while jobs.execute(asked, (workflow,)).fetchone() != (0,):
            assert time.monotonic() < deadline, (program.home / "log").read_text()
            time.sleep(0.1)
    assert len(receiver.accepted) == 1
    assert (program.home / "died").read_text().splitlines() == points
    assert not list((program.home / "work").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    "stages",
    [
        ["analysing the recordings"],
        ["fetching the dataset", "listening", "analysing the recordings"],
    ],
    ids=["once", "in every step"],
)
def test_a_dataset_whose_run_is_killed_is_analysed_once(
    program: Program, receiver: Receiver, stages: list[str]
) -> None:
    entries = {f"{n}.wav": hum(3.0, 150 + n / 4) for n in range(4)} | {"stranger.wav": hum(3.0, 260.0)}
    with file_server() as files:
        files.slow_s = 0.7
        url = files.put("set.zip", zipped(entries))
        asked = {"name": "Ada", "dataset_url": url, "callback_uri": receiver.url}
        uuid = str(program.client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])
        seen = []
        for stage in stages:
            seen.append(program.wait_for(uuid, stage)["stage"])
            program.kill()
            program.start()
        assert seen == stages, "a step was over before it could be killed"
        voice = program.wait_for(uuid)
        asked_for = files.asked
    assert voice["status"] == "dataset_issue", voice
    receiver.wait()
    assert [told["status"] for told in receiver.accepted] == ["dataset_issue"]
    assert [entry["name"] for entry in receiver.accepted[0]["recordings"]] == ["stranger"]
    kept = program.client.get(f"/api/v2/voices/{uuid}/recordings").json()["items"]
    assert sorted(recording["name"] for recording in kept) == ["0", "1", "2", "3", "stranger"]
    assert program.workflows("analyse_dataset") == ["SUCCESS"]
    assert len([path for path in (program.home / "blobs").rglob("*") if path.is_file()]) == len(kept)
    # Killed while it fetched, it asks once more at most.
    assert asked_for <= 2, "what had arrived was fetched again"
    assert not list((program.home / "work").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_a_build_is_finished_once(program: Program, receiver: Receiver, seed: int) -> None:
    dice = random.Random(seed)
    uuid = program.ask_for_a_voice(receiver.url)
    for _ in range(12):
        time.sleep(dice.uniform(0.0, 2.0))
        if receiver.accepted:
            break
        program.kill(only_the_parent=dice.random() < 0.5)
        program.start()
    assert_made_once(program, uuid, receiver)


@pytest.mark.slow
def test_killed_twenty_times_a_professional_voice_is_finished_once(
    program: Program, receiver: Receiver
) -> None:
    dice = random.Random(20)
    # Longer than what passes between two kills in the mean: eight rounds outlast twenty of them.
    program.step_s = 1.0
    entries = {f"{n}.wav": hum(19.0, 150 + n / 16) for n in range(33)}
    with file_server() as files:
        url = files.put("set.zip", zipped(entries))
        asked = {"name": "Ada", "dataset_url": url, "callback_uri": receiver.url}
        uuid = str(program.client.post("/api/v2/voices", json=asked).json()["item"]["uuid"])
        kills: list[str] = []
        while len(kills) < 20:
            # Most of them while it trains.
            stages = ("analysing the recordings",) if len(kills) < 3 else ("learning timbre",)
            deadline = time.monotonic() + 120
            while (voice := program.voice(uuid))["status"] == "running" and voice["stage"] not in stages:
                assert time.monotonic() < deadline, voice
                time.sleep(0.05)
            assert voice["status"] == "running", f"it was over before it could be killed: {kills}"
            time.sleep(dice.uniform(0.0, 0.8))
            kills.append(str(program.voice(uuid)["stage"]))
            program.kill(only_the_parent=dice.random() < 0.5)
            program.start()
        deadline = time.monotonic() + 180
        while (voice := program.voice(uuid))["status"] == "running":
            assert time.monotonic() < deadline, voice
            time.sleep(0.2)
    assert kills.count("learning timbre") >= 15, kills
    assert voice["status"] == "finished", voice
    receiver.wait()
    assert [told["status"] for told in receiver.accepted] == ["finished"]
    report = program.client.get(f"/api/v2/voices/{uuid}/report").json()["item"]["payload"]
    assert [point["step"] for point in report["training"]["points"]] == list(range(1, 9))
    with closing(sqlite3.connect(program.home / "dbos.db")) as jobs:
        made = jobs.execute("select status from workflow_status where name = 'train_voice'").fetchall()
    assert made == [("SUCCESS",)]
    assert not list((program.home / "work").iterdir())
