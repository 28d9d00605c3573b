"""How fast does a voice speak, how soon is the first sound there, what does it cost, and is it still the same sound?

    python benchmarks/speak.py [--speech DIR] [--repeats 3] [--no-http] [--no-guard] [--json FILE]

In process: a rapid voice (with --speech the clone of the first speaker, else a stock reader packed as one) and a
professional one (the same with random deltas of the shape that training makes: its speed) say sentences of 5, 10, 20 and 40
words and a paragraph, with the watermark, by the engine as the server has it. Over HTTP: a warm `sayso serve` streams the
same sentences with the rapid voice, one at a time and two at once. Beside it stands what became of the sound against the
reference implementation (guard.py). Times real time: seconds of audio for each second of wall time; 1 just keeps up.
rivals.py compares with others, scaling.py tells how costs grow.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import common
import guard
import server
import standins
from listening import Saying, fill, stream, voices_of
from sayso.audio.waveform import Waveform
from sayso.engines.base import Speaker
from sayso.engines.registry import EngineOptions, make_ear
from sentences import BY_WORDS, PARAGRAPH

_KEPT = (*BY_WORDS[10], *BY_WORDS[20], PARAGRAPH)
"""What is looked at beside its speed."""


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--only", metavar="SPEAKER", help="clone this speaker instead of the first")
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="say all texts N times (default: 3)"
    )
    parser.add_argument("--no-http", action="store_true", help="leave the server out")
    parser.add_argument("--no-guard", action="store_true", help="do not look at the sound")
    # Of a process of this program's own, which says what the reference implementation would.
    parser.add_argument("--say-into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    run(options)


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    if options.say_into is not None:
        say_into(options, options.say_into)
        return
    report = common.Report("speak: how fast does a voice speak?", options)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        voices = standins.write(options, folder)
        print(f"\nVoices: {voices}.")
        if not options.no_http:
            # First, while this process is small and has no threads that would take the server's cores.
            over_http(report, options, folder)
        speeds = in_process(report, options, folder)
        if not options.no_guard:
            guarded(report, options, folder, speeds)
    report.close()


# --- in process -----------------------------------------------------------------------------------

_VOICES = {"rapid voice": standins.RAPID, "professional voice": standins.PROFESSIONAL}


def in_process(report: common.Report, options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Speed of the engine itself, with the mark; times real time of each voice."""
    engine = standins.speaking_engine(options.engine, options.models, options.threads)
    engine.warm()
    resident = common.megabytes(os.getpid())
    texts: dict[str, Sequence[str]] = {f"{count} words": said for count, said in BY_WORDS.items()}
    texts["paragraph"] = (PARAGRAPH,)
    rows: list[dict[str, object]] = []
    at_once: list[dict[str, object]] = []
    speeds: dict[str, float] = {}
    for name, file in _VOICES.items():
        speaker = engine.load((folder / file).read_bytes())
        for count in (5, 20):
            _say(speaker, BY_WORDS[count][0])  # a voice's first words may have to set something up
        everything: list[Saying] = []
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
            everything += sayings
        speeds[name] = float(str(_figures(everything)["x real time"]))
        at_once.append({"voice": name, **_two(partial(_say, speaker), options.repeats)})
        for number, text in enumerate(_KEPT):
            np.save(_kept(folder, file, number), _samples(speaker, text))
    report.table("Speech in process, warm, with the watermark", rows, *_NOTES)
    report.table("Two ten-word streams at once, in process", at_once, _TWO_NOTE)
    report.table(
        "Memory of this process (resident)",
        [
            {"when": "engine warm", "MB": resident},
            {"when": "at the end", "MB": common.megabytes(os.getpid())},
            {"when": "peak", "MB": common.megabytes(os.getpid(), "VmHWM")},
        ],
    )
    return speeds


def _samples(speaker: Speaker, text: str) -> np.ndarray:
    return np.concatenate([piece.wave.samples for piece in speaker.speak(text)])


def _kept(folder: Path, what: str, number: int) -> Path:
    return folder / f"{what}-{number}.npy"


def say_into(options: argparse.Namespace, folder: Path) -> None:
    """Be the reference: say all that is looked at, without the mark."""
    engine = standins.speaking_engine(options.engine, options.models, options.threads, marks=False)
    speaker = engine.load((folder / standins.RAPID).read_bytes())
    for number, text in enumerate(_KEPT):
        np.save(_kept(folder, "reference", number), _samples(speaker, text))


def guarded(
    report: common.Report, options: argparse.Namespace, folder: Path, speeds: dict[str, float]
) -> None:
    """What became of the sound."""
    command = [sys.executable, __file__, "--say-into", str(folder), "--models", str(options.models)]
    command += ["--threads", str(options.threads), "--engine", options.engine]
    subprocess.run(command, env={**os.environ, "SAYSO_KERNELS": "none"}, check=True)

    def waves(what: str) -> list[Waveform]:
        return [Waveform(np.load(_kept(folder, what, number)), 24_000) for number in range(len(_KEPT))]

    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    judge = guard.Guard(options.models, ear, list(zip(_KEPT, waves("reference"), strict=True)))
    rows: list[dict[str, object]] = [
        {"voice": name, "x real time": speeds[name], **judge.row(waves(file))}
        for name, file in _VOICES.items()
    ]
    rows.append({"voice": "the reference itself", "x real time": None, **judge.row(waves("reference"))})
    report.table("What became of the sound, against the reference implementation", rows, guard.NOTE)


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


# --- over HTTP ------------------------------------------------------------------------------------


def over_http(report: common.Report, options: argparse.Namespace, folder: Path) -> None:
    """Speed as a client sees it."""
    voices = folder / "voices"
    voices.mkdir()
    (voices / standins.RAPID).write_bytes((folder / standins.RAPID).read_bytes())
    filled = functools.partial(fill, folder=str(voices))
    with server.running(options.models, options.threads, options.engine, filled) as started:
        (uuid,) = voices_of(started)
        started.settle()
        for count in (5, 20):
            stream(started.client, uuid, BY_WORDS[count][0])
        rows: list[dict[str, object]] = []
        for kind, said in {
            **{f"{n} words": said for n, said in BY_WORDS.items()},
            "paragraph": (PARAGRAPH,),
        }.items():
            cpu = started.cpu_s()
            sayings = [stream(started.client, uuid, text) for _ in range(options.repeats) for text in said]
            spent = (started.cpu_s() - cpu) / sum(saying.audio_s for saying in sayings)
            rows.append({"text": kind, **_figures(sayings), "CPU s per s": spent})
        report.table("POST /stream, rapid voice, warm, with the watermark", rows, *_NOTES)
        two = _two(partial(stream, started.client, uuid), options.repeats)
        report.table("Two ten-word streams at once, over HTTP", [two], _TWO_NOTE)
        report.table("Memory of the server (resident)", server.memory_rows(started, "after speaking"))


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
