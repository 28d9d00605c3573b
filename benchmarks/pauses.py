"""Do pauses that we put between pieces sound like those that the network makes by itself? And does SSML do what it says?

    python benchmarks/pauses.py [--readers af_heart am_adam] [--json out.json]

A text is said in pieces. Between two sentences of one piece the pause is the network's own; between two pieces it is a
constant of ours (`sayso.text.pauses`). The first table compares the two: silence from the last to the first sample above
-48 dBFS, in seconds. The second says how near length, pitch and level come to what `prosody` asks for.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

import common
from sayso.audio.level import rms_dbfs
from sayso.audio.waveform import Waveform
from sayso.engines.base import Mark, Speaker, Spoken
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.kokoro.pitch import track
from sayso.text.reading import read_script
from sentences import SENTENCES

_QUIET = 0.004


def gap_s(wave: Waveform, left: Mark, right: Mark) -> float:
    """Silence between two neighbouring words."""
    middle_s = (left.end_s + right.start_s) / 2
    loud = np.flatnonzero(np.abs(wave.samples) > _QUIET) / wave.rate_hz
    before, after = loud[loud < middle_s], loud[loud >= middle_s]
    return float(after[0] - before[-1]) if len(before) and len(after) else 0.0


def own_pauses(speaker: Speaker, joint: str, pairs: int) -> NDArray[np.float64]:
    """Pauses of the network between two parts that it says in one go, with `joint` between them."""
    short = [sentence for sentence in SENTENCES if len(sentence) < 52][: pairs + 1]
    found = []
    for a, b in pairwise(short):
        first = a.rstrip(".?")
        second = b if joint.strip() in (".", "?") else b[0].lower() + b[1:]
        # The opening words are a piece of their own.
        pieces = list(
            speaker.speak(f"Listen to what they told me about it yesterday. {first}{joint}{second}")
        )
        for piece in pieces:
            words = [mark.text.strip(".,?!:;—") for mark in piece.marks]
            last, begin = first.split()[-1], second.split()[0]
            for i, pair in enumerate(pairwise(words)):
                if pair == (last, begin):
                    found.append(gap_s(piece.wave, piece.marks[i], piece.marks[i + 1]))
    return np.array(found)


def our_pauses(speaker: Speaker, joint: str, pairs: int) -> NDArray[np.float64]:
    """Pauses between two pieces: neighbours that are too long to be joined."""
    long = [sentence for sentence in SENTENCES if len(sentence) > 62][: pairs + 1]
    found = []
    for a, b in pairwise(long):
        first, second = list(speaker.speak(f"{a}{joint}{b}"))[-2:]
        loud = np.flatnonzero(np.abs(first.wave.samples) > _QUIET)
        lead = np.flatnonzero(np.abs(second.wave.samples) > _QUIET)
        found.append((len(first.wave.samples) - loud[-1] + lead[0]) / first.wave.rate_hz)
    return np.array(found)


def whole(pieces: list[Spoken]) -> Waveform:
    return Waveform(np.concatenate([p.wave.samples for p in pieces]), pieces[0].wave.rate_hz)


def prosody_rows(speaker: Speaker, name: str) -> list[dict[str, object]]:
    """What came of each request, over eight sentences."""
    rows: list[dict[str, object]] = []
    plain = [whole(list(speaker.speak(text))) for text in SENTENCES[:8]]
    for attribute in (
        'rate="50%"',
        'rate="75%"',
        'rate="150%"',
        'rate="200%"',
        'pitch="-4st"',
        'pitch="+4st"',
        'volume="-10dB"',
        'volume="+6dB"',
    ):
        said = [
            whole(list(speaker.speak(read_script(f"<speak><prosody {attribute}>{text}</prosody></speak>"))))
            for text in SENTENCES[:8]
        ]
        pitch = [np.median(_voiced(a)) / np.median(_voiced(b)) for a, b in zip(said, plain, strict=True)]
        rows.append(
            {
                "reader": name,
                "asked": attribute,
                "times as fast": sum(w.duration_s for w in plain) / sum(w.duration_s for w in said),
                "semitones": 12 * float(np.log2(np.mean(pitch))),
                "dB": float(np.mean([rms_dbfs(a) - rms_dbfs(b) for a, b in zip(said, plain, strict=True)])),
            }
        )
    return rows


def _voiced(wave: Waveform) -> NDArray[np.float32]:
    f0: NDArray[np.float32] = track(wave.samples, wave.rate_hz)
    return f0[f0 > 0]


def main() -> None:
    parser: argparse.ArgumentParser = common.parser(str(__doc__), speech_is_needed=False)
    parser.add_argument("--readers", nargs="+", default=["af_heart", "am_michael"])
    parser.add_argument("--pairs", type=int, default=14, help="pairs of sentences (default: %(default)s)")
    parser.add_argument("--no-prosody", action="store_true", help="only the pauses")
    options = parser.parse_args()
    report = common.Report("Pauses and prosody", options)
    engine = KokoroEngine(options.models, options.threads)
    pauses: list[dict[str, object]] = []
    prosody: list[dict[str, object]] = []
    for name in options.readers:
        speaker = engine.reader(name)
        for whose, joint, found in (
            ("network, in one piece", ". ", own_pauses(speaker, ". ", options.pairs)),
            ("network, in one piece", ", ", own_pauses(speaker, ", ", options.pairs)),
            ("ours, between pieces", "sentence", our_pauses(speaker, " ", options.pairs // 2)),
            ("ours, between pieces", "paragraph", our_pauses(speaker, "\n\n", options.pairs // 2)),
        ):
            low, middle, high = (np.quantile(found, q) for q in (0.1, 0.5, 0.9))
            pauses.append(
                {
                    "reader": name,
                    "whose": whose,
                    "between": joint.strip(),
                    "pauses": len(found),
                    "10 %": float(low),
                    "median s": float(middle),
                    "90 %": float(high),
                }
            )
        if not options.no_prosody:
            prosody += prosody_rows(speaker, name)
    report.table("Silence between two parts, seconds", pauses)
    if prosody:
        report.table("What prosody asks for and what comes of it, eight sentences", prosody)
    report.close()


if __name__ == "__main__":
    main()
