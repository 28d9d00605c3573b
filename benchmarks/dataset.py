"""How long does a professional dataset take from its address to the verdict, and in how much memory?

One speaker's recordings are served from this machine; a real server fetches, unpacks, cuts, hears and analyses them, and is asked over
HTTP how far it is. C has texts, A is one long recording without any; see ingest.py for the others. It ends with the analysis: what is
trained afterwards is another benchmark's. With --plant a stranger, silence and a clipped recording are among them: who is named?
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

import common
import ingest
import people
import server

_LOOK_EVERY_S = 0.2
_MOST_S = 3_600.0


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.set_defaults(speakers="pro_kathleen_en_f_24k/train")
    parser.add_argument("--forms", default="CA", help="which of the forms A to F (default: %(default)s)")
    parser.add_argument("--count", type=int, help="only so many recordings")
    parser.add_argument(
        "--plant", action="store_true", help="add a stranger, silence and a clipped recording"
    )
    parser.add_argument(
        "--times",
        type=int,
        default=1,
        metavar="N",
        help="each recording so often, a little shorter each time",
    )
    options = parser.parse_args()
    of = ingest.recordings(options.speech / options.speakers)[: options.count]
    planted = tempfile.TemporaryDirectory()
    of = [*of, *_again(of, options.times, Path(planted.name))]
    if options.plant:
        of = [*of, *_planted(of, options.speech, Path(planted.name))]
    report = common.Report("Dataset: from an address to the verdict", options)
    rows = []
    for form in options.forms:
        with tempfile.TemporaryDirectory() as made:
            ingest.packed(form, of, Path(made) / "dataset")
            with (
                ingest.served(Path(made)) as base,
                server.running(
                    options.models, options.threads, options.engine, SAYSO_OUTBOUND_ALLOW="127.0.0.0/8"
                ) as started,
            ):
                started.settle()
                rows.append({"form": form, **_run(started, f"{base}/dataset")})
    report.table(
        f"{options.speakers}, {len(of)} recordings",
        rows,
        "Seconds of each stage as the voice tells it. Peak MB: of all children, resident; and with the server, which "
        "holds the voice engine: what each page takes that several of them share is counted once (PSS).",
    )
    planted.cleanup()
    report.close()


def _again(of: list[ingest.Recording], times: int, folder: Path) -> list[ingest.Recording]:
    """More of the same, each a hundredth of a second shorter, so that nothing of it is known already."""
    found = []
    for n in range(1, times):
        for one in of:
            samples, rate_hz = soundfile.read(one.file, dtype="float32")
            file = folder / f"{one.name}-again-{n}.wav"
            soundfile.write(file, samples[n * rate_hz // 100 :], rate_hz)
            found.append(ingest.Recording(f"{one.name}-again-{n}", one.text, file))
    return found


def _planted(of: list[ingest.Recording], speech: Path, folder: Path) -> list[ingest.Recording]:
    """What does not belong to a set: the likest other voice of the same sex, nobody, and the first recording far too loud."""
    samples, rate_hz = soundfile.read(of[0].file, dtype="float32")
    (speaker, mine), *_ = people.collection(of[0].file.parents[1]).items()
    stranger = people.same_sex(speech, speaker, people.median_pitch_hz([one.wave() for one in mine[:5]]))[0]
    sounds = {
        "a-stranger": (stranger.wave().samples, stranger.wave().rate_hz, stranger.text),
        "nobody": (np.random.default_rng(1).normal(0.0, 2e-4, 4 * rate_hz), rate_hz, of[1].text),
        "too-loud": (np.clip(30.0 * samples, -1.0, 1.0), rate_hz, of[0].text),
    }
    found = []
    for name, (sound, rate_hz, text) in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, rate_hz)
        found.append(ingest.Recording(name, text, folder / f"{name}.wav"))
    return found


def _run(started: server.Server, url: str) -> dict[str, object]:
    peak = common.Peak(started.pid)
    cpu_s, began = started.cpu_s(), time.monotonic()
    asked = {"name": "dataset", "voice_type": "professional", "dataset_url": url}
    uuid = server.item(started.client.post("/api/v2/voices", json=asked))["uuid"]
    stages: dict[str, float] = {}
    since, stage = began, "fetching"
    while True:
        voice = server.item(started.client.get(f"/api/v2/voices/{uuid}"))
        found = started.client.get(f"/api/v2/voices/{uuid}/analysis")
        now, current = time.monotonic(), voice.get("stage") or stage
        is_over = found.status_code == 200 or voice["status"] != "running"
        if current != stage or is_over:
            stages[stage] = stages.get(stage, 0.0) + now - since
            since, stage = now, current
        if is_over:
            break
        if now - began > _MOST_S:
            raise SystemExit(f"it takes too long: {voice}")
        time.sleep(_LOOK_EVERY_S)
    children_mb = peak.close()
    if found.status_code != 200:
        raise SystemExit(f"there is no analysis: {voice}")
    analysis = server.item(found)
    sound_s = sum(float(one["duration"]) for one in analysis["recordings"])
    analysed_s = stages.get("analysing the recordings", 0.0)
    return {
        "outcome": analysis["outcome"],
        "rejected": ", ".join(one["name"] for one in analysis["rejected"]),
        "recordings": len(analysis["recordings"]),
        "sound s": sound_s,
        **{f"{name} s": seconds for name, seconds in stages.items()},
        "in all s": now - began,
        "processor s": started.cpu_s() - cpu_s,
        "analysis, x real time": sound_s / analysed_s if analysed_s else None,
        "peak MB, children": children_mb,
        "peak MB, all": peak.all_mb,
    }


if __name__ == "__main__":
    main()
