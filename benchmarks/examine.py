"""examine: how long does the check of a consent take, and how much memory?

The product's own examining child, warm: a consent of about ten seconds against three recordings of about ten.
Synthetic readers of the engine stand in for people. Once as it is, and once in so much noise that the words are not understood
and it is heard a second time, which is all that can be done.

    python benchmarks/examine.py
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

import common
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.watermark import SpokenMarks
from sayso.pipeline import consent_files
from sayso.pipeline.examiner import ChildExaminer

COMPANY = "Bread Radio"
STATEMENT = (
    "Hello, my name is Anna. I am aware that recordings of my voice will be used by Bread Radio to train and "
    "create a synthetic version of my voice by sayso. Thank you."
)
READ = (
    "The train to the coast leaves from the second platform this morning, and nobody knows why it was moved. "
    "Ask the man at the gate, he has been here for thirty years.",
    "Nobody had seen the old map since the library moved to its new building, although several people had "
    "looked for it in every room and in the cellar.",
    "If it rains again tomorrow, we shall stay at home and bake some bread, and in the evening the neighbours "
    "will come over to play cards with us.",
)


def main() -> None:
    options = common.parser(__doc__ or "", speech_is_needed=False)
    options.add_argument("--times", type=int, default=5, help="checks that are timed (default: %(default)s)")
    chosen = options.parse_args()
    engine = KokoroEngine(chosen.models, chosen.threads)
    waves = [_said(engine, text) for text in (STATEMENT, *READ)]
    report: dict[str, object] = {"machine": common.machine(chosen.threads)}
    for name, value in common.machine(chosen.threads).items():
        print(f"{name}: {value}")
    marks = SpokenMarks(chosen.models)
    rows = []
    for name, consent in (("as it is", waves[0]), ("in noise, heard twice", _not_understood(waves[0]))):
        with tempfile.TemporaryDirectory() as folder:
            where = Path(folder)
            consent_files.lay_out(
                where, consent, ((str(n), codec.encode_flac(w)) for n, w in enumerate(waves[1:]))
            )
            examiner = ChildExaminer("kokoro", chosen.models, chosen.threads, None)
            examiner.warm()
            seconds = []
            for _ in range(chosen.times + 1):
                start = time.perf_counter()
                found = examiner.examine(
                    where,
                    company=COMPANY,
                    platforms=("sayso",),
                    language="en",
                    phrase=None,
                    mark_confidence=marks.confidence(consent),
                    tell=lambda *_: None,
                )
                seconds.append(time.perf_counter() - start)
            assert examiner.pid is not None
            rows.append(
                {
                    "consent": name,
                    "consent s": round(consent.duration_s, 1),
                    "recordings s": round(sum(wave.duration_s for wave in waves[1:]), 1),
                    "first s": round(seconds[0], 2),
                    "median s": round(median(seconds[1:]), 2),
                    "slowest s": round(max(seconds[1:]), 2),
                    "MB": common.megabytes(examiner.pid),
                    "peak MB": common.megabytes(examiner.pid, "VmHWM"),
                    "hearings": 1 + ("heard_again" in found.numbers),
                    "verdict": found.verdict.value,
                }
            )
            examiner.close()
    print()
    print(common.markdown(rows))
    print(
        "first: with the loading of the models. Memory is that of the examining child, which is all there is more."
    )
    report["rows"] = rows
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=1))


def _not_understood(consent: Waveform) -> Waveform:
    """The consent in noise of its own level: the words get lost, so that it is heard twice."""
    noise = np.random.default_rng(1).standard_normal(len(consent.samples)).astype(np.float32)
    level = np.float32(np.sqrt(np.mean(np.square(consent.samples))))
    return Waveform((consent.samples + level * noise) / 4, consent.rate_hz)


def _said(engine: KokoroEngine, text: str) -> Waveform:
    speaker = engine.reader("am_michael")
    samples = np.concatenate([piece.wave.samples for piece in speaker.speak(text)])
    return Waveform(samples, speaker.rate_hz)


if __name__ == "__main__":
    main()
