"""Are right statements of consent accepted, and near misses not? By synthetic readers, clean and spoilt.

    python benchmarks/consent.py --cache DIR [--minutes N] [--show] [--json FILE]

Every reader says the right statement in a few ways and each kind of near miss once; the product's own ear hears it,
without being told the language, and the product's own matcher judges. accepted: the words are right. review: a person
has to listen. Nothing depends on human speech.
- tuned: readers and kinds whose failures were looked at while the rules were made. held out: the others, of which only
  these tables were seen.
- neural: readers that sound like people. robotic: espeak-ng and flite, which the ear often fails to understand.
- any company: the same sound, where no company is configured; kinds that concern the company are left out.
- two readers: the first half by one, the second by another. The words are right, so that is for the speaker check.
Sound and what was heard are kept in --cache: a second run takes seconds, a run that was stopped goes on. After
--minutes it stops by itself, and counts what it has.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import common
import consent_readers
from consent_sound import CONDITIONS, RATE_HZ, spoilt
from consent_texts import PLATFORMS, RIGHT, Said, held_out_kinds, sayings
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.whisper import WhisperEar
from sayso.text.consent import doubt
from sayso.text.consent.match import Match, match
from sayso.text.consent.statement import Statements, load

SEED = 7
TUNED_READERS = (
    "kokoro af_heart", "kokoro am_michael", "espeak en-us", "espeak en-gb+f3", "flite slt", "flite rms",
)  # fmt: skip
"""The other readers are held out."""
NEAR_CONDITIONS = ("clean", "pink 10 dB")
BRIEFLY = ("plain", "greeting")
"""Right ones in other conditions."""
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
        return self.reader.split()[0] in ("kokoro", "piper")

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
        "--first", choices=("neural", "robotic"), default="neural", help="whose near misses are made first"
    )
    parser.add_argument("--show", action="store_true", help="print the failures of the tuned part")
    parser.add_argument("--show-all", action="store_true", help="those of the held-out part too")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Make what is missing, judge, print."""
    report = common.Report("consent: are the right words accepted, and near misses not?", options)
    statements = load()
    readers, absent = consent_readers.readers(options.models, options.threads)
    studio = Studio(options.cache, readers, WhisperEar(options.models, options.threads), statements)
    print(f"\nreaders: {', '.join(readers)}" + (f"; absent: {'; '.join(absent)}" if absent else ""))
    deadline = time.monotonic() + 60 * options.minutes
    clips = _clips(list(readers), options.first)
    heard: dict[Clip, dict[str, Any]] = {}
    for clip in clips:
        found = studio.heard(clip, may_work=time.monotonic() < deadline)
        if found is not None:
            heard[clip] = found
    print(f"clips heard: {len(heard)} of {len(clips)}")
    verdicts = {clip: judged(statements, clip.said.company, found) for clip, found in heard.items()}
    _tables(report, verdicts)
    free = {
        clip: judged(statements, "", heard[clip])
        for clip in heard
        if clip.said.is_right or clip.said.kind not in COMPANY_KINDS
    }
    report.table("Where any company passes", _by_condition(free))
    if options.show or options.show_all:
        _show(heard, verdicts, also_held_out=options.show_all)
    _other_languages(report, options, statements, studio, time.monotonic() < deadline)
    report.close()


def _clips(readers: Sequence[str], first: str) -> list[Clip]:
    """What matters most first, and readers, kinds and conditions mixed, so that a part of it says something."""
    said = {reader: sayings(reader, number, seed=SEED) for number, reader in enumerate(readers)}
    every = [(reader, saying) for reader in readers for saying in said[reader]]
    brief = [Clip(r, s, c) for r, s in every for c in CONDITIONS if s.kind in BRIEFLY]
    close = [Clip(r, s, c) for r, s in every for c in NEAR_CONDITIONS if s.kind not in BRIEFLY]
    sampled = [
        Clip(reader, saying, condition)
        for number, reader in enumerate(readers)
        for condition in CONDITIONS
        if condition not in NEAR_CONDITIONS
        for saying in [one for one in said[reader] if not one.is_right][number % SAMPLED :: SAMPLED]
    ]
    draw = random.Random(SEED)
    for part in (brief, close, sampled):
        draw.shuffle(part)
    return brief + sorted(close, key=lambda clip: clip.is_neural != (first == "neural")) + sampled


# --- sound and ear --------------------------------------------------------------------------------


class Studio:
    """Speaks and hears, each thing once."""

    def __init__(
        self,
        folder: Path,
        readers: Mapping[str, consent_readers.Reader],
        ear: WhisperEar,
        statements: Statements,
    ) -> None:
        self._sound = folder / "sound"
        self._sound.mkdir(parents=True, exist_ok=True)
        self._file = folder / "heard.jsonl"
        self._readers = readers
        self._ear = ear
        self._statements = statements
        self._known: dict[str, dict[str, Any]] = {}
        if self._file.is_file():
            for line in self._file.read_text("utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = entry

    def heard(self, clip: Clip, *, may_work: bool) -> dict[str, Any] | None:
        """Text, language and words of the clip; None if it was not heard yet and may not be now."""
        key = _hash(clip.key, clip.condition)
        if key in self._known or not may_work:
            return self._known.get(key)
        wave = self.wave(clip.reader, clip.said.pieces)
        others = (
            [self.wave("espeak en-us", (line,)) for line in _TALK]
            if clip.condition.startswith("babble")
            else []
        )
        return self.listen(key, spoilt(wave, clip.condition, clip.key, others))

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

    def listen(self, key: str, wave: Waveform) -> dict[str, Any]:
        """What the ear makes of it; remembered."""
        began = time.process_time()
        heard = self._ear.hear(wave, rivals=functools.partial(doubt.rivals, self._statements))
        entry = {
            "key": key,
            "text": heard.text,
            "language": heard.language,
            "sure": round(heard.language_confidence, 3),
            "words": [[word.text, round(word.confidence, 3)] for word in heard.words],
            "rivals": [[text, round(margin, 2)] for text, margin in heard.rivals],
            "sound_s": round(wave.duration_s, 2),
            "cpu_s": round(time.process_time() - began, 2),
        }
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._known[key] = entry
        return entry

    def known(self, key: str) -> dict[str, Any] | None:
        """What was heard before."""
        return self._known.get(key)


_TALK = (
    "The meeting was moved to Thursday because nobody could find the keys of the large room on the second floor.",
    "My uncle keeps eleven bees in a shoe box and says that they are the quietest neighbours he ever had in his life.",
    "If the train is late again, take the bus to the market and walk along the river until you see the red bridge.",
)


def _trimmed(wave: Waveform) -> np.ndarray:
    """Without the silence at its ends, so that pieces follow closely; a fifth of a second stays."""
    loud = np.flatnonzero(np.abs(wave.samples) > 0.01 * np.abs(wave.samples).max())
    margin = RATE_HZ // 10
    return wave.samples[max(0, loud[0] - margin) : loud[-1] + margin]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


# --- verdicts -------------------------------------------------------------------------------------


def judged(statements: Statements, company: str, heard: Mapping[str, Any]) -> Match | None:
    """As the product does: by the statement of the language that was heard. None: there is no such statement."""
    statement = statements.get(heard["language"])
    if statement is None:
        return None
    found = match(heard["text"], statement, company=company, platforms=PLATFORMS)
    return doubt.weighed(found, heard["rivals"])


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
    reasons = Counter(
        (("right" if clip.said.is_right else "near miss"), code)
        for clip, found in verdicts.items()
        for code in (found.reasons if found else ("wrong_language",))
    )
    report.table(
        "Reasons", [{"said": said, "reason": code, "clips": n} for (said, code), n in sorted(reasons.items())]
    )


def _show(
    heard: Mapping[Clip, Mapping[str, Any]], verdicts: Mapping[Clip, Match | None], *, also_held_out: bool
) -> None:
    for clip, found in verdicts.items():
        is_failure = (_verdict(found) != "accepted") == clip.said.is_right
        if is_failure and (also_held_out or not clip.is_held_out):
            entry = heard[clip]
            print(
                f"\n{clip.reader} | {clip.condition} | {clip.said.kind} | {clip.said.company}, {clip.said.platform}"
            )
            print(f"  {_verdict(found)} {entry['language']} {entry['sure']}: {entry['text']}")
            if found:
                names = (
                    found.company_heard,
                    found.company_similarity,
                    found.platform_heard,
                    found.platform_similarity,
                )
                print(
                    f"  {found.reasons} missing {found.missing} extra {found.extra} {found.negations} {names}"
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
            heard = studio.known(key)
            if heard is None and may_work:
                heard = studio.listen(key, studio.wave(f"espeak {voice}", (text,)))
            if heard is None:
                continue
            found = judged(statements, company, heard)
            in_english = match(heard["text"], statements["en"], company=company, platforms=PLATFORMS)
            rows.append(
                {
                    "voice": voice,
                    "heard as": heard["language"],
                    "own statement": _verdict(found) if language in statements else "none",
                    "coverage": found.coverage if found else None,
                    "held against English": in_english.verdict,
                    "reasons": " ".join(found.reasons) if found else "wrong_language",
                    "text": heard["text"] if options.show else "",
                }
            )
    if rows:
        report.table("Other languages, espeak-ng, clean", rows)


if __name__ == "__main__":
    main()
