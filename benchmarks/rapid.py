"""How long does a rapid voice take, stage by stage, and how much memory?

    python benchmarks/rapid.py --speech DIR [--only SPEAKER] [--starts 3] [--json FILE]

Starts `sayso serve` with embedded defaults and an empty data folder, several times for the cold start. Then, over
HTTP and as an authorised uploader: for each speaker a rapid voice, three recordings, build, and the time until it is
finished. One build before that warms up (the first speaker, not counted).
"""

from __future__ import annotations

import argparse
import statistics
import time

import common
import people
import server


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument(
        "--only", action="append", metavar="SPEAKER", help="only this speaker (may be repeated)"
    )
    parser.add_argument(
        "--starts", type=int, default=3, metavar="N", help="start the server N times (default: 3)"
    )
    parser.add_argument("--texts", action="store_true", help="upload the transcripts of the recordings too")
    parser.add_argument("--no-warm-up", action="store_true", help="count the first build as well")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    speakers = people.chosen(people.collection(options.speech / options.speakers), options.only)
    report = common.Report("rapid: how long does a rapid voice take, and how much memory?", options)
    answers, readies = [], []
    for _ in range(options.starts - 1):
        with server.running(options.models, options.threads, options.engine) as started:
            answers.append(started.answer_s)
            readies.append(started.ready_s)
    with server.running(options.models, options.threads, options.engine) as started:
        answers.append(started.answer_s)
        readies.append(started.ready_s)
        report.table(
            f"Start of `serve` with an empty data folder, {options.starts} times, seconds",
            [
                {
                    "until": until,
                    "first": times[0],
                    "median": statistics.median(times),
                    "slowest": max(times),
                }
                for until, times in (("first answer (/healthz)", answers), ("ready (/readyz)", readies))
            ],
            "The first start may read the weights from disk, the others find them in memory.",
        )
        started.settle()
        busy_percent = started.busy_percent(5.0)
        memory = server.memory_rows(started, "at rest")
        if not options.no_warm_up:
            _one(started, next(iter(speakers)), speakers, options.texts)
        rows = [_one(started, name, speakers, options.texts) for name in speakers]
        stages = list(dict.fromkeys(key for row in rows for key in row))
        # A stage that passed between two looks took no time that could be seen.
        even = [{stage: row.get(stage, 0.0) for stage in stages} for row in rows]
        report.table(
            "Rapid build from request to finished, seconds of wall time by stage"
            + (", warm" if not options.no_warm_up else ""),
            [*even, common.mean_row(even, "mean")],
            "Stages are told every half second at most, so their borders are that sharp; `in all` is exact to 0.1 s.",
        )
        started.settle()
        memory += server.memory_rows(started, "after the builds")
        report.keep("at_rest_cpu_percent", busy_percent)
        report.table(
            "Memory (resident)",
            memory,
            "The peak of the child that trains is the peak of adaptation; it stays warm between builds.",
            f"At rest the server and its children take {busy_percent:.1f} % of a core.",
        )
    report.close()


def _one(
    started: server.Server, name: str, speakers: dict[str, list[people.Recording]], texts: bool
) -> dict[str, object]:
    """Upload and build one speaker's voice; the row of the table."""
    recordings = speakers[name][: people.REFERENCES]
    files = [
        (recording.file.name, recording.file.read_bytes(), recording.text if texts else None)
        for recording in recordings
    ]
    began = time.monotonic()
    uuid = server.create_voice(started.client, name, files)
    uploaded = time.monotonic() - began
    built = server.build(started, uuid)
    given_s = sum(recording.wave().duration_s for recording in recordings)
    print(f"  {name}: {built.wall_s:.1f} s", flush=True)
    return {
        "speaker": name,
        "given s": given_s,
        "upload": uploaded,
        "in all": built.wall_s,
        "CPU s": built.cpu_s,
        **built.stages,
    }


if __name__ == "__main__":
    main()
