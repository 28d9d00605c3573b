"""Do clones sound like their speakers, and does one understand them?

    python benchmarks/likeness.py --speech DIR [--only SPEAKER] [--sentences 10] [--voices-dir OUT [--reuse]] [--json FILE]

For each speaker: the first three files are the reference and go the product's own way (the ear chooses and
transcribes, the engine clones); the rest is held out. The clone says the fixed sentences of sentences.py.
- n: 0 = as far as three other people of the same sex, 1 = as near as the speaker's own held-out speech; by
  judge.py, which nothing in the product knows, and by the GE2E encoder, which chooses the voice a clone starts from.
- WER and CER: what the multilingual Whisper base hears against what was to be said (words.py says how words are
  compared); of the real held-out speech too, as what the ear itself gets wrong.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import common
import judge
import people
import words
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Likeness, Speaker, VoiceEngine
from sayso.engines.likeness import SpeakerEncoder
from sayso.engines.registry import EngineOptions, make_engine
from sayso.engines.whisper import WhisperEar
from sayso.pipeline import ingest
from sentences import SENTENCES

SEED = 1
"""The seed of a voice's first build."""


@dataclass(frozen=True, slots=True)
class Making:
    """What it took to make a voice: seconds of wall time, and of all cores together."""

    listen_s: float
    clone_s: float
    cpu_s: float
    reference_s: float
    """Seconds of speech that were chosen."""
    file_bytes: int
    file_name: str


def make(engine: VoiceEngine, ear: Ear, given: Sequence[ingest.Given], folder: Path) -> Making:
    """Make a voice the way a build does; the file lies in `folder` afterwards."""
    wall, cpu = time.monotonic(), time.process_time()
    takes = ingest.choose(given, ear, "en", _nobody)
    chosen = time.monotonic()
    file = engine.clone(takes, folder, SEED, _nobody)
    return Making(
        listen_s=chosen - wall,
        clone_s=time.monotonic() - chosen,
        cpu_s=time.process_time() - cpu,
        reference_s=sum(take.wave.duration_s for take in takes),
        file_bytes=file.stat().st_size,
        file_name=file.name,
    )


def voice(
    engine: VoiceEngine,
    ear: Ear,
    recordings: Sequence[people.Recording],
    folder: Path,
    options: argparse.Namespace,
) -> tuple[Speaker, Making]:
    """The clone, made anew or (--reuse) as an earlier run left it in `folder`."""
    notes = folder / "making.json"
    if options.reuse and notes.is_file():
        making = Making(**json.loads(notes.read_text("utf-8")))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        given = [
            ingest.Given(recording.wave(), recording.text if options.texts else None)
            for recording in recordings
        ]
        making = make(engine, ear, given, folder)
        for stale in folder.glob("*.wav"):
            stale.unlink()
        notes.write_text(json.dumps(asdict(making)), "utf-8")
    return engine.load((folder / making.file_name).read_bytes()), making


def say(speaker: Speaker, sentence: str, file: Path) -> None:
    """Write `sentence` as the product would, unless `file` is there already."""
    if not file.is_file():
        parts = [part.wave.samples for part in speaker.speak(sentence)]
        wave = Waveform(np.concatenate([np.zeros(0, np.float32), *parts]), speaker.rate_hz)
        file.write_bytes(codec.encode(wave, container="wav"))


def second_opinion(
    encoder: Likeness, held_out: Sequence[Waveform], others: Sequence[Waveform], clone: Sequence[Waveform]
) -> judge.Likeness:
    """The same scale by another encoder: enrolment and anchors as in `judge.likeness`, whole recordings."""
    half = max(1, len(held_out) // 2)
    enrolled = np.mean([encoder.embed(wave) for wave in held_out[:half]], 0)
    enrolled /= np.linalg.norm(enrolled)
    same, other, got = (
        float(np.mean([encoder.embed(wave) @ enrolled for wave in waves]))
        for waves in (held_out[half:], others, clone)
    )
    return judge.scale(same, other, got)


def errors(ear: Ear, pairs: Sequence[tuple[str, Waveform]]) -> tuple[words.Errors, list[dict[str, str]]]:
    """All errors together, and the sentences that were not heard as they were to be said."""
    total, misheard = words.NONE, []
    for said, wave in pairs:
        heard = ear.hear(wave, "en").text
        found = words.compare(said, heard)
        total += found
        if found.words:
            misheard.append({"said": said, "heard": heard})
    return total, misheard


def _nobody(stage: str, fraction: float, left_s: float | None) -> None:
    """Progress that nobody watches."""


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument(
        "--only", action="append", metavar="SPEAKER", help="only this speaker (may be repeated)"
    )
    parser.add_argument(
        "--sentences", type=int, default=len(SENTENCES), metavar="N", help="say only the first N"
    )
    parser.add_argument(
        "--texts", action="store_true", help="give the ear the transcripts of the references too"
    )
    parser.add_argument("--voices-dir", type=Path, metavar="OUT", help="keep voices and WAV files here")
    parser.add_argument(
        "--reuse", action="store_true", help="judge what lies in --voices-dir, make only what lacks"
    )
    options = parser.parse_args()
    if options.reuse and options.voices_dir is None:
        parser.error("--reuse needs --voices-dir")
    with tempfile.TemporaryDirectory() as folder:
        run(options, options.voices_dir or Path(folder))


def run(options: argparse.Namespace, folder: Path) -> None:
    """Judge the clones; voices and sound go to `folder`."""
    speakers = people.chosen(people.collection(options.speech / options.speakers), options.only)
    report = common.Report(
        "likeness: do clones sound like their speakers, and does one understand them?", options
    )
    engine = make_engine(options.engine, EngineOptions(options.models, options.threads))
    ear, encoder = WhisperEar(options.models, options.threads), SpeakerEncoder(options.models)
    the_judge = judge.Judge()
    engine.warm()
    ear.warm()
    texts = SENTENCES[: options.sentences]
    near: list[dict[str, object]] = []
    clear: list[dict[str, object]] = []
    effort: list[dict[str, object]] = []
    used: dict[str, list[str]] = {}
    all_misheard: dict[str, list[dict[str, str]]] = {}
    for name, recordings in speakers.items():
        references, held_out = recordings[: people.REFERENCES], recordings[people.REFERENCES :]
        own = folder / name
        clone, making = voice(engine, ear, references, own, options)
        files = [own / f"{number:02}.wav" for number in range(1, len(texts) + 1)]
        for text, file in zip(texts, files, strict=True):
            say(clone, text, file)
        held_waves = [recording.wave() for recording in held_out]
        pitch_hz = people.median_pitch_hz(held_waves)
        others = people.same_sex(options.speech, name, pitch_hz)
        used[name] = [other.speaker for other in others]
        said = [codec.decode(file.read_bytes()) for file in files]
        loaded = [
            [judge.load(file) for file in group]
            for group in ([x.file for x in held_out], [x.file for x in others], files)
        ]
        first = judge.likeness(the_judge, *loaded)
        second = second_opinion(encoder, held_waves, [other.wave() for other in others], said)
        sex = people.sex(name, pitch_hz)
        near.append(
            {
                "speaker": f"{name} {sex}",
                **asdict(first),
                **{f"GE2E {key}": value for key, value in asdict(second).items()},
            }
        )
        spoken, misheard = errors(ear, list(zip(texts, said, strict=True)))
        real = [(x.text, wave) for x, wave in zip(held_out, held_waves, strict=True) if x.text]
        all_misheard[name] = misheard
        clear.append(
            {
                "speaker": f"{name} {sex}",
                "WER %": spoken.wer_percent,
                "CER %": spoken.cer_percent,
                "real WER %": errors(ear, real)[0].wer_percent if real else None,
                "words/s": spoken.of_words / sum(wave.duration_s for wave in said),
                "F0 Hz": people.median_pitch_hz(said),
                "real F0 Hz": pitch_hz,
            }
        )
        effort.append(
            {
                "speaker": f"{name} {sex}",
                "reference s": making.reference_s,
                "listen s": making.listen_s,
                "clone s": making.clone_s,
                "CPU s": making.cpu_s,
                "file KB": making.file_bytes / 1e3,
            }
        )
        print(f"  {name}: n {first.n:.2f} (GE2E {second.n:.2f}), WER {spoken.wer_percent:.1f} %", flush=True)
    with_mean = [[*rows, common.mean_row(rows, "mean")] for rows in (near, clear, effort)]
    report.table(
        "Likeness",
        with_mean[0],
        "n: 0 = as far as three others of the same sex, 1 = as near as the speaker's own held-out speech; same, other, "
        "clone: mean cosines it is made of.",
        "Others: " + "; ".join(f"{name}: {', '.join(others)}" for name, others in used.items()),
    )
    report.table(f"Understanding: {len(texts)} sentences a speaker, heard by Whisper base", with_mean[1])
    report.table("Making the voice: wall seconds in one warm process, CPU seconds of all cores", with_mean[2])
    report.keep("others", used)
    report.keep("misheard", all_misheard)
    # Linux counts in KiB.
    report.keep("peak_mb", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6))
    report.close()


if __name__ == "__main__":
    main()
