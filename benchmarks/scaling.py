"""How do the costs of speech grow: with listeners, with voices, with the length of a text, with bad listeners, with time?

    python benchmarks/scaling.py [--parts streams voices lengths crowd requests] [--plot FILE.svg] [--json FILE]

A real server with a thousand voices (stock readers and mixtures of them, packed as rapid voices are: standins.py), the
watermark on, driven over HTTP as any client would. What is printed as memory is the resident memory of the server's own
process, without the children that build voices, which sleep here.
"""

from __future__ import annotations

import argparse
import functools
import json
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

import common
import plot
import server
import standins
from listening import OUTBOUND, Saying, fill, ordered, stream, voices_of, watched
from sentences import BY_WORDS, SENTENCES, chapter

PARTS = ("streams", "voices", "lengths", "crowd", "requests")
STREAMS = (1, 2, 4, 8)
LENGTHS = (10, 100, 1_000, 3_000, 10_000, 20_000)
_LIVE_CHARACTERS = 3_000
"""Longer texts are clips that are made in the background."""
_SHORT = "Yes, of course."
_WARM_REQUESTS = 100

Rows = list[dict[str, Any]]


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument(
        "--voices", nargs="+", type=int, default=[10, 100, 1_000], metavar="N", help="voices in use"
    )
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], metavar="N", help="characters")
    parser.add_argument("--requests", type=int, default=1_000, metavar="N", help="requests of the last part")
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="each listener's sentences, times 3"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves here (SVG)")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Measure, print and draw."""
    report = common.Report("scaling: how do the costs of speech grow?", options)
    panels: list[plot.Panel] = []
    count = max(options.voices) if "voices" in options.parts else 12
    with tempfile.TemporaryDirectory() as folder:
        standins.write_many(options.models, Path(folder), count)
        filled = functools.partial(fill, folder=folder)
        with server.running(
            options.models, options.threads, options.engine, filled, SAYSO_OUTBOUND_ALLOW=OUTBOUND
        ) as started:
            uuids = voices_of(started)
            started.settle()
            print(f"\n{len(uuids)} voices; the server's memory at rest: {_mb(started):.0f} MB")
            for sentence in (_SHORT, BY_WORDS[10][0], BY_WORDS[40][0]):
                stream(started.client, uuids[0], sentence)
            for name in options.parts:
                panels += _PARTS[name](report, options, started, uuids)
            report.table(
                "Memory of the server, all parts together", server.memory_rows(started, "at the end")
            )
    if options.plot is not None and panels:
        facts = common.machine(options.threads)
        caption = f"{facts['machine']}, {options.threads} threads, {facts['versions'].split(',')[0]}, {facts['date']}"
        plot.write(options.plot, panels, caption)
    report.close()


def _mb(started: server.Server) -> float:
    return common.megabytes(started.pid) or 0.0


# --- listeners at once ----------------------------------------------------------------------------


def streams(
    report: common.Report, options: argparse.Namespace, started: server.Server, uuids: Sequence[str]
) -> list[plot.Panel]:
    """1, 2, 4, 8 at once, each with a voice and sentences of its own."""
    rows: Rows = []
    for count in STREAMS:
        jobs = [
            (uuids[i % len(uuids)], [BY_WORDS[10][(i + n) % 3] for n in range(3 * options.repeats)])
            for i in range(count)
        ]
        began = time.monotonic()
        heard = _together(jobs, functools.partial(stream, started.client))
        wall_s = time.monotonic() - began
        sayings = [saying for mine in heard for saying in mine]
        each = [sum(s.audio_s for s in mine) / sum(s.wall_s for s in mine) for mine in heard]
        rows.append(
            {
                "streams": count,
                "together x real time": sum(s.audio_s for s in sayings) / wall_s,
                "slowest listener x": min(each),
                "slowest sentence x": min(s.audio_s / s.wall_s for s in sayings),
                "first sound ms": round(1_000 * statistics.median(s.first_s for s in sayings)),
                "slowest ms": round(1_000 * max(s.first_s for s in sayings)),
                "server MB": round(_mb(started)),
            }
        )
    report.table("Listeners at once, ten-word sentences over /stream", rows, _STREAMS_NOTE)
    at = [float(row["streams"]) for row in rows]

    def line(name: str) -> list[plot.Point]:
        return [(x, float(row[name])) for x, row in zip(at, rows, strict=True)]

    return [
        plot.Panel(
            "Listeners at once",
            "streams",
            "times real time",
            {"together": line("together x real time"), "slowest listener": line("slowest listener x")},
        ),
        plot.Panel("Waiting for the first sound", "streams", "ms, median", {"": line("first sound ms")}),
    ]


_STREAMS_NOTE = (
    "A listener above 1 x never waits within a sentence that has begun; all share the same two threads."
)


def _together(
    jobs: Sequence[tuple[str, Sequence[str]]], say: Callable[[str, str], Saying]
) -> list[list[Saying]]:
    """Every job in a thread of its own, all at the same moment."""
    ready = threading.Barrier(len(jobs))

    def listen(job: tuple[str, Sequence[str]]) -> list[Saying]:
        ready.wait(60)
        return [say(job[0], text) for text in job[1]]

    with ThreadPoolExecutor(len(jobs)) as crowd:
        return list(crowd.map(listen, jobs))


# --- voices in use --------------------------------------------------------------------------------


def voices(
    report: common.Report, options: argparse.Namespace, started: server.Server, uuids: Sequence[str]
) -> list[plot.Panel]:
    """Every voice says something, then one voice and many voices in turn say the same."""
    rows: Rows = []
    for count in sorted(options.voices):
        first = [stream(started.client, uuid, _SHORT).wall_s for uuid in uuids[:count]]
        # Those that were last are still loaded, however many there are.
        last = uuids[:count][-10:]
        same, other = [], []
        for number in range(40):
            same.append(stream(started.client, last[-1], BY_WORDS[5][0]))
            other.append(stream(started.client, last[number % len(last)], BY_WORDS[5][0]))
        rows.append(
            {
                "voices in use": count,
                "server MB": round(_mb(started)),
                "same voice, x real time": _speed(same),
                "another each time, x": _speed(other),
                "same: first sound ms": round(1_000 * statistics.median(s.first_s for s in same)),
                "another: first sound ms": round(1_000 * statistics.median(s.first_s for s in other)),
                "first word of a voice ms": round(1_000 * statistics.median(first)),
            }
        )
    report.table("Voices in use", rows, _VOICES_NOTE)
    points = [(float(row["voices in use"]), float(row["server MB"])) for row in rows]
    return [plot.Panel("Memory with voices in use", "voices", "MB of the server", {"": points}, log_x=True)]


_VOICES_NOTE = (
    f"Each voice says {_SHORT!r} once, which loads it (last column: all of it). Then a five-word sentence forty times by "
    "one voice, and in between by ten in turn. The server keeps the last 256 voices loaded; an older one is read again, "
    "77 KB."
)


def _speed(sayings: Sequence[Saying]) -> float:
    return sum(s.audio_s for s in sayings) / sum(s.wall_s for s in sayings)


# --- length of a text -----------------------------------------------------------------------------


def lengths(
    report: common.Report, options: argparse.Namespace, started: server.Server, uuids: Sequence[str]
) -> list[plot.Panel]:
    """From a word to a chapter."""
    rows: Rows = []
    for count in (length for length in LENGTHS if length <= options.longest):
        text = chapter(count)
        with watched(started.pid) as most:
            saying = (
                stream(started.client, uuids[0], text)
                if count <= _LIVE_CHARACTERS
                else ordered(started.client, uuids[0], text)[0]
            )
        rows.append(
            {
                "characters": len(text),
                "as": "stream" if count <= _LIVE_CHARACTERS else "clip in the background",
                "audio s": saying.audio_s,
                "x real time": saying.audio_s / saying.wall_s,
                "first sound ms": round(1_000 * saying.first_s) if count <= _LIVE_CHARACTERS else None,
                "server MB": round(most()),
            }
        )
    report.table("Length of a text", rows, "Memory: the most that the server held meanwhile.")
    at = [float(row["characters"]) for row in rows]
    speed = [(x, float(row["x real time"])) for x, row in zip(at, rows, strict=True)]
    memory = [(x, float(row["server MB"])) for x, row in zip(at, rows, strict=True)]
    return [
        plot.Panel("Length of a text", "characters", "times real time", {"": speed}, log_x=True),
        plot.Panel("Memory while it is said", "characters", "MB of the server", {"": memory}, log_x=True),
    ]


# --- listeners who are not nice -------------------------------------------------------------------


def crowd(
    report: common.Report, _: argparse.Namespace, started: server.Server, uuids: Sequence[str]
) -> list[plot.Panel]:
    """Twelve at once, one who reads slowly, fifty who leave."""
    rows: Rows = []
    texts = [f"This is listener number {n}. {SENTENCES[n]} {SENTENCES[n + 12]}" for n in range(12)]
    order = functools.partial(_bytes, started.client)
    voice = [uuids[n % len(uuids)] for n in range(12)]
    alone = [order(uuid, text) for uuid, text in zip(voice, texts, strict=True)]
    with ThreadPoolExecutor(12) as many:
        began = time.monotonic()
        together = list(many.map(order, voice, texts))
        wall_s = time.monotonic() - began
    same = sum(a[0] == b[0] for a, b in zip(alone, together, strict=True))
    firsts = sorted(b[1] for b in together)
    rows.append(
        {
            "what": "twelve requests at once",
            "outcome": f"{same} of 12 the same bytes as alone, first sound {firsts[0]:.2f} to {firsts[-1]:.2f} s, "
            f"all in {wall_s:.1f} s",
            "server MB": round(_mb(started)),
        }
    )
    text = chapter(1_500)
    whole = len(order(uuids[0], text)[0])
    with _line(started, uuids[0], text) as slow:
        time.sleep(0.5)
        other = stream(started.client, uuids[1 % len(uuids)], BY_WORDS[10][0])
        size = _read_slowly(slow)
    rows.append(
        {
            "what": "a listener who reads 16 KB each 20 ms",
            "outcome": f"got {size / whole:.1%} of the bytes (with the chunks' heads); another heard its first sound "
            f"after {1_000 * other.first_s:.0f} ms meanwhile",
            "server MB": round(_mb(started)),
        }
    )
    for _ in range(50):
        with _line(started, uuids[0], text) as line:
            line.recv(4_000)
    began = time.monotonic()
    after = stream(started.client, uuids[0], BY_WORDS[10][0])
    rows.append(
        {
            "what": "fifty who leave after the first bytes",
            "outcome": f"the next one's first sound after {1_000 * after.first_s:.0f} ms",
            "server MB": round(_mb(started)),
        }
    )
    report.table("Listeners who are many, slow, or gone", rows)
    return []


def _bytes(client: httpx.Client, uuid: str, text: str) -> tuple[bytes, float]:
    began, pieces, first = time.monotonic(), [], 0.0
    with client.stream("POST", "/stream", json={"voice_uuid": uuid, "data": text}) as answer:
        for piece in answer.iter_raw():
            first = first or time.monotonic() - began
            pieces.append(piece)
    return b"".join(pieces), first


@contextmanager
def _line(started: server.Server, uuid: str, text: str) -> Iterator[socket.socket]:
    body = json.dumps({"voice_uuid": uuid, "data": text}).encode()
    head = f"POST /stream HTTP/1.1\r\nHost: x\r\nx-access-token: {started.token}\r\nConnection: close\r\n"
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        line.connect(("127.0.0.1", started.port))
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        yield line


def _read_slowly(line: socket.socket) -> int:
    size = 0
    while part := line.recv(16_384):
        size += len(part)
        time.sleep(0.02)
    return size


# --- a thousand requests --------------------------------------------------------------------------


def requests(
    report: common.Report, options: argparse.Namespace, started: server.Server, uuids: Sequence[str]
) -> list[plot.Panel]:
    """Many requests of all kinds, one after the other; whether memory grows."""
    memory: list[plot.Point] = []
    client = started.client
    failed = 0
    began = time.monotonic()
    for number in range(options.requests):
        uuid, text = uuids[number % len(uuids)], SENTENCES[number % len(SENTENCES)]
        match number % 5:
            case 0 | 1:
                answer = client.post("/stream", json={"voice_uuid": uuid, "data": text})
            case 2:
                answer = client.post(
                    "/synthesize", json={"voice_uuid": uuid, "data": text, "output_format": "flac"}
                )
            case 3:
                answer = client.post("/v1/audio/speech", json={"voice": uuid, "input": text, "model": "x"})
            case _:
                with _line(started, uuid, text) as line:
                    line.recv(2_000)
                continue
        failed += answer.status_code != 200
        if number % 10 == 0:
            memory.append((number + 1, _mb(started)))
    wall_s = time.monotonic() - began
    settled = [mb for number, mb in memory if number > _WARM_REQUESTS] or [memory[-1][1]]
    tenth = max(1, len(settled) // 10)
    start, end = statistics.mean(settled[:tenth]), statistics.mean(settled[-tenth:])
    row: dict[str, Any] = {
        "requests": options.requests,
        "refused or failed": failed,
        "MB after 100": start,
        "MB at the end": end,
        "growth %": 100 * (end / start - 1),
        "most MB": max(settled),
        "wall s": wall_s,
    }
    report.table("A thousand requests", [row], _REQUESTS_NOTE)
    report.keep("memory over requests", memory)
    return [plot.Panel("Memory over requests", "requests", "MB of the server", {"": memory})]


_REQUESTS_NOTE = (
    "In turn: two streams, a FLAC, an MP3 in OpenAI's form, and one who leaves after the first bytes; forty sentences, all "
    "voices. Growth: the mean of the last tenth against the first tenth after a hundred requests."
)

_PARTS: dict[str, Callable[[common.Report, argparse.Namespace, server.Server, Sequence[str]], list[plot.Panel]]] = {
    "streams": streams, "voices": voices, "lengths": lengths, "crowd": crowd, "requests": requests,
}  # fmt: skip


if __name__ == "__main__":
    main()
