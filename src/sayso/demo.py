"""The main job before your eyes: a server, a voice over HTTP, a sentence in a WAV file."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from sayso.audio import codec, level, spans
from sayso.audio.waveform import Waveform
from sayso.engines.registry import EngineOptions, make_engine
from sayso.errors import BadAudio, Rejected, SaysoError, Unavailable
from sayso.settings import Settings

TEXT = "This is my voice, made from a few short recordings. I have never said this sentence myself."
"""Said when no other text is given."""

READER_TEXTS = (
    "The morning train was late again, so we walked along the river and counted the boats on the water.",
    "She opened the old wooden box, and found three letters, a silver key and a photograph of the harbour.",
    "If you heat the milk slowly and keep stirring, the sauce becomes smooth, and it never tastes burnt.",
)
"""What the synthetic reader reads where there is no human speech: about 18 s."""

_MIN_FILES = 3
_PIECE_S = 15.0
"""Long recordings are cut into pieces of about this length."""
_READY_TIMEOUT_S = 300.0
_BUILD_TIMEOUT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording to upload."""

    name: str
    audio: bytes
    text: str | None


def run(settings: Settings, speech: Path | None, text: str | None, out: Path) -> None:
    """Do the main job; the last line printed is `WAV` and the path of the file.

    Raises SaysoError with what to do where it cannot be done.
    """
    text = (text or "").strip() or TEXT
    _check_writable(out)
    clock = Stopwatch()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=settings.home))
    if speech is None:
        _say("No SPEECH folder was given, and no human speech may be shipped with a program: a synthetic")
        _say("reader, a stock voice of the engine, stands in for the person who is cloned.")
        _say("It reads three sentences first; its models load for that.")
        with clock("reader speaks"):
            samples = _stand_in(settings, folder)
    else:
        samples = read_folder(speech)
        _say(f"Cloning the person in {speech}: {len(samples)} recordings.")
    _say(
        "You act as an authorized uploader: you answer for the speaker's permission, no spoken consent is asked."
    )
    with _server(settings, folder, clock) as client:
        voice = _upload(client, samples, clock)
        _build(client, voice, clock)
        with clock("speak"):
            answer = _ask(client, "POST", "/synthesize", json={"voice_uuid": voice, "data": text})
        out.write_bytes(base64.b64decode(answer["audio_content"]))
        _say(f"It says: {text}")
    shutil.rmtree(folder, ignore_errors=True)
    clock.report(float(answer["duration"]))
    # Alone on the last line and never wrapped: programs read it too.
    typer.echo(f"WAV {out.absolute()}")


def _check_writable(out: Path) -> None:
    """Before the minutes of work, not after them."""
    folder = out.absolute().parent
    if not folder.is_dir():
        raise Rejected(f"there is no folder {folder} for the WAV file: make it, or name another with --out")
    if out.is_dir():
        raise Rejected(f"{out} is a folder: name a WAV file with --out")
    if not os.access(out if out.exists() else folder, os.W_OK):
        raise Rejected(f"{out} cannot be written: name another file with --out")


class Stopwatch:
    """Times of the stages, in order."""

    def __init__(self) -> None:
        self._stages: list[tuple[str, float]] = []

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Measure a block."""
        began = time.monotonic()
        yield
        self._stages.append((stage, time.monotonic() - began))

    def report(self, speech_s: float) -> None:
        """Print all stages, and how fast speech was made: `speech_s` seconds of it in the last stage."""
        _say("")
        for stage, seconds in self._stages:
            _say(f"  {stage:<16}{seconds:7.1f} s")
        _say(f"  {'in all':<16}{sum(seconds for _, seconds in self._stages):7.1f} s")
        spoke = self._stages[-1][1]
        _say(f"  {speech_s:.1f} s of speech, {speech_s / max(spoke, 1e-3):.1f} times as fast as it is spoken")
        _say("")


# --- recordings ---------------------------------------------------------------------------------


def read_folder(folder: Path) -> list[Sample]:
    """The recordings in `folder`: x.wav or x.flac (also .ogg, .opus, .mp3), each with the words of x.txt if it exists.

    A folder of one or two long recordings is cut at pauses into three or more, without their texts.
    Raises Rejected with what is missing.
    """
    folder = folder.expanduser()  # not every shell does it behind SPEECH=
    if not folder.is_dir():
        raise Rejected(f"SPEECH: there is no folder {folder}; name one with recordings of one person")
    suffixes = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes and file.is_file())
    if not files:
        raise Rejected(f"SPEECH: {folder} holds no recordings; put x.wav or x.flac files of one person there")
    if len(files) >= _MIN_FILES:
        return [Sample(file.stem, file.read_bytes(), _text_beside(file)) for file in files]
    pieces: list[Sample] = []
    for file in files:
        try:
            wave = codec.decode(file.read_bytes())
        except Rejected as refused:
            raise BadAudio(f"{file.name}: {refused}") from refused
        whole = spans.trim(wave)
        length_s = min(_PIECE_S, whole.duration_s / _MIN_FILES)
        for number, piece in enumerate(cut_at_pauses(whole, length_s), 1):
            pieces.append(Sample(f"{file.stem}-{number}", codec.encode_flac(piece), None))
    if len(pieces) < _MIN_FILES:
        raise Rejected(
            f"SPEECH: {folder} holds {len(files)} short recording(s); three are needed, with at least 10 s "
            "of speech in all"
        )
    _say(f"{len(files)} recording(s) were cut at pauses into {len(pieces)}.")
    return pieces


def cut_at_pauses(wave: Waveform, about_s: float) -> list[Waveform]:
    """`wave` in pieces of about `about_s` seconds, each cut at the quietest moment near its end."""
    levels = spans.frame_levels_dbfs(wave, 0.05)
    pieces: list[Waveform] = []
    start_s = 0.0
    while wave.duration_s - start_s > 1.5 * about_s:
        low, high = int((start_s + 0.7 * about_s) / 0.05), int((start_s + 1.3 * about_s) / 0.05)
        cut_s = (low + int(levels[low:high].argmin()) + 0.5) * 0.05
        pieces.append(wave.cut(start_s, cut_s))
        start_s = cut_s
    pieces.append(wave.cut(start_s, wave.duration_s))
    return [piece for piece in pieces if level.rms_dbfs(piece) > level.FLOOR_DBFS]


def _text_beside(file: Path) -> str | None:
    try:
        return file.with_suffix(".txt").read_text("utf-8").strip() or None
    except OSError:
        return None
    except UnicodeDecodeError as error:
        raise Rejected(f"SPEECH: {file.stem}.txt is not UTF-8; save it as UTF-8 or remove it") from error


def _stand_in(settings: Settings, folder: Path) -> list[Sample]:
    """Recordings of a synthetic reader, made in a child process so that its memory is free again."""
    command = [sys.executable, "-m", "sayso.demo", str(folder)]
    done = subprocess.run(command, env=_environment(settings), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Unavailable(
            f"the synthetic reader could not speak: {lines[-1] if lines else 'no reason given'}"
        )
    return read_folder(folder)


def make_stand_in(settings: Settings, folder: Path) -> None:
    """Write what a stock voice of the engine reads, three WAV files with their texts, into `folder`."""
    engine = make_engine(
        settings.engine, EngineOptions(settings.models_folder, settings.threads, speaks_only=True)
    )
    reader = engine.reader(engine.readers()[0])
    for number, text in enumerate(READER_TEXTS, 1):
        said = np.concatenate([piece.wave.samples for piece in reader.speak(text)])
        wave = Waveform(said, reader.rate_hz)
        (folder / f"reader-{number}.wav").write_bytes(codec.encode(wave, container="wav"))
        (folder / f"reader-{number}.txt").write_text(text, "utf-8")


# --- the server and the API ---------------------------------------------------------------------


def _environment(settings: Settings, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "SAYSO_MODELS_DIR": str(settings.models_folder),
        "SAYSO_THREADS": str(settings.threads),
        "SAYSO_ENGINE": settings.engine,
        **more,
    }


@contextmanager
def _server(settings: Settings, folder: Path, clock: Stopwatch) -> Iterator[httpx.Client]:
    """A server of our own with embedded defaults: its data in `folder`, a free port, a token that may upload."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_urlsafe(24)
    environment = _environment(
        settings,
        SAYSO_HOME=str(folder),
        SAYSO_HOST="127.0.0.1",
        SAYSO_PORT=str(port),
        SAYSO_BOOTSTRAP_TOKEN=token,
        SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER="true",
    )
    for name in ("SAYSO_PUBLIC_URL", "SAYSO_DATABASE_URL", "SAYSO_STORAGE_URL"):
        environment.pop(name, None)
    log = folder / "server.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "sayso", "serve"], env=environment, stdout=sink, stderr=sink
        )
    try:
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=600, trust_env=False
        ) as client:
            with clock("server answers"):
                _wait_for(client, "/healthz", process, log)
            with clock("models load"):
                _wait_for(client, "/readyz", process, log)
            yield client
    except httpx.TransportError as error:
        raise Unavailable(f"the demo's server broke off ({error}); its log is {log}") from error
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(client: httpx.Client, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    told = "it does not answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = log.read_text("utf-8", "replace").strip().splitlines()
            told = lines[-1] if lines else f"exit code {process.returncode}"
            break
        try:
            answer = client.get(path)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code == httpx.codes.OK:
            return
        told = answer.text
        if "cannot load" in told:
            break
        time.sleep(0.1)
    raise Unavailable(f"the demo's server did not become ready: {told}; its log is {log}")


def _upload(client: httpx.Client, samples: Sequence[Sample], clock: Stopwatch) -> str:
    """Create the voice and give it its recordings; returns its uuid."""
    with clock("upload"):
        voice = _ask(client, "POST", "/api/v2/voices", json={"name": "demo", "voice_type": "rapid"})["item"][
            "uuid"
        ]
        for sample in samples:
            fields = {"name": sample.name, "emotion": "neutral", "is_active": "true"}
            if sample.text:
                fields["text"] = sample.text
            path = f"/api/v2/voices/{voice}/recordings"
            item = _ask(client, "POST", path, data=fields, files={"file": (sample.name, sample.audio)})[
                "item"
            ]
            _say(f"  uploaded {sample.name}: {item['duration']:.1f} s")
    return str(voice)


def _build(client: httpx.Client, voice: str, clock: Stopwatch) -> None:
    """Build the voice and wait, telling how far it is."""
    deadline = time.monotonic() + _BUILD_TIMEOUT_S
    with clock("build"), _progress() as tell:
        _ask(client, "POST", f"/api/v2/voices/{voice}/build", json={})
        while time.monotonic() < deadline:
            item = _ask(client, "GET", f"/api/v2/voices/{voice}")["item"]
            if item["status"] == "finished":
                tell("finished", 1.0, 0.0)
                return
            if item["status"] not in ("running", "initializing"):
                raise SaysoError(f"the voice was not built ({item['status']}): {item['issue']}")
            tell(item["stage"] or "waiting", float(item["progress"]), item["seconds_left"])
            time.sleep(0.3)
    raise Unavailable("the build did not end within an hour")


@contextmanager
def _progress() -> Iterator[Callable[[str, float, float | None], None]]:
    """A bar on a terminal; elsewhere a line for each stage and every few seconds."""
    console = Console()
    if console.is_terminal:
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %  {task.fields[left]}"),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("waiting", total=1.0, left="")

            def draw(stage: str, fraction: float, left_s: float | None) -> None:
                left = f"{left_s:.0f} s left" if left_s is not None else ""
                bar.update(task, description=stage, completed=fraction, left=left)

            yield draw
        return
    last = ("", 0.0)

    def write(stage: str, fraction: float, left_s: float | None) -> None:
        nonlocal last
        now = time.monotonic()
        if stage != last[0] or now - last[1] > 3.0:
            left = f", {left_s:.0f} s left" if left_s else ""
            _say(f"  {stage}: {100 * fraction:.0f} %{left}")
            last = (stage, now)

    yield write


def _ask(client: httpx.Client, method: str, path: str, **options: Any) -> dict[str, Any]:
    """One request; the API's own words where it refuses."""
    answer = client.request(method, path, **options)
    body: dict[str, Any] = answer.json()
    if not answer.is_success or not body.get("success", False):
        raise Rejected(f"the server refused {method} {path}: {body.get('message', answer.status_code)}")
    return body


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    from sayso.settings import load_settings

    make_stand_in(load_settings(), Path(sys.argv[1]))
