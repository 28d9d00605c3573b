"""How much better is a professional voice than a rapid one, in the words that its speaker really read?

    python benchmarks/professional.py --speech DIR --work OUT [--only SPEAKER] [--minutes 40] [--served] [--json FILE]
    python benchmarks/professional.py --speech DIR --work OUT --ablation [--minutes 10]

The speakers are pro_*: voices are made from the folder `train`, with its texts, and judged on `test`. Everything made lies in OUT
and is not made twice: a run that was stopped, even by kill -9, goes on where it was. Rows of --ablation are printed as they come.
With --served the professional voice is made by `sayso serve`: recordings and texts are uploaded over HTTP, and the time is that from
the request to build until it is `finished`, with its analysis and its report (where the run was stopped, with the time between).

For the test sentences, rapid and professional voice and the real reading (the anchor):
- n by judge.py, which nothing in the product knows: 0 three strangers of the same sex, 1 the speaker's own test speech
- WER by Whisper base, in percent, also of the forty sentences of sentences.py; DNSMOS, P.835 overall and P.808
- log-F0 RMSE: of the pitch curves in octaves, aligned by the phonemes' times, where both are voiced; the mean of each is left in
- duration correlation: of the phonemes' lengths with those of the real reading
Both times come from aligning with the same stock voice, so that the anchor's own error is 0 and 1 by definition.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

import common
import judge
import people
import server
from likeness import errors
from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines import weights as pinned
from sayso.engines.base import Take, TrainingPlan
from sayso.engines.dnsmos import OpinionModel
from sayso.engines.enhance import Enhancer
from sayso.engines.kokoro import adapt, lessons, pitch, professional, stock, weights
from sayso.engines.kokoro.engine import WEIGHTS
from sayso.engines.kokoro.lessons import Reading
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.professional import Recipe
from sayso.engines.kokoro.speak import KokoroSpeaker
from sayso.engines.kokoro.voice import KokoroVoice, unpack
from sayso.engines.likeness import SpeakerEncoder
from sayso.engines.torch_thread import Here
from sayso.engines.whisper import WhisperEar
from sayso.pipeline.training import mishearing, opinion
from sayso.storage.blobs import open_blobs
from sayso.text.marks import lacks_marks, marked
from sentences import SENTENCES

SEED = 1
SPEAKERS = ("pro_kathleen_en_f_24k", "pro_libri26_en_m_16k")
VARIANTS: dict[str, Recipe] = {
    "as shipped": Recipe(),
    "gains and offsets alone": Recipe(layers=()),
    "last two blocks": Recipe(layers=professional.DECODER_LAYERS[3:]),
    "rank 4": Recipe(rank=4),
    "rank 64": Recipe(rank=64),
    "no prosody": Recipe(prosody=False),
    "loudness not learnt": Recipe(energy=False),
    "noise and all": Recipe(clean=False),
    "no speaker loss": Recipe(speaker_weight=0.0),
    "no critic": Recipe(critic_weight=0.0),
    "one start": Recipe(starts=1),
    "takes as wholes": Recipe(in_pieces=False),
    "crops of 1.6 s": Recipe(crop_frames=64),
}
_AMOUNTS_MIN = (2.0, 5.0)
_TIMES_MIN = (10.0, 20.0)


@dataclass(frozen=True, slots=True)
class Set:
    """A speaker of pro_*."""

    name: str
    train: list[Take]
    test: list[people.Recording]


def speaker_set(speech: Path, name: str, ear: WhisperEar, work: Path) -> Set:
    """As the product takes them: texts of words alone get the marks that are heard. What was heard is kept in `work`."""
    file = work / name / "heard.json"
    heard: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}

    def read(part: str) -> list[people.Recording]:
        found = [r for one in people.collection(speech / name / part).values() for r in one]
        for r in found:
            if lacks_marks(r.text) and r.file.stem not in heard:
                heard[r.file.stem] = ear.hear(r.wave(), "en").text
        return [replace(r, text=marked(r.text, heard.get(r.file.stem, ""))) for r in found]

    train, test = read("train"), read("test")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(heard, indent=1))
    return Set(name, [Take(r.wave(), r.text) for r in train], test)


def made(bench: Bench, who: Set, folder: Path, recipe: Recipe | None, minutes: float) -> Path:
    """The voice in `folder`, made now or before; `recipe` None: the rapid one."""
    folder.mkdir(parents=True, exist_ok=True)
    file, notes = folder / "voice.kokoro", folder / "making.json"
    if notes.is_file():
        return file
    began = time.monotonic()
    if recipe is None:
        takes, total = [], 0.0
        for take in who.train:
            if total < 12.0:
                takes.append(take)
                total += take.wave.duration_s
        voice = adapt.rapid(bench.net, bench.encoder, takes, SEED, _nobody, clean=bench.clean)
    elif bench.options.served:
        return served(bench.options, who.name, folder, minutes)
    else:
        plan = TrainingPlan(
            60.0 * minutes,
            mishears=lambda speaker: mishearing(speaker, bench.ear),
            likes=lambda speaker: opinion(speaker, bench.opinions),
        )
        voice = professional.train(
            bench.net,
            bench.encoder,
            who.train,
            folder,
            SEED,
            plan,
            _nobody,
            bench.speaker,
            recipe,
            bench.clean,
        )
    file.write_bytes(voice.pack())
    notes.write_text(json.dumps({"wall_s": time.monotonic() - began, "bytes": file.stat().st_size}))
    return file


def served(options: argparse.Namespace, name: str, folder: Path, minutes: float) -> Path:
    """The voice as a server makes it, whose data lies in `folder` and is used again where it was stopped."""
    home, asked = (folder / "home").absolute(), folder / "asked.json"
    home.mkdir(exist_ok=True)
    settings = {"SAYSO_HOME": str(home), "SAYSO_PROFESSIONAL_MINUTES": f"{minutes:g}"}
    with server.running(options.models, options.threads, options.engine, **settings) as started:
        if not asked.is_file():
            found = people.collection(options.speech / name / "train")
            files = [
                (r.file.name, r.file.read_bytes(), r.text or None) for one in found.values() for r in one
            ]
            uuid = server.create_voice(started.client, name, files, "professional")
            # First written down, so that what was asked for is not asked for again.
            asked.write_text(json.dumps({"uuid": uuid, "at": time.time()}))
        kept = json.loads(asked.read_text())
        uuid, stage = kept["uuid"], ""
        if server.item(started.client.get(f"/api/v2/voices/{uuid}"))["status"] == "initializing":
            server.item(started.client.post(f"/api/v2/voices/{uuid}/build", json={"fill": False}))
        while True:
            voice = server.item(started.client.get(f"/api/v2/voices/{uuid}"))
            if voice["stage"] != stage:
                stage = voice["stage"]
                print(f"  {name}: {(time.time() - kept['at']) / 60:.1f} min, {stage}", flush=True)
            if voice["status"] != "running":
                break
            time.sleep(_LOOK_S)
        wall_s = time.time() - kept["at"]
        if voice["status"] != "finished":
            raise SystemExit(f"the voice of {name} was not finished: {voice['status']}, {voice['issue']}")
        report = started.client.get(f"/api/v2/voices/{uuid}/report")
        (folder / "report.json").write_bytes(report.content)
        page = started.client.get(f"/api/v2/voices/{uuid}/report", params={"format": "html"})
        (folder / "report.html").write_bytes(page.content)
        memory = server.memory_rows(started, "finished")
    with closing(sqlite3.connect(home / "app.db")) as db:
        [(key,)] = db.execute("select artifact_key from voices where id = ?", (uuid,))
    artifact = open_blobs((home / "blobs").as_uri()).read(key)
    file = folder / "voice.kokoro"
    file.write_bytes(artifact)
    notes = {"wall_s": wall_s, "bytes": len(artifact), "memory": memory}
    (folder / "making.json").write_text(json.dumps(notes))
    return file


_LOOK_S = 2.0


def said(bench: Bench, file: Path, texts: Sequence[str], name: str = "said") -> list[Waveform]:
    speaker = bench.speaker(unpack(file.read_bytes()))
    waves = []
    for i, text in enumerate(texts):
        kept = file.parent / f"{name}-{i:03}.wav"
        if not kept.is_file():
            parts = [piece.wave.samples for piece in speaker.speak(text)]
            wave = Waveform(np.concatenate(parts), speaker.rate_hz)
            aside = kept.with_suffix(".part")
            aside.write_bytes(codec.encode(wave, container="wav"))
            aside.replace(kept)
        waves.append(codec.decode(kept.read_bytes()))
    return waves


def prosody(
    net: Kokoro, reading: Reading, real: Sequence[Waveform], clone: Sequence[Waveform], texts: Sequence[str]
) -> tuple[float, float]:
    """log-F0 RMSE in octaves, correlation of the phonemes' lengths."""
    squares, ours, theirs = [], [], []
    for a, b, text in zip(real, clone, texts, strict=True):
        ready = [lessons.usable(Take(wave, text)) for wave in (a, b)]
        if ready[0] is None or ready[1] is None:
            continue
        one, two = (
            lessons.times(net, reading, wave, text, pitch.track(wave.samples))
            for wave in ready
            if wave is not None
        )
        ours.append(one.durations[1:-1])
        theirs.append(two.durations[1:-1])
        # The clone's pitch at the place in each phoneme where the recording is.
        starts = [np.concatenate([[0], np.cumsum(x.durations)]) * 2 for x in (one, two)]
        for k in range(len(one.durations)):
            n = int(starts[0][k + 1] - starts[0][k])
            at = starts[1][k] + (np.arange(n) + 0.5) / n * (starts[1][k + 1] - starts[1][k])
            f0 = one.f0[starts[0][k] : starts[0][k + 1]]
            other = two.f0[np.minimum(at.astype(int), len(two.f0) - 1)]
            both = (f0 > 0) & (other > 0)
            squares.append(np.square(np.log2(f0[both] / other[both])))
    every = np.concatenate(squares)
    together = np.corrcoef(np.concatenate(ours), np.concatenate(theirs))[0, 1]
    return float(np.sqrt(every.mean())), float(together)


class Bench:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        torch.set_num_threads(options.threads)
        self.net = Kokoro.from_weights(weights.load(pinned.path(options.models, WEIGHTS)))
        self.encoder = SpeakerEncoder(options.models)
        self._place = Here()
        self.reading = Reading.of_stock(self.net, stock.voices()["af_heart"])
        self.ear = WhisperEar(options.models, options.threads)
        self.enhancer = Enhancer(options.models)
        self.opinions = OpinionModel(options.models)
        self.judge = judge.Judge()

    def clean(self, wave: Waveform) -> Waveform:
        """The recording without its noise, as the product learns from it."""
        return self.enhancer.enhance(wave).wave

    def speaker(self, voice: KokoroVoice) -> KokoroSpeaker:
        return KokoroSpeaker(self.net, voice, self._place)

    def row(
        self, who: Set, label: str, waves: Sequence[Waveform] | None, file: Path | None
    ) -> dict[str, object]:
        """Figures of one voice, or (None) of the real reading."""
        texts = [recording.text for recording in who.test]
        real = [recording.wave() for recording in who.test]
        spoken = real if waves is None else waves
        found, _ = errors(self.ear, list(zip(texts, spoken, strict=True)))
        opinions = [self.opinions.opinion(wave, most_windows=1) for wave in spoken]
        p808 = [self.opinions.p808(wave, most_windows=1) for wave in spoken]
        f0, lengths = (0.0, 1.0) if waves is None else prosody(self.net, self.reading, real, spoken, texts)
        hz = people.median_pitch_hz(real)
        others = [r.wave() for r in people.same_sex(self.options.speech, who.test[0].speaker, hz)]
        n = judge.likeness(
            self.judge,
            [_narrow(wave) for wave in real],
            [_narrow(wave) for wave in others],
            [_narrow(wave) for wave in spoken],
        ).n
        fixed = None if file is None else said(self, file, SENTENCES, "fixed")
        notes = {} if file is None else json.loads((file.parent / "making.json").read_text())
        return {
            "speaker": who.name,
            "voice": label,
            "n": 1.0 if waves is None else n,
            "WER %": found.wer_percent,
            "WER %, forty": None
            if fixed is None
            else errors(self.ear, list(zip(SENTENCES, fixed, strict=True)))[0].wer_percent,
            "DNSMOS": float(np.mean([o.overall for o in opinions if o is not None])),
            "P.808": float(np.mean([p for p in p808 if p is not None])),
            "log-F0 RMSE, octaves": f0,
            "duration correlation": lengths,
            "made in, min": notes.get("wall_s", 0.0) / 60.0,
            "kB": notes.get("bytes", 0) / 1000.0,
        }

    def voice(self, who: Set, label: str, recipe: Recipe | None, minutes: float) -> dict[str, object]:
        """The row of a voice, from what is kept where it is."""
        slug = "".join(c if c.isalnum() else "-" for c in label)
        folder = self.options.work / who.name / slug
        kept = folder / "row.json"
        if kept.is_file():
            row: dict[str, object] = json.loads(kept.read_text())
            return row
        file = made(self, who, folder, recipe, minutes)
        row = self.row(who, label, said(self, file, [r.text for r in who.test]), file)
        kept.write_text(json.dumps(row))
        return row


def _narrow(wave: Waveform) -> np.ndarray:
    return resample(wave, judge.RATE_HZ).samples


def _shortened(who: Set, minutes: float) -> Set:
    total, takes = 0.0, []
    for take in who.train:
        if total < 60.0 * minutes:
            takes.append(take)
            total += take.wave.duration_s
    return replace(who, train=takes)


def _nobody(stage: str, fraction: float, left_s: float | None) -> None:
    """Progress that nobody watches."""


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument("--work", type=Path, required=True, metavar="OUT", help="what is made is kept here")
    parser.add_argument("--only", choices=SPEAKERS, help="only this speaker")
    parser.add_argument(
        "--minutes", type=float, default=40.0, help="budget of a training (default: %(default)s)"
    )
    parser.add_argument(
        "--served", action="store_true", help="the voice is made by `sayso serve`, from build to finished"
    )
    parser.add_argument("--ablation", action="store_true", help="compare recipes, amounts of data and times")
    options = parser.parse_args()
    if options.served and options.ablation:
        parser.error("--served makes the voice as it is shipped; leave out --ablation or --served")
    report = common.Report("professional", options)
    bench = Bench(options)
    rows: list[dict[str, object]] = []
    for name in (options.only,) if options.only else SPEAKERS:
        who = speaker_set(options.speech, name, bench.ear, options.work)
        rows.append(bench.row(who, "real", None, None))
        rows.append(bench.voice(who, "rapid", None, 0.0))
        if not options.ablation:
            label = f"professional {options.minutes:g}{' served' if options.served else ''}"
            rows.append(bench.voice(who, label, Recipe(), options.minutes))
            report.table("Rapid against professional", rows)
            continue
        for label, recipe in VARIANTS.items():
            rows.append(bench.voice(who, f"{label}, {options.minutes:g} min", recipe, options.minutes))
            report.table("Recipes", rows[-1:])
        for amount in _AMOUNTS_MIN:
            short = _shortened(who, amount)
            label = f"{amount:g} min of speech, {options.minutes:g} min"
            rows.append(bench.voice(short, label, Recipe(), options.minutes))
            report.table("Amounts of data", rows[-1:])
        for minutes in _TIMES_MIN:
            rows.append(bench.voice(who, f"as shipped, {minutes:g} min", Recipe(), minutes))
            report.table("Times", rows[-1:])
    report.table("All", rows)
    report.close()


if __name__ == "__main__":
    main()
