"""The commands that run a server: as programs, with real signals."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sayso.audio.codec import decode
from serving import UPLOADER, free_port, humming

SAYSO = [sys.executable, "-m", "sayso"]


def environment(home: Path, **settings: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")}
    return {**others, "SAYSO_HOME": str(home), "SAYSO_ENGINE": "tone", "SAYSO_THREADS": "1", **settings}


@contextmanager
def started(home: Path, port: int, *options: str, path: str = "/readyz", **settings: str):
    """`sayso serve`, answering at `path`; yields the process and the file of its standard output."""
    log = home / "out.txt"
    with log.open("w") as out, (home / "err.txt").open("w") as err:
        process = subprocess.Popen(
            [*SAYSO, "serve", *options],
            env=environment(home, SAYSO_PORT=str(port), **settings),
            stdout=out,
            stderr=err,
        )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield process, log
    finally:
        process.kill()
        process.wait()


def test_the_first_start_tells_all_that_is_needed_and_leaves_in_order(tmp_path):
    port = free_port()
    with started(tmp_path, port) as (process, log):
        told = log.read_text()
        assert f"http://127.0.0.1:{port}" in told
        assert str(tmp_path) in told
        # The line to try works as it stands, with curl or without.
        words = shlex.split(re.search(r"^ *(curl .*)$", told, re.M)[1])
        name, value = words[words.index("-H") + 1].split(": ")
        answer = httpx.get(words[-1], headers={name: value}).json()
        assert answer["success"]
        secret = value.split()[1]

        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 0
    with started(tmp_path, port) as (process, log):
        assert f"http://127.0.0.1:{port}" in log.read_text()
        assert secret not in log.read_text()
        assert httpx.get(f"http://127.0.0.1:{port}/api/v2/voices?page=1", headers={name: value}).is_success

        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0


@pytest.mark.slow
def test_a_worker_of_its_own_builds_what_a_server_without_one_is_asked_for(tmp_path):
    port = free_port()
    token = {"SAYSO_BOOTSTRAP_TOKEN": UPLOADER, "SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER": "true"}
    with started(tmp_path, port, "--no-work", path="/healthz", **token) as (server, _):
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {UPLOADER}"}, timeout=30
        )
        assert "sayso work" in api.get("/readyz").json()["parts"]["worker"]
        uuid = api.post("/api/v2/voices", json={"name": "Ada", "voice_type": "rapid"}).json()["item"]["uuid"]
        for number in range(3):
            api.post(
                f"/api/v2/voices/{uuid}/recordings",
                data={"name": "take", "text": "la", "emotion": "neutral", "is_active": "true"},
                files={"file": (f"{number}.wav", humming(pitch_hz=150 + number))},
            )
        assert api.post(f"/api/v2/voices/{uuid}/build", json={}).json()["success"]
        with (tmp_path / "work.txt").open("w") as log:
            worker = subprocess.Popen([*SAYSO, "work"], env=environment(tmp_path), stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            item = {"status": "running"}
            while item["status"] == "running" and time.monotonic() < deadline:
                time.sleep(0.1)
                item = api.get(f"/api/v2/voices/{uuid}").json()["item"]
            assert item["status"] == "finished", (tmp_path / "work.txt").read_text()
            assert api.get("/readyz").status_code == 200
            said = api.post("/synthesize", json={"voice_uuid": uuid, "data": "Hello."}).json()
            assert said["success"], said

            worker.send_signal(signal.SIGINT)

            assert worker.wait(20) == 0
            assert "Traceback" not in (tmp_path / "work.txt").read_text()
        finally:
            worker.kill()
            worker.wait()
        assert server.poll() is None


def test_a_web_socket_of_nobody_is_refused_without_a_warning(tmp_path):
    port = free_port()
    with started(tmp_path, port, path="/healthz"), socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(
            b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert line.recv(100).startswith(b"HTTP/1.1 40")
        assert "WARNING" not in (tmp_path / "err.txt").read_text()


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("SAYSO_HOME", "{file}", "is a file"),
        ("SAYSO_HOST", "nonsense.invalid", "127.0.0.1"),
        ("SAYSO_DATABASE_URL", "nonsense", "expected sqlite"),
        ("SAYSO_DATABASE_URL", "sqlite:///{file}", "check that it runs"),
        ("SAYSO_STORAGE_URL", "ftp://x", "expected file:///FOLDER"),
        ("SAYSO_STORAGE_URL", "file:///proc/nowhere", "choose another"),
        ("SAYSO_OUTBOUND_ALLOW", "127.0.0.0/8,everything", "expected networks"),
        ("SAYSO_ENGINE", "gramophone", "expected one of"),
        ("SAYSO_CONSENT_STATEMENTS", "/nowhere", "make it"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_name_and_exit_code_2(tmp_path, name, value, remedy):
    file = tmp_path / "file"
    file.write_text("not a database, not a folder" * 100)
    settings = {"SAYSO_PORT": "0", name: value.format(file=file)}

    done = subprocess.run(
        [*SAYSO, "serve"], env=environment(tmp_path / "home", **settings), capture_output=True, text=True
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(rf"sayso: {name}[^\n]*{remedy}[^\n]*\n", done.stderr), done.stderr
    assert "sqlalche.me" not in done.stderr


def test_a_port_that_is_taken_is_a_setting_to_change(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        done = subprocess.run(
            [*SAYSO, "serve"], env=environment(tmp_path, SAYSO_PORT=port), capture_output=True, text=True
        )

    assert done.returncode == 2
    assert done.stderr == (
        f"sayso: SAYSO_PORT: port {port} of 127.0.0.1 is taken; another program listens there: stop it, or "
        f"set SAYSO_PORT to something other than {port}\n"
    )


@pytest.mark.parametrize("has_speech", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_demo_clones_and_speaks_and_its_last_line_is_the_file(tmp_path, has_speech):
    home, speech, out = tmp_path / "home", tmp_path / "speech", tmp_path / "a name with spaces.wav"
    words = ["demo", "--text", "The kettle is on.", "-o", str(out)]
    if has_speech:
        speech.mkdir()
        for number in range(3):
            (speech / f"{number}.wav").write_bytes(humming(4.0, pitch_hz=140))
        words += ["--speech", str(speech)]

    done = subprocess.run(
        [*SAYSO, *words], env=environment(home), capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"WAV {out}"
    assert decode(out.read_bytes()).duration_s > 0.5
    assert "authorized uploader" in done.stdout
    assert ("synthetic" in done.stdout) is not has_speech
    for stage in ("server answers", "upload", "build", "speak"):
        assert re.search(rf"{stage} +\d+\.\d s", done.stdout)
    assert [path for path in home.iterdir() if path.name.startswith("demo-")] == []


@pytest.mark.parametrize("out", ["nowhere/x.wav", ".", "locked/x.wav"])
def test_a_demo_that_could_not_write_its_file_says_so_before_it_begins(tmp_path, out):
    (tmp_path / "locked").mkdir(mode=0o500)
    if out.startswith("locked") and os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("this user may write everywhere")

    done = subprocess.run(
        [*SAYSO, "demo", "-o", str(tmp_path / out)],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"sayso: [^\n]*--out\n", done.stderr), done.stderr
    assert not (tmp_path / "home").exists()


def test_a_demo_without_weights_says_what_to_do(tmp_path):
    done = subprocess.run(
        [*SAYSO, "demo", "-o", str(tmp_path / "x.wav")],
        env=environment(tmp_path, SAYSO_ENGINE="kokoro"),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 1
    assert "sayso models fetch" in done.stderr
    assert done.stderr.count("\n") == 1
