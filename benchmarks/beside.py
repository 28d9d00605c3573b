"""How much slower is speech while a professional voice is trained beside it, and how much memory does the training take?

    python benchmarks/beside.py --speech DIR [--only SPEAKER] [--sentences 10] [--json FILE]

Starts `sayso serve` with embedded defaults and an empty data folder. Builds a rapid voice and says sentences with it by POST
/stream while the server does nothing else. Then all recordings of a speaker of pro_* are uploaded as a professional voice, and the
same sentences are said in each stage of its build that lasts, until there was speech beside the timbre's training; then the
build is cancelled. First sound: from the request to the first byte of sound. With it, how long GET of a voice takes, and the peak memory of the
training child. With --artifact FILE: how long that voice takes to load into a warm engine, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import httpx

import common
import people
import server
from listening import stream

SENTENCES = (
    "The kettle is on, and the bread is still warm.",
    "Nobody knew why the last train left so early.",
    "Bring the blue folder when you come to lunch.",
    "It rained all morning, so we stayed at home.",
    "The shop on the corner closes at half past six.",
)
LAST = "learning timbre"
"""The stage that takes most of a training."""
_LOOK_S = 0.5
_LOADS = 50


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument(
        "--only", default="pro_libri26_en_m_16k", metavar="SPEAKER", help="a folder pro_* of DIR"
    )
    parser.add_argument(
        "--sentences", type=int, default=10, metavar="N", help="said in each stage (default: %(default)s)"
    )
    parser.add_argument(
        "--patience", type=float, default=1_800.0, help="seconds until the timbre must be trained"
    )
    parser.add_argument(
        "--artifact", type=Path, metavar="FILE", help="only measure how long this voice takes to load"
    )
    parser.add_argument(
        "--minutes",
        default="40",
        metavar="N",
        help="SAYSO_PROFESSIONAL_MINUTES; with few the last stage comes soon (default: 40)",
    )
    options = parser.parse_args()
    if options.artifact is not None:
        load(options)
    else:
        run(options)


def load(options: argparse.Namespace) -> None:
    """Measure and print how long a voice takes to load."""
    from sayso.engines.registry import EngineOptions, make_engine

    report = common.Report("beside: how long does a voice take to load?", options)
    engine = make_engine(options.engine, EngineOptions(options.models, options.threads))
    engine.warm()
    artifact = options.artifact.read_bytes()
    taken_ms, held = [], [engine.load(artifact)]
    before_mb = common.megabytes(os.getpid())
    for _ in range(_LOADS):
        began = time.monotonic()
        held.append(engine.load(artifact))
        taken_ms.append(1_000 * (time.monotonic() - began))
    row = {
        "file kB": len(artifact) / 1000,
        "median ms": statistics.median(taken_ms),
        "slowest ms": max(taken_ms),
        "MB held by each": (common.megabytes(os.getpid()) - before_mb) / _LOADS,
    }
    report.table(f"Loading a voice, {_LOADS} times, engine warm", [row])
    report.close()


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    report = common.Report("beside: how much slower is speech while a voice is trained?", options)
    folder = options.speech / options.only / "train"
    files = [
        (r.file.name, r.file.read_bytes(), r.text or None)
        for found in people.collection(folder).values()
        for r in found
    ]
    minutes = {"SAYSO_PROFESSIONAL_MINUTES": options.minutes}
    with server.running(options.models, options.threads, options.engine, **minutes) as started:
        rapid = server.create_voice(started.client, "speaks", files[: people.REFERENCES])
        server.build(started, rapid)
        stream(started.client, rapid, SENTENCES[0])
        started.settle()
        rows = [_row(started.client, rapid, "nothing", options.sentences)]
        _print(rows)
        uuid = _ask(started.client, files)
        seen: set[str] = set()
        until = time.monotonic() + options.patience
        while time.monotonic() < until:
            voice = server.item(started.client.get(f"/api/v2/voices/{uuid}"))
            stage = str(voice["stage"] or "")
            if voice["status"] != "running":
                break
            if stage and stage not in seen and _lasts(started.client, uuid, stage):
                seen.add(stage)
                rows.append(_row(started.client, rapid, stage, options.sentences))
                _print(rows)
                if stage == LAST:
                    break
            time.sleep(_LOOK_S)
        base = float(str(rows[0]["first sound ms"]))
        for row in rows:
            row["times as long"] = float(str(row["first sound ms"])) / base
        report.table("First sound by POST /stream while the server does beside it", rows)
        report.table("Memory (resident)", server.memory_rows(started, "at the end"))
        started.client.post(f"/api/v2/voices/{uuid}/cancel")
    report.close()


def _lasts(client: httpx.Client, uuid: str, stage: str) -> bool:
    """Whether the build is still at it a moment later: what is over before a sentence is said tells nothing."""
    time.sleep(2.0)
    return bool(server.item(client.get(f"/api/v2/voices/{uuid}"))["stage"] == stage)


def _row(client: httpx.Client, uuid: str, beside: str, count: int) -> dict[str, object]:
    first = [stream(client, uuid, SENTENCES[i % len(SENTENCES)]).first_s for i in range(count)]
    asked = []
    for _ in range(count):
        began = time.monotonic()
        server.item(client.get(f"/api/v2/voices/{uuid}"))
        asked.append(time.monotonic() - began)
    return {
        "beside": beside,
        "said": count,
        "first sound ms": round(1_000 * statistics.median(first)),
        "slowest ms": round(1_000 * max(first)),
        "GET ms": round(1_000 * statistics.median(asked)),
    }


def _print(rows: list[dict[str, object]]) -> None:
    print(f"  {rows[-1]}", flush=True)


def _ask(client: httpx.Client, files: list[tuple[str, bytes, str | None]]) -> str:
    """A professional voice of `files`, its build asked for; its uuid."""
    uuid = server.create_voice(client, "learns", files, "professional")
    server.item(client.post(f"/api/v2/voices/{uuid}/build", json={"fill": False}))
    return uuid


if __name__ == "__main__":
    main()
