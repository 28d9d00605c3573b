"""How fast does a voice speak, how soon is the first sound there, and what does it cost?

    python benchmarks/speak.py [--speech DIR] [--repeats 3] [--no-http] [--json FILE]

In process: a warm stock reader and, with --speech, a rapid voice of the first speaker say sentences of 5, 10, 20 and
40 words and a paragraph. Over HTTP: a warm `sayso serve` streams ten-word sentences with a rapid voice (of that
speaker; without --speech of what a stock reader reads), one at a time and two at once.
Times real time: seconds of audio for each second of wall time; more is better, 1 just keeps up.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import numpy as np

import common
import people
import server
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.base import Speaker, VoiceEngine
from sayso.engines.registry import EngineOptions, make_engine
from sentences import BY_WORDS, PARAGRAPH

_HEADER_BYTES = 44
_STREAM_RATE_HZ = 24_000
_UPLOADS = 3


@dataclass(frozen=True, slots=True)
class Saying:
    """One text said: when its first sound was there, when its last, and how long it is. Seconds."""

    first_s: float
    wall_s: float
    audio_s: float


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--only", metavar="SPEAKER", help="clone this speaker instead of the first")
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="say all texts N times (default: 3)"
    )
    parser.add_argument("--no-http", action="store_true", help="leave the server out")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    run(options)


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    report = common.Report("speak: how fast does a voice speak?", options)
    files = _uploads(options)
    if not options.no_http:
        # First, while this process is small and has no threads that would take the server's cores.
        files = files or _read_in_child(options)
        over_http(report, options, files)
    in_process(report, options, files if options.speech else None)
    report.close()


# --- in process -----------------------------------------------------------------------------------


def in_process(
    report: common.Report, options: argparse.Namespace, files: Sequence[tuple[str, bytes, str | None]] | None
) -> None:
    """Speed of the engine itself."""
    engine = make_engine(options.engine, EngineOptions(options.models, options.threads))
    engine.warm()
    voices: dict[str, Speaker] = {}
    if engine.readers():
        voices[f"reader {engine.readers()[0]}"] = engine.reader(engine.readers()[0])
    resident = common.megabytes(os.getpid())
    if files:
        voices["rapid voice"] = _clone(engine, options, files)
    texts: dict[str, Sequence[str]] = {f"{count} words": said for count, said in BY_WORDS.items()}
    texts["paragraph"] = (PARAGRAPH,)
    rows: list[dict[str, object]] = []
    at_once: list[dict[str, object]] = []
    for name, speaker in voices.items():
        for count in (5, 20):
            _say(speaker, BY_WORDS[count][0])  # a voice's first words may have to set something up
        for kind, said in texts.items():
            cpu = time.process_time()
            sayings = [_say(speaker, text) for _ in range(options.repeats) for text in said]
            audio_s = sum(saying.audio_s for saying in sayings)
            rows.append(
                {
                    "voice": name,
                    "text": kind,
                    **_figures(sayings),
                    "CPU s per s": (time.process_time() - cpu) / audio_s,
                }
            )
        at_once.append({"voice": name, **_two(partial(_say, speaker), options.repeats)})
    report.table("Speech in process, warm", rows, *_NOTES)
    report.table("Two ten-word streams at once, in process", at_once, _TWO_NOTE)
    report.table(
        "Memory of this process (resident)",
        [
            {"when": "engine warm", "MB": resident},
            {"when": "at the end", "MB": common.megabytes(os.getpid())},
            {
                "when": "peak" + (" (a voice was made too)" if files else ""),
                "MB": common.megabytes(os.getpid(), "VmHWM"),
            },
        ],
    )


_NOTES = (
    "First sound: until the first piece of speech is there, median and slowest. CPU s per s: processor seconds of all "
    "cores for a second of audio.",
)
_TWO_NOTE = "Times real time: of both together; first sound as each of the two hears it."


def _say(speaker: Speaker, text: str) -> Saying:
    began, first, audio_s = time.monotonic(), None, 0.0
    for part in speaker.speak(text):
        first = first or time.monotonic()
        audio_s += part.wave.duration_s
    return Saying((first or time.monotonic()) - began, time.monotonic() - began, audio_s)


def _clone(
    engine: VoiceEngine, options: argparse.Namespace, files: Sequence[tuple[str, bytes, str | None]]
) -> Speaker:
    from sayso.engines.registry import make_ear
    from sayso.pipeline import ingest

    given = [ingest.Given(codec.decode(audio), text) for _, audio, text in files]
    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    takes = ingest.choose(given, ear, "en", lambda *_: None)
    with tempfile.TemporaryDirectory() as folder:
        return engine.load(engine.clone(takes, Path(folder), 1, lambda *_: None).read_bytes())


# --- over HTTP ------------------------------------------------------------------------------------


def over_http(
    report: common.Report, options: argparse.Namespace, files: Sequence[tuple[str, bytes, str | None]]
) -> None:
    """Speed as a client sees it."""
    with server.running(options.models, options.threads, options.engine) as started:
        uuid = server.create_voice(started.client, "benchmark", files)
        server.build(started, uuid)
        _stream(started.client, uuid, BY_WORDS[10][0])
        started.settle()
        rows: list[dict[str, object]] = []
        for count, said in BY_WORDS.items():
            cpu = started.cpu_s()
            sayings = [_stream(started.client, uuid, text) for _ in range(options.repeats) for text in said]
            spent = (started.cpu_s() - cpu) / sum(saying.audio_s for saying in sayings)
            rows.append({"text": f"{count} words", **_figures(sayings), "CPU s per s": spent})
        report.table("POST /stream, rapid voice, warm", rows, *_NOTES)
        two = _two(partial(_stream, started.client, uuid), options.repeats)
        report.table("Two ten-word streams at once, over HTTP", [two], _TWO_NOTE)
        report.table("Memory of the server (resident)", server.memory_rows(started, "after speaking"))


def _stream(client: httpx.Client, uuid: str, text: str) -> Saying:
    """Say `text` by POST /stream; the first sound is the first byte after the header."""
    began, first, size = time.monotonic(), None, 0
    order = {"voice_uuid": uuid, "data": text, "precision": "PCM_16", "sample_rate": _STREAM_RATE_HZ}
    with client.stream("POST", "/stream", json=order) as answer:
        if answer.status_code != 200:
            raise SystemExit(f"POST /stream: {answer.status_code} {answer.read()[:500]!r}")
        for piece in answer.iter_raw():
            size += len(piece)
            if first is None and size > _HEADER_BYTES:
                first = time.monotonic()
    wall_s = time.monotonic() - began
    return Saying((first or time.monotonic()) - began, wall_s, (size - _HEADER_BYTES) / 2 / _STREAM_RATE_HZ)


def _uploads(options: argparse.Namespace) -> list[tuple[str, bytes, str | None]]:
    """The first files of the speaker who is cloned; none without --speech."""
    if options.speech is None:
        return []
    speakers = people.collection(options.speech / options.speakers)
    recordings = next(iter(people.chosen(speakers, [options.only] if options.only else None).values()))
    return [
        (recording.file.name, recording.file.read_bytes(), None)
        for recording in recordings[: people.REFERENCES]
    ]


def _read_in_child(options: argparse.Namespace) -> list[tuple[str, bytes, str | None]]:
    """Recordings of a stock reader, for a voice to speak with where there is no human speech."""
    import multiprocessing

    # A process of its own gives the memory back, and leaves no threads behind that wait on our cores.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_read, (options.engine, options.models, options.threads))


def _read(engine_name: str, models: Path, threads: int) -> list[tuple[str, bytes, str | None]]:
    engine = make_engine(engine_name, EngineOptions(models, threads))
    if not engine.readers():
        raise SystemExit(f"the engine {engine_name} has no stock reader: give it human speech with --speech")
    reader = engine.reader(engine.readers()[0])
    files: list[tuple[str, bytes, str | None]] = []
    for number, text in enumerate((*BY_WORDS[20], *BY_WORDS[40])[:_UPLOADS], 1):
        samples = np.concatenate([part.wave.samples for part in reader.speak(text)])
        audio = codec.encode(Waveform(samples, reader.rate_hz), container="wav")
        files.append((f"reader-{number}.wav", audio, text))
    return files


# --- both -----------------------------------------------------------------------------------------


def _figures(sayings: Sequence[Saying]) -> dict[str, object]:
    """Columns of a table."""
    first_ms = [1_000 * saying.first_s for saying in sayings]
    audio_s = sum(saying.audio_s for saying in sayings)
    return {
        "said": len(sayings),
        "audio s": audio_s,
        "x real time": audio_s / sum(saying.wall_s for saying in sayings),
        "slowest x": min(saying.audio_s / saying.wall_s for saying in sayings),
        "first sound ms": round(statistics.median(first_ms)),
        "slowest ms": round(max(first_ms)),
    }


def _two(say: Callable[[str], Saying], repeats: int) -> dict[str, object]:
    """Two listeners at once, each with ten-word sentences one after the other."""
    heard: list[list[Saying]] = [[], []]
    troubles: list[BaseException] = []
    together = threading.Barrier(2)

    def listen(mine: list[Saying]) -> None:
        try:
            together.wait(60)
            mine.extend(say(text) for _ in range(repeats) for text in BY_WORDS[10])
        except BaseException as trouble:  # noqa: BLE001 - told by the thread that waits for this one
            troubles.append(trouble)

    threads = [threading.Thread(target=listen, args=(mine,)) for mine in heard]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.monotonic() - began
    if troubles:
        raise troubles[0]
    sayings = [saying for mine in heard for saying in mine]
    first_ms = [1_000 * saying.first_s for saying in sayings]
    return {
        "said": len(sayings),
        "x real time": sum(saying.audio_s for saying in sayings) / wall_s,
        "first sound ms": round(statistics.median(first_ms)),
        "slowest ms": round(max(first_ms)),
    }


if __name__ == "__main__":
    main()
