"""How near are the scores that need no clean reference to the true ones? And how fast is the analysis?

Mixtures of known truth (mixtures.py) of speakers, noises and rooms that nothing was fitted on. Of each, the
true STOI and SI-SDR and the wide-band PESQ of the package `pesq` are held against the estimates. `pesq` carries
reference code of ITU-T P.862 whose terms forbid commercial use: it is needed here and nowhere in the product.

`--fit FILE` makes the mixtures of the other side instead and writes the constants of the estimates.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import calibrate
import common
import mixtures
import people
from sayso.audio import perceptual
from sayso.audio.distortion import si_sdr_db
from sayso.audio.stoi import stoi
from sayso.pipeline.analysis.analyse import analyse
from sayso.pipeline.analysis.estimate import RANGES, estimate
from sayso.pipeline.analysis.features import features, vad_snr_db
from sayso.pipeline.analysis.item import Item
from sayso.pipeline.analysis.measure import Tools

CLEAN_DB = 26.0
"""Speech whose own pauses are less far below it is no clean reference: there is no truth to compare with."""
SPEED_ON = "pro_libri26_en_m_16k/test"

Row = dict[str, Any]


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument(
        "--mixtures", type=int, default=420, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        metavar="N",
        help="number of the first mixture: others than those that choices were made on (default: 0)",
    )
    parser.add_argument(
        "--collections",
        nargs="+",
        metavar="NAME",
        help="speech of these collections instead of the side's own",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="JSON lines: read what is there, add the rest"
    )
    parser.add_argument("--fit", type=Path, metavar="FILE", help="write the constants of the estimates here")
    options = parser.parse_args()
    report = common.Report("analysis", options)
    rows = measured(options)
    usable = [row for row in rows if row["source_snr_db"] >= CLEAN_DB]
    if options.fit:
        constants = calibrate.fit(usable, RANGES)
        options.fit.write_text(json.dumps(constants, indent=1) + "\n", "utf-8")
        print(f"\nfitted on {len(usable)} mixtures of {len({row['speaker'] for row in usable})} speakers")
    guesses = [estimate(row["features"]) for row in usable]
    report.table(
        "Estimates against the truth: Pearson correlation and mean absolute error",
        [*table(usable, [vars_of(guess) for guess in guesses])],
        f"{len(usable)} of {len(rows)} mixtures: the others are of speech that is not {CLEAN_DB:.0f} dB clean by itself.",
        f"SI-SDR, true and estimated, between {RANGES['si_sdr_db'][0]:.0f} and {RANGES['si_sdr_db'][1]:.0f} dB. "
        "In a room the reference is the sound of the first 50 ms.",
    )
    report.table(
        "The pseudo-reference alone, nothing fitted",
        [*table(usable, [shown(row) for row in usable])],
    )
    report.table(
        "With the speech that is not clean by itself",
        [*table(rows, [vars_of(estimate(row["features"])) for row in rows])][:2],
    )
    report.table("Our perceptual score beside the true reference, against the package pesq", own(usable))
    if not options.fit and (options.speech / SPEED_ON).is_dir():
        report.table("Speed of the whole analysis", [speed(options)])
    report.close()


def measured(options: argparse.Namespace) -> list[Row]:
    """Truth and features of each mixture, in two processes."""
    done: dict[str, Row] = {}
    if options.keep is not None and options.keep.is_file():
        for line in options.keep.read_text("utf-8").splitlines():
            row = json.loads(line)
            done[row["name"]] = row
    side = "fit" if options.fit else "report"
    plan = list(mixtures.plan(options.mixtures, is_fitting=bool(options.fit), first=options.first))
    wanted = [(condition, number) for condition, number in plan if f"{side}-{number}" not in done]
    parts = [(options, wanted[i :: 8 * options.threads]) for i in range(8 * options.threads)]
    with ProcessPoolExecutor(options.threads) as pool:
        for rows in pool.map(_work, parts):
            done.update((row["name"], row) for row in rows)
            if options.keep is not None and rows:
                with options.keep.open("a", encoding="utf-8") as out:
                    out.writelines(json.dumps(row) + "\n" for row in rows)
    names = [f"{side}-{number}" for _, number in plan]
    return [done[name] for name in names if name in done]


def _work(part: tuple[argparse.Namespace, Sequence[tuple[str, int]]]) -> list[Row]:
    import pesq

    options, wanted = part
    if not wanted:
        return []
    kitchen = mixtures.Kitchen(options.speech, is_fitting=bool(options.fit), collections=options.collections)
    tools = Tools.at(options.models)
    rows = []
    for condition, number in wanted:
        mixture = kitchen.make(condition, number)
        clean, spoilt = mixture.clean, mixture.spoilt
        opinion = tools.opinions.opinion(spoilt)
        heard = perceptual.disturbance(clean, spoilt)
        if opinion is None or heard is None:
            continue
        try:
            true_pesq = pesq.pesq(mixtures.RATE_HZ, clean.samples, spoilt.samples, "wb")
        except pesq.PesqError:
            continue
        found = features(
            spoilt, tools.enhancer.enhance(spoilt), tools.detector.probabilities(spoilt), opinion
        )
        if found is None:
            continue
        rows.append(
            {
                "name": mixture.name,
                "speaker": mixture.speaker,
                "condition": condition,
                "detail": mixture.detail,
                "truth": {
                    "stoi": stoi(clean, spoilt),
                    "pesq": true_pesq,
                    "si_sdr_db": si_sdr_db(clean, spoilt),
                },
                "own": [heard.all, heard.added],
                "source_snr_db": vad_snr_db(clean, tools.detector.probabilities(clean)),
                "features": found,
            }
        )
    return rows


def vars_of(guess: Any) -> dict[str, float]:
    return {name: getattr(guess, name) for name in RANGES}


def shown(row: Row) -> dict[str, float]:
    """The scores beside the pseudo-reference as they are."""
    found = row["features"]
    heard = perceptual.Disturbance(found["disturbance"], found["added"])
    return {"stoi": found["stoi"], "pesq": perceptual.score(heard), "si_sdr_db": found["si_sdr_db"]}


def table(rows: Sequence[Row], guesses: Sequence[dict[str, float]]) -> list[Row]:
    conditions = np.array([row["condition"] for row in rows])
    lines = []
    for condition in ("all", *mixtures.CONDITIONS):
        chosen = np.ones(len(rows), bool) if condition == "all" else conditions == condition
        line: Row = {"condition": condition, "mixtures": int(chosen.sum())}
        for name, (low, high) in RANGES.items():
            truth = np.clip([row["truth"][name] for row in rows], low, high)[chosen]
            guess = np.clip([guess[name] for guess in guesses], low, high)[chosen]
            varies = len(truth) > 3 and truth.std() > 1e-3 and guess.std() > 1e-9
            line[f"{name} PCC"] = float(np.corrcoef(truth, guess)[0, 1]) if varies else None
            line[f"{name} MAE"] = float(np.abs(truth - guess).mean()) if len(truth) else None
        lines.append(line)
    return lines


def own(rows: Sequence[Row]) -> list[Row]:
    guesses = [
        {"stoi": 0.0, "pesq": perceptual.score(perceptual.Disturbance(*row["own"])), "si_sdr_db": 0.0}
        for row in rows
    ]
    return [
        {key: line[key] for key in ("condition", "mixtures", "pesq PCC", "pesq MAE")}
        for line in table(rows, guesses)
    ]


def speed(options: argparse.Namespace) -> Row:
    recordings = [r for rs in people.collection(options.speech / SPEED_ON).values() for r in rs]
    items = [Item(str(i), recording.wave(), recording.file.stem) for i, recording in enumerate(recordings)]
    tools = Tools.at(options.models)
    analyse(items[:1], tools, lambda *_: None, least_s=10.0)  # loads the models
    wall, cpu = time.perf_counter(), time.process_time()
    analyse(items, tools, lambda *_: None, least_s=10.0, threads=options.threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    sound_s = sum(recording.wave().duration_s for recording in recordings)
    return {
        "recordings": len(items),
        "sound s": sound_s,
        "took s": wall,
        "CPU s": cpu,
        "times real time": sound_s / wall,
        "times real time on idle cores": sound_s / cpu * options.threads,
    }


if __name__ == "__main__":
    main()
