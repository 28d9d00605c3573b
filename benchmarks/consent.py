"""Are right statements of consent accepted, and near misses not? By synthetic readers, clean and spoilt.

    python benchmarks/consent.py --cache DIR [--minutes N] [--names] [--whole N] [--show] [--json FILE]

Every reader says the right statement in a few ways and each kind of near miss once (16 of them right ones only); the product's own ear hears it,
without being told the language, a second time with less noise where the product would, and the product's own matcher
judges. accepted: the words are right. review: a person has to listen. With --speech people of other languages are heard
as well; nothing else depends on human speech.
- tuned: readers and kinds whose failures were looked at while the rules were made. held out: the others, of which only
  these tables were seen.
- neural: readers that sound like people. robotic: espeak-ng and flite, which the ear often fails to understand.
- any company: the same sound, where no company is configured; kinds that concern the company are left out.
- names: each name, and others that sound nearly so ("Quantico" for Quantiva), by the neural readers.
- whole: right statements go through all of the check, sound, words, watermark and speaker, against three recordings by their reader.
- two readers take turns in the right statement, of a few lengths, held against recordings of the first: for the speaker check.
Sound and what was heard are kept in --cache: a second run takes seconds, a run that was stopped goes on. After
--minutes it stops by itself, and counts what it has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import common
import consent_readers
import people
from consent_sound import CONDITIONS, RATE_HZ, spoilt
from consent_texts import PLATFORMS, RIGHT, TUNED_NAMES, Said, held_out_kinds, names_said, sayings
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, HeardWord, Weighed
from sayso.engines.vad import SpeechDetector
from sayso.engines.voiceprint import VoiceprintEncoder
from sayso.engines.watermark import SpokenMarks
from sayso.engines.whisper import WhisperEar
from sayso.pipeline import consent_words
from sayso.pipeline.consent import Tools, examine
from sayso.pipeline.consent_words import Asked, Words
from sayso.pipeline.speaker_match import SpeakerMatch, compare
from sayso.pipeline.tools import Quieter
from sayso.text.consent.match import Match, match
from sayso.text.consent.statement import Statements, load
from words import distance

SEED = 7
TUNED_READERS = (
    "kokoro af_heart", "kokoro am_michael", "espeak en-us", "espeak en-gb+f3", "flite slt", "flite rms",
)  # fmt: skip
"""The other readers are held out."""
NEAR_CONDITIONS = ("clean", "pink 10 dB")
BRIEFLY = ("plain", "greeting")
"""Right ones in other conditions than those of `NOISY`."""
NOISY = ("clean", "pink 10 dB", "babble 10 dB")
SAMPLED = 16
"""Near misses in other conditions: every so-manyth."""
COMPANY_KINDS = ("other company", "without the company", "without company", "used by nobody")


@dataclass(frozen=True, slots=True)
class Clip:
    """One saying in one condition."""

    reader: str
    said: Said
    condition: str

    @property
    def key(self) -> str:
        """Of the clean sound."""
        return _hash(self.reader, *self.said.pieces)

    @property
    def is_neural(self) -> bool:
        """The reader sounds like a person; the others are harder to understand than any."""
        return _is_neural(self.reader)

    @property
    def is_held_out(self) -> bool:
        """Reader or kind was not looked at."""
        is_new_kind = not self.said.is_right and self.said.kind in held_out_kinds(seed=SEED)
        return self.reader not in TUNED_READERS or is_new_kind


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="folder for sound and words")
    parser.add_argument(
        "--minutes", type=float, default=1e9, metavar="N", help="stop making sound after N minutes"
    )
    parser.add_argument(
        "--names",
        action="store_true",
        help="only names: each one, and others that sound nearly so",
    )
    parser.add_argument(
        "--whole",
        type=float,
        metavar="N",
        help="also the whole check of right statements, not the words alone, for N minutes",
    )
    parser.add_argument("--show", action="store_true", help="print the failures of the tuned part")
    parser.add_argument("--show-all", action="store_true", help="those of the held-out part too")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Make what is missing, judge, print."""
    report = common.Report("consent: are the right words accepted, and near misses not?", options)
    statements = load()
    readers, absent = consent_readers.readers(options.models, options.threads)
    studio = Studio(
        options.cache,
        readers,
        WhisperEar(options.models, options.threads),
        Quieter(options.models),
        statements,
    )
    print(f"\nreaders: {', '.join(readers)}" + (f"; absent: {'; '.join(absent)}" if absent else ""))
    deadline = time.monotonic() + 60 * options.minutes
    saying_all = [reader for reader in readers if reader not in consent_readers.RIGHT_ONLY]
    clips = _name_clips(saying_all) if options.names else _clips(list(readers))
    hearings: dict[Clip, tuple[Words, ...]] = {}
    for clip in clips:
        found = studio.words(clip, may_work=time.monotonic() < deadline)
        if found is not None:
            hearings[clip] = found
    print(f"clips heard: {len(hearings)} of {len(clips)}")
    verdicts = {
        clip: judged(found, asked_of(statements, clip.said.company)) for clip, found in hearings.items()
    }
    if options.names:
        _by_name(report, verdicts)
    _tables(report, verdicts)
    _steps(report, hearings)
    anybody = asked_of(statements, "")
    free = {
        clip: judged([consent_words.judged(one.heard, anybody, one.knowing) for one in found], anybody)
        for clip, found in hearings.items()
        if clip.said.is_right or clip.said.kind not in COMPANY_KINDS
    }
    report.table("Where any company passes", _by_condition(free))
    if options.show or options.show_all:
        _show(hearings, verdicts, also_held_out=options.show_all)
    if options.whole is not None:
        _whole(report, options, studio, verdicts, time.monotonic() + 60 * options.whole)
    if options.names:
        report.close()
        return
    _two_readers(report, options, studio, [one for one in saying_all if _is_neural(one)])
    _other_languages(report, options, statements, studio, time.monotonic() < deadline)
    if options.speech is not None:
        _people(report, options, statements, WhisperEar(options.models, options.threads))
    report.close()


def _name_clips(readers: Sequence[str]) -> list[Clip]:
    """Every name and what sounds nearly so, by the readers that sound like people; mixed."""
    neural = [reader for reader in readers if _is_neural(reader)]
    clips = [
        Clip(reader, said, condition)
        for number, reader in enumerate(neural)
        for said in names_said(number)
        for condition in NEAR_CONDITIONS
    ]
    random.Random(SEED).shuffle(clips)
    return clips


def _clips(readers: Sequence[str]) -> list[Clip]:
    """What matters most first, and readers, kinds and conditions mixed, so that a part of it says something."""
    said = {reader: sayings(reader, number, seed=SEED) for number, reader in enumerate(readers)}
    for reader in consent_readers.RIGHT_ONLY:
        said[reader] = [one for one in said.get(reader, ()) if one.is_right]
    every = [(reader, saying) for reader in readers for saying in said[reader]]
    brief = [Clip(r, s, c) for r, s in every for c in CONDITIONS if s.kind in BRIEFLY]
    right = [Clip(r, s, c) for r, s in every for c in NOISY if s.is_right and s.kind not in BRIEFLY]
    close = [Clip(r, s, c) for r, s in every for c in NEAR_CONDITIONS if not s.is_right]
    sampled = [
        Clip(reader, saying, condition)
        for number, reader in enumerate(readers)
        for condition in CONDITIONS
        if condition not in NEAR_CONDITIONS
        for saying in [one for one in said[reader] if not one.is_right][number % SAMPLED :: SAMPLED]
    ]
    draw = random.Random(SEED)
    for part in (brief, right, close, sampled):
        draw.shuffle(part)
    # Readers of one engine take ten times as long to speak as the others.
    close.sort(key=lambda clip: clip.reader.startswith("kokoro"))
    wanted, others = [], []
    for clip in brief + right:
        (wanted if clip.is_neural else others).append(clip)
    return wanted + close + others + sampled


# --- sound and ear --------------------------------------------------------------------------------


class Studio:
    """Speaks and hears, each thing once."""

    def __init__(
        self,
        folder: Path,
        readers: Mapping[str, consent_readers.Reader],
        ear: WhisperEar,
        quieter: Quieter,
        statements: Statements,
    ) -> None:
        self._sound = folder / "sound"
        self._sound.mkdir(parents=True, exist_ok=True)
        self._file = folder / "heard.jsonl"
        self._readers = readers
        self._ear = ear
        self._quieter = quieter
        self._statements = statements
        self._known: dict[str, dict[str, Any]] = {}
        if self._file.is_file():
            for line in self._file.read_text("utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry

    def words(self, clip: Clip, *, may_work: bool) -> tuple[Words, ...] | None:
        """What both hearings come to, the second only where it is needed; None if one of them may not be made now."""
        asked = asked_of(self._statements, clip.said.company)
        found: list[Words] = []
        sound: Waveform | None = None
        for quieter in (False, True):
            key = hearing_key(clip, is_second=quieter)
            if key not in self._known:
                if not may_work:
                    return None
                sound = sound or self.sound_of(clip)
                self.listen(key, self._quieter(sound) if quieter else sound, clip.said.company)
            if self.lacks_names(key, asked):
                if not may_work:
                    return None
                sound = sound or self.sound_of(clip)
                self.listen_knowing(key, self._quieter(sound) if quieter else sound, asked)
            entry = self._known[key]
            found.append(consent_words.judged(heard(entry), asked, entry.get("knowing")))
            if not consent_words.may_be_misheard(found[0]):
                break
        return tuple(found)

    def sound_of(self, clip: Clip) -> Waveform:
        """What is sent: the saying in its condition."""
        wave = self.wave(clip.reader, clip.said.pieces)
        others = (
            [self.wave("espeak en-us", (line,)) for line in _TALK]
            if clip.condition.startswith("babble")
            else []
        )
        return spoilt(wave, clip.condition, clip.key, others)

    def wave(self, reader: str, pieces: Sequence[str]) -> Waveform:
        """`pieces` one after another, by one reader."""
        file = self._sound / f"{_hash(reader, *pieces)}.flac"
        if not file.is_file():
            speak = self._readers.get(reader) or (
                lambda text: consent_readers.espeak(reader.split()[1], text)
            )
            samples = np.concatenate([_trimmed(speak(piece)) for piece in pieces])
            aside = file.with_suffix(".part")
            aside.write_bytes(codec.encode_flac(Waveform(samples, RATE_HZ)))
            aside.replace(file)
        return codec.decode(file.read_bytes())

    def listen(self, key: str, wave: Waveform, company: str) -> None:
        """What the ear makes of it; remembered."""
        began = time.process_time()
        words = consent_words.hear(wave, asked_of(self._statements, company), self._ear)
        found = words.heard
        entry = {
            "key": key,
            "text": found.text,
            "language": found.language,
            "sure": round(found.language_confidence, 3),
            "words": [[word.text, round(word.confidence, 3)] for word in found.words],
            "rivals": [[one.start, one.end, one.text, round(one.nats, 2)] for one in found.rivals],
            "names": [
                [one.start, one.end, one.text, round(one.nats, 2), round(one.unusual_nats, 2)]
                for one in found.names
            ],
            "knowing": words.knowing,
            "sound_s": round(wave.duration_s, 2),
            "cpu_s": round(time.process_time() - began, 2),
        }
        self._remember(entry)

    def lacks_names(self, key: str, asked: Asked) -> bool:
        """Whether it hangs on a hearing with the names in mind that was not made, as the rules were others then."""
        entry = self._known[key]
        return entry.get("knowing") is None and consent_words.hangs_on_names(heard(entry), asked)

    def listen_knowing(self, key: str, wave: Waveform, asked: Asked) -> None:
        """Make that hearing; remembered."""
        entry = self._known[key]
        self._remember(entry | {"knowing": consent_words.heard_knowing(wave, heard(entry), asked, self._ear)})

    def _remember(self, entry: dict[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._known[entry["key"]] = entry

    def known(self, key: str) -> dict[str, Any] | None:
        """What was heard before."""
        return self._known.get(key)


_TALK = (
    "The meeting was moved to Thursday because nobody could find the keys of the large room on the second floor.",
    "My uncle keeps eleven bees in a shoe box and says that they are the quietest neighbours he ever had in his life.",
    "If the train is late again, take the bus to the market and walk along the river until you see the red bridge.",
)


def hearing_key(clip: Clip, *, is_second: bool) -> str:
    """Under which what was heard is remembered."""
    return _hash(
        clip.key, clip.condition, clip.said.company, f"{consent_words.LEFT_DB} dB" if is_second else ""
    )


def _trimmed(wave: Waveform) -> np.ndarray:
    """Without the silence at its ends, so that pieces follow closely; a fifth of a second stays."""
    loud = np.flatnonzero(np.abs(wave.samples) > 0.01 * np.abs(wave.samples).max())
    margin = RATE_HZ // 10
    return wave.samples[max(0, loud[0] - margin) : loud[-1] + margin]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


# --- the whole check ------------------------------------------------------------------------------


class _Replayed:
    """Implements `Ear` for one clip: its first hearing, then its second, from the cache or into it."""

    def __init__(self, studio: Studio, clip: Clip) -> None:
        self._studio, self._clip = studio, clip
        self._times = 0

    def hear(
        self,
        wave: Waveform,
        language: str | None = None,
        rivals: object = None,
        names: object = None,
        before: str = "",
    ) -> Heard:
        """See Ear; what the check asks for is what is remembered."""
        del language, rivals, names
        if before:
            entry = self._studio.known(hearing_key(self._clip, is_second=self._times > 1)) or {}
            return replace(heard(entry), text=entry.get("knowing") or "")
        key = hearing_key(self._clip, is_second=self._times > 0)
        self._times += 1
        if self._studio.known(key) is None:
            self._studio.listen(key, wave, self._clip.said.company)
        return heard(self._studio.known(key) or {})


def _whole(
    report: common.Report,
    options: argparse.Namespace,
    studio: Studio,
    words: Mapping[Clip, Match | None],
    deadline: float,
) -> None:
    """Every right statement of which the words are known, by readers that sound like people, through all of the check."""
    quieter, marks = Quieter(options.models), SpokenMarks(options.models)
    speech = SpeechDetector(options.models)
    voiceprints = VoiceprintEncoder(options.models, speech)
    file = options.cache / "whole.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    known = {entry["key"]: entry for entry in map(json.loads, lines)}
    found: dict[Clip, dict[str, Any]] = {}
    for clip in words:
        if not (clip.said.is_right and clip.is_neural):
            continue
        key = _hash("whole", clip.key, clip.condition, clip.said.company)
        if key not in known:
            if time.monotonic() > deadline:
                continue
            wave = studio.sound_of(clip)
            # As in the server: what was sent as 16 bits is decoded.
            wave = codec.decode(codec.encode(wave, container="wav", precision="PCM_16"))
            recordings = {str(n): partial(studio.wave, clip.reader, (line,)) for n, line in enumerate(_TALK)}
            for read in recordings.values():
                read()  # spoken beforehand, and not counted
            began = time.process_time()
            asked = replace(asked_of(load(), clip.said.company), mark_confidence=marks.confidence(wave))
            tools = Tools(_Replayed(studio, clip), speech, voiceprints, quieter)
            made = examine(wave, recordings, asked, tools, lambda *_: None)
            known[key] = {
                "key": key,
                "verdict": made.state.value,
                "reasons": [reason.code for reason in made.reasons],
                "likeness": made.numbers["speaker_similarity"],
                "line": made.numbers["speaker_line"],
                "mark": made.numbers["watermark_confidence"],
                "cpu_s": round(time.process_time() - began, 2),
            }
            with file.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(known[key]) + "\n")
        found[clip] = known[key]
    rows = []
    for straight in (True, False):
        for condition in CONDITIONS:
            chosen = {
                clip: one
                for clip, one in found.items()
                if clip.condition == condition
                and (clip.said.kind not in ("restart", "hesitation")) == straight
            }
            if not chosen:
                continue
            counts = Counter(one["verdict"] for one in chosen.values())
            rows.append(
                {
                    "said": "straight" if straight else "with stumbles",
                    "condition": condition,
                    "clips": len(chosen),
                    "words right": sum(_verdict(words[clip]) == "accepted" for clip in chosen),
                    **{verdict: counts[verdict] for verdict in ("accepted", "review", "refused")},
                    "accepted %": 100 * counts["accepted"] / len(chosen),
                    "least likeness over its line": min(
                        one["likeness"] - one["line"] for one in chosen.values()
                    ),
                    "CPU s": float(np.mean([one["cpu_s"] for one in chosen.values()])),
                }
            )
    report.table("The whole check of right statements", rows, "CPU s: without hearing what is in the cache.")
    reasons = Counter(
        code for one in found.values() if one["verdict"] != "accepted" for code in one["reasons"]
    )
    report.table("What it found", [{"reason": code, "clips": n} for code, n in reasons.most_common()])


# --- verdicts -------------------------------------------------------------------------------------


def heard(entry: Mapping[str, Any]) -> Heard:
    """What was remembered of a hearing."""
    words = tuple(HeardWord(text, 0.0, 0.0, confidence) for text, confidence in entry["words"])
    rivals = tuple(Weighed(*one) for one in entry["rivals"])
    names = tuple(Weighed(*one) for one in entry["names"])
    return Heard(entry["text"], words, entry["language"], entry["sure"], rivals, names)


def asked_of(statements: Statements, company: str) -> Asked:
    """What the clips are held against."""
    return Asked(company, PLATFORMS, statements, "en")


def judged(words: Sequence[Words], asked: Asked) -> Match | None:
    """As the product does, of both hearings. None: there is no statement in the language that was heard."""
    return (words[0] if len(words) == 1 else consent_words.agreed(words[0], words[1], asked)).found


def _verdict(found: Match | None) -> str:
    return found.verdict if found else "refused"


def _row(name: Mapping[str, object], verdicts: Sequence[Match | None]) -> dict[str, object]:
    counts = Counter(map(_verdict, verdicts))
    n = len(verdicts)
    return {
        **name,
        "clips": n,
        "accepted": counts["accepted"],
        "review": counts["review"],
        "refused": counts["refused"],
        "accepted %": 100 * counts["accepted"] / n if n else None,
    }


def _by_condition(verdicts: Mapping[Clip, Match | None]) -> list[dict[str, object]]:
    rows = []
    for is_right in (True, False):
        for condition in CONDITIONS:
            chosen = [
                v for c, v in verdicts.items() if c.said.is_right == is_right and c.condition == condition
            ]
            if chosen:
                rows.append(
                    _row({"said": "right" if is_right else "near miss", "condition": condition}, chosen)
                )
    return rows


def _is_neural(reader: str) -> bool:
    return reader.split()[0] in ("kokoro", "piper")


_TURNS = {
    "two turns": (
        "I am aware that recordings of my voice will be used by Acme Robotics",
        "to train and create a synthetic version of my voice by Sayso.",
    ),
    "four turns": (
        "I am aware that recordings of my voice",
        "will be used by Acme Robotics",
        "to train and create a synthetic",
        "version of my voice by Sayso.",
    ),
    "eight turns": (
        *("I am aware that", "recordings of my voice", "will be used by", "Acme Robotics"),
        *("to train and create", "a synthetic version", "of my voice", "by Sayso."),
    ),
}


def _two_readers(
    report: common.Report, options: argparse.Namespace, studio: Studio, readers: Sequence[str]
) -> None:
    """Every neural reader with the two that follow, whatever their sex; and alone, in the same pieces."""
    encoder = VoiceprintEncoder(options.models, SpeechDetector(options.models))
    rows = []
    for name, pieces in _TURNS.items():
        found: dict[str, list[SpeakerMatch]] = {"one reader": [], "two readers": []}
        turns_s: list[float] = []
        for n, reader in enumerate(readers):
            recordings = [studio.wave(reader, (line,)) for line in _TALK]
            others = [readers[(n + step) % len(readers)] for step in (1, 2)]
            for other in (reader, *others):
                said = [studio.wave((reader, other)[i % 2], (piece,)) for i, piece in enumerate(pieces)]
                turns_s += [wave.duration_s for wave in said]
                whole = Waveform(np.concatenate([wave.samples for wave in said]), RATE_HZ)
                which = "one reader" if other == reader else "two readers"
                found[which].append(compare(whole, recordings, encoder))
        for which, matches in found.items():
            counts = Counter(match.verdict for match in matches)
            rows.append(
                {
                    "said by": which,
                    "in": name,
                    "turn s": float(np.mean(turns_s)),
                    "clips": len(matches),
                    **{verdict: counts[verdict] for verdict in ("accepted", "review", "refused")},
                    "least alike parts, mean": float(
                        np.mean([one.turns for one in matches if one.turns is not None])
                    ),
                }
            )
    report.table("Two readers taking turns, by the speaker check", rows)


def _tables(report: common.Report, verdicts: Mapping[Clip, Match | None]) -> None:
    report.table("By condition", _by_condition(verdicts))
    for is_neural in (True, False):
        part = {clip: found for clip, found in verdicts.items() if clip.is_neural == is_neural}
        report.table("Neural readers" if is_neural else "Robotic readers", _by_condition(part))
    for is_held_out in (False, True):
        part = {clip: found for clip, found in verdicts.items() if clip.is_held_out == is_held_out}
        report.table("Held out" if is_held_out else "Tuned", _by_condition(part))
    kinds = list(dict.fromkeys(clip.said.kind for clip in verdicts))
    held = held_out_kinds(seed=SEED)
    for title, conditions in (("clean", ("clean",)), ("spoilt", CONDITIONS[1:])):
        report.table(
            f"By kind, {title}",
            [
                _row({"kind": kind, "held out": "yes" if kind in held else ""}, chosen)
                for kind in kinds
                if (
                    chosen := [
                        v for c, v in verdicts.items() if c.said.kind == kind and c.condition in conditions
                    ]
                )
            ],
            f"Right ones: {', '.join(RIGHT)}.",
        )
    report.table(
        "Right statements by reader, all conditions",
        [
            _row({"reader": reader, "held out": "" if reader in TUNED_READERS else "yes"}, chosen)
            for reader in dict.fromkeys(clip.reader for clip in verdicts)
            if (chosen := [v for c, v in verdicts.items() if c.reader == reader and c.said.is_right])
        ],
    )
    report.table(
        "Right statements by neural readers, by form",
        [
            _row({"form": form, "condition": condition}, chosen)
            for form in RIGHT
            for condition in CONDITIONS
            if (
                chosen := [
                    v
                    for c, v in verdicts.items()
                    if c.is_neural and c.said.kind == form and c.condition == condition
                ]
            )
        ],
        "restart and hesitation: the reader stumbles on purpose.",
    )
    reasons = Counter(
        (("right" if clip.said.is_right else "near miss"), code)
        for clip, found in verdicts.items()
        for code in (found.reasons if found else ("wrong_language",))
    )
    report.table(
        "Reasons", [{"said": said, "reason": code, "clips": n} for (said, code), n in sorted(reasons.items())]
    )


def _by_name(report: common.Report, verdicts: Mapping[Clip, Match | None]) -> None:
    rows = []
    for kind in ("each name", "near company", "near platform"):
        for is_tuned in (True, False):
            for condition in NEAR_CONDITIONS:
                chosen = [
                    found
                    for clip, found in verdicts.items()
                    if (clip.said.kind, clip.condition) == (kind, condition)
                    and (clip.said.company in TUNED_NAMES) == is_tuned
                ]
                if chosen:
                    name = {"said": kind, "names": "tuned" if is_tuned else "others", "condition": condition}
                    rows.append(_row(name, chosen))
    report.table("Names", rows)


def _steps(report: common.Report, hearings: Mapping[Clip, Sequence[Words]]) -> None:
    """What each further look brought."""
    rows = []
    for is_right in (True, False):
        for condition in CONDITIONS:
            clips = [c for c in hearings if (c.said.is_right, c.condition) == (is_right, condition)]
            if not clips:
                continue
            found = [hearings[clip] for clip in clips]
            rows.append(
                {
                    "said": "right" if is_right else "near miss",
                    "condition": condition,
                    "clips": len(found),
                    "accepted as written": sum(h[0].are_right and not h[0].named for h in found),
                    "with names weighed": sum(h[0].are_right and bool(h[0].named) for h in found),
                    "heard again": sum(len(h) > 1 for h in found),
                    "right then": sum(len(h) > 1 and h[1].are_right for h in found),
                }
            )
    report.table("What each further look brought", rows)


def _show(
    hearings: Mapping[Clip, Sequence[Words]],
    verdicts: Mapping[Clip, Match | None],
    *,
    also_held_out: bool,
) -> None:
    for clip, found in verdicts.items():
        is_failure = (_verdict(found) != "accepted") == clip.said.is_right
        if is_failure and (also_held_out or not clip.is_held_out):
            print(
                f"\n{clip.reader} | {clip.condition} | {clip.said.kind} | {clip.said.company}, {clip.said.platform}"
                f" | {_verdict(found)}"
            )
            for words in hearings[clip]:
                print(f"  {words.heard.language} {words.heard.language_confidence}: {words.heard.text}")
                told = words.found
                if told:
                    print(f"  {told.reasons} missing {told.missing} extra {told.extra} {told.negations}")
                    print(f"  {told.company_heard!r} {told.company_similarity}, {told.platform_heard!r}")
                print(
                    f"  {[(one.text, round(one.nats, 1)) for one in (*words.heard.rivals, *words.heard.names)]}"
                )


# --- other languages ------------------------------------------------------------------------------

_STRANGE = {
    "sv": "Jag är medveten om att inspelningar av min röst kommer att användas av {c} för att träna och skapa en syntetisk version av min röst med {p}.",
    "pl": "Jestem świadoma, że nagrania mojego głosu zostaną użyte przez {c} do wytrenowania i stworzenia syntetycznej wersji mojego głosu przez {p}.",
    "ru": "Я знаю, что записи моего голоса будут использованы компанией {c} для обучения и создания синтетической версии моего голоса на платформе {p}.",
}
"""Languages without a statement."""


def _other_languages(
    report: common.Report, options: argparse.Namespace, statements: Statements, studio: Studio, may_work: bool
) -> None:
    """Statements of the other languages, right and against English, and languages without one."""
    rows = []
    company, platform = "Nova Media", "Sayso"
    texts = {
        language: statements.sentence(language, company, platform)
        for language in statements
        if language != "en"
    }
    texts |= {language: text.format(c=company, p=platform) for language, text in _STRANGE.items()}
    for language, text in texts.items():
        for voice in (language, f"{language}+f3", f"{language}+m3"):
            key = _hash("language", voice, text)
            if studio.known(key) is None:
                if not may_work:
                    continue
                studio.listen(key, studio.wave(f"espeak {voice}", (text,)), company)
            known = studio.known(key) or {}
            entry, asked = heard(known), asked_of(statements, company)
            found = judged([consent_words.judged(entry, asked, known.get("knowing"))], asked)
            in_english = match(entry.text, statements["en"], company=company, platforms=PLATFORMS)
            rows.append(
                {
                    "voice": voice,
                    "heard as": entry.language,
                    "own statement": _verdict(found) if language in statements else "none",
                    "coverage": found.coverage if found else None,
                    "held against English": in_english.verdict,
                    "reasons": " ".join(found.reasons) if found else "wrong_language",
                    "text": entry.text if options.show else "",
                }
            )
    if rows:
        report.table("Other languages, espeak-ng, clean", rows)


_PEOPLE_FILES = 12
"""Of each person who speaks another language so many files are heard."""


def _people(
    report: common.Report, options: argparse.Namespace, statements: Statements, ear: WhisperEar
) -> None:
    """How well people of the other languages are understood: sentences of theirs, as nobody of them said the statement."""
    rows = []
    for folder in sorted(options.speech.glob("lang_*")):
        statement = statements.get(folder.name.split("_")[1])
        if statement is None:
            continue
        for speaker, recordings in people.collection(folder).items():
            wrong = words = files = right_language = 0
            for one in recordings[:_PEOPLE_FILES]:
                found = ear.hear(one.wave())
                said, written = statement.words(one.text), statement.words(found.text)
                wrong += distance(said, written)
                words += len(said)
                files += 1
                right_language += found.language == statement.language
            rows.append(
                {
                    "language": statement.language,
                    "speaker": speaker,
                    "files": files,
                    "language right": right_language,
                    "words": words,
                    "words wrong %": 100 * wrong / words,
                }
            )
    report.table("People of other languages, other sentences than the statement", rows)


if __name__ == "__main__":
    main()
