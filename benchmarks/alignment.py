"""How well are the times of phonemes found in a recording, by DTW against a synthetic reading and by the aligner?

First on readings of stock voices that the aligner never heard, whose times are known; then on human speech, checked
by synthesis: with the right times, a decoder that is given the recording's pitch and energy sounds like the recording.
"""

from __future__ import annotations

import csv
import pickle
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import common
from sayso.audio.codec import decode
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.base import Take
from sayso.engines.kokoro import align, aligner, features, lessons, network, pitch, speak, stock, symbols
from sayso.engines.kokoro.lessons import Reading, Times
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.likeness import SpeakerEncoder
from sayso.text.english.phonemes import join, phonemize

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import make_aligner

COLLECTIONS = ("pro_kathleen_en_f_24k/test", "pro_libri26_en_m_16k/test", "rapid_vctk2spk_16k")


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument(
        "--takes", type=int, default=2, help="of each collection, those of about 4.5 s (default: %(default)s)"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep here what DTW found")
    options = parser.parse_args()
    report = common.Report("Alignment: when is each phoneme said?", options)
    net = make_aligner.network_of(options.models)
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as passing:
        synthetic = _kept(
            options.work, "synthetic", lambda: _synthetic(options.models, options.work or Path(passing))
        )
    rows = []
    for condition in ("clean", "degraded"):
        cases = [case for case in synthetic if case["condition"] == condition]
        rows += [_borders(cases, condition, "DTW"), _borders(cases, condition, "aligner")]
    report.table(
        f"Borders between symbols, {len(make_aligner.HELD_OUT)} stock voices and {len(make_aligner.HELD_OUT_TEXTS)} sentences of which none was trained on",
        rows,
        "Degraded: 12 kHz, white noise at 15 dB. DTW reads with another stock voice of the same accent and sex; its reading is not in its processor time.",
    )
    if options.speech is not None:
        rows = []
        for collection in COLLECTIONS:
            cases = _kept(
                options.work,
                collection.replace("/", "_"),
                lambda name=collection: _real(net, options.models, options.speech / name, options.takes),
            )
            rows += _checked(net, cases, collection)
        report.table(
            "Human speech, said again with the times that were found",
            rows,
            "Distance: mean difference of log mel spectra (natural log) between the recording and what the stock voice says with "
            "its pitch, energy and the times; each band's mean taken away, speech alone. Correlation: of the log durations "
            "of inner symbols with those that voice would have.",
        )
    report.close()


def _kept(work: Path | None, name: str, make: Any) -> Any:
    """What `make` gives, or what it gave last time."""
    file = work / f"{name}.pickle" if work is not None else None
    if file is not None and file.exists():
        return pickle.loads(file.read_bytes())  # noqa: S301  our own file
    made = make()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(made))
    return made


def _synthetic(models: Path, folder: Path) -> list[dict[str, Any]]:
    make_aligner.read_held_out(models, folder)
    cases = []
    rng = np.random.default_rng(5)
    for file in sorted(folder.glob("[ab]*_[0-9].npz")):
        with np.load(file) as kept, np.load(file.with_name(f"{file.stem}_read.npz")) as by_reader:
            samples, read = (x["samples"].astype(np.float32) for x in (kept, by_reader))
            ids, frames, of_reader = kept["ids"].tolist(), kept["frames"], by_reader["frames"]
        for condition in ("clean", "degraded"):
            if condition == "degraded":
                narrow = resample(Waveform(samples, network.RATE_HZ), 12_000)
                narrow = resample(narrow, network.RATE_HZ)
                samples = np.pad(narrow.samples, (0, 600))[: len(samples)]
                noise = rng.standard_normal(len(samples)).astype(np.float32)
                samples = samples + noise * samples.std() * 10 ** (-15 / 20)
            began = time.process_time()
            # As lessons.times does it.
            found, _ = align.durations(torch.from_numpy(samples), torch.from_numpy(read), of_reader)
            case = {"condition": condition, "samples": samples, "ids": ids, "frames": frames}
            cases.append({**case, "DTW": found, "DTW_s": time.process_time() - began})
    return cases


def _borders(cases: list[dict[str, Any]], condition: str, method: str) -> dict[str, object]:
    off, spent_s, sound_s = [], 0.0, 0.0
    for case in cases:
        if method == "DTW":
            found, took_s = case["DTW"], case["DTW_s"]
        else:
            aligner.durations(torch.zeros(24_000), [0, 43, 0])  # the weights are loaded
            began = time.process_time()
            found, _ = aligner.durations(torch.from_numpy(case["samples"]), case["ids"])
            took_s = time.process_time() - began
        # Over the ends alone: the whole is as long in both.
        off.append(25.0 * np.abs(np.cumsum(found)[:-1] - np.cumsum(case["frames"])[:-1]))
        spent_s, sound_s = spent_s + took_s, sound_s + len(case["samples"]) / network.RATE_HZ
    all_off = np.concatenate(off)
    return {
        "": condition,
        "by": method,
        "borders": len(all_off),
        "mean ms off": float(all_off.mean()),
        "within 25 ms %": float(100 * (all_off <= 25).mean()),
        "within 50 ms %": float(100 * (all_off <= 50).mean()),
        "worst ms": float(all_off.max()),
        "processor ms a second": 1000 * spent_s / sound_s,
    }


def _real(net: Kokoro, models: Path, folder: Path, count: int) -> list[dict[str, Any]]:
    with (folder / "metadata.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    # Neither the shortest nor the longest: sentences of an ordinary length.
    rows.sort(key=lambda row: abs(float(row["seconds"]) - 4.5))
    rows = rows[:count]
    encoder, readings, cases = SpeakerEncoder(models), {}, []
    for row in rows:
        file = next((folder / "wavs").glob(row["id"] + ".*"))
        wave = lessons.usable(Take(decode(file.read_bytes()), row["text"]))
        if wave is None:
            continue
        f0 = pitch.track(wave.samples)
        if row["speaker"] not in readings:
            voice = stock.nearest(encoder.embed(wave), float(np.median(f0[f0 > 0])), english=True)
            readings[row["speaker"]] = voice.name
        reading = Reading.of_stock(net, stock.voices()[readings[row["speaker"]]])
        found = lessons.times(net, reading, wave, row["text"], f0)
        cases.append(
            {"samples": wave.samples, "text": row["text"], "voice": readings[row["speaker"]], "found": found}
        )
    return cases


def _checked(net: Kokoro, cases: list[dict[str, Any]], collection: str) -> list[dict[str, object]]:
    """A row for each way."""
    learnt: dict[str, list[lessons.Lesson]] = {"DTW": [], "aligner": []}
    voices = [Reading.of_stock(net, stock.voices()[case["voice"]]) for case in cases]
    misfits, wrong = [], []
    all_ids = [symbols.ids(join(phonemize(case["text"]))) for case in cases]
    for i, (case, reading) in enumerate(zip(cases, voices, strict=True)):
        real = torch.from_numpy(case["samples"])
        found, misfit = aligner.durations(real, all_ids[i])
        misfits.append(misfit)
        other = aligner.durations(real, all_ids[i - 1])[1]
        wrong += [other] if np.isfinite(other) else []
        wave = Waveform(case["samples"], network.RATE_HZ)
        for by, times in (("DTW", case["found"]), ("aligner", Times(found, case["found"].f0, misfit))):
            learnt[by].append(lessons.lesson(net, reading, wave, case["text"], times))
    offset = lessons.energy_offset(learnt["DTW"])
    rows = []
    for by, known in learnt.items():
        distances = [_distance(net, x, v, offset) for x, v in zip(known, voices, strict=True)]
        found, own = (
            np.log(np.concatenate([getattr(x, of).numpy()[1:-1] for x in known]))
            for of in ("durations", "read_durations")
        )
        is_net = by == "aligner"
        rows.append(
            {
                "collection": collection,
                "takes": len(cases),
                "by": by,
                "distance": float(np.mean(distances)),
                "correlation": float(np.corrcoef(found, own)[0, 1]),
                "misfit": float(np.mean(misfits)) if is_net else None,
                "worst misfit": max(misfits) if is_net else None,
                "least misfit of a wrong text": min(wrong) if is_net and wrong else None,
            }
        )
    return rows


@torch.inference_mode()
def _distance(net: Kokoro, lesson: lessons.Lesson, reading: Reading, offset: float) -> float:
    noise = speak.source_noise(lesson.frames, 0)
    said = net.decoder(lesson.asr, lesson.f0[None], lesson.energy[None] + offset, reading.affines, noise)
    mine, theirs = (torch.log(features.mel_power(x) + 1e-5)[0] for x in (said, lesson.samples[None]))
    is_speech = lesson.energy > lesson.energy.max() - 9.0
    mine, theirs = (x[:60, is_speech] for x in (mine, theirs))  # 60 bands: below 8 kHz of 12
    difference = mine - theirs
    return float((difference - difference.mean(1, keepdim=True)).abs().mean())


if __name__ == "__main__":
    main()
