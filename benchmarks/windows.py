"""Where should the line be for windows of four seconds that are held against a consent (`speaker_match.Witness`)?

    python benchmarks/windows.py --speech DIR [--tune] [--cache DIR] [--json FILE]

Consents of 5 and 10 s, and pieces of up to 8 s of other utterances, of each person and of the others of that sex; windows, telephones
and pauses as `Witness` has them. *consent*: the consent alone is spoilt; *both*: the pieces too. Four ways to hold a window against it:
- cosine: to the consent. The product's way.
- centred: the same without the mean of the stock voices' voiceprints.
- cohort: how many deviations the cosine lies above those of consent and window to the stock voices (both sides' mean).
- company: to the mean of the consent and of all windows beside it (one's own pieces and the other's) that are like it (0.62, telephone 0.74), itself
  left out; where there are none, the cosine.
A line is the highest that leaves out at most 1 % of honest windows in every condition; telephones have their own. The product's stand
0.04 below, for all of it is of one day and one microphone. --tune: on the people that lines are set on. Without it the lines that --tune printed and wrote to --cache are tried on the others.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import common
from degrade import Degrader
from sayso.audio.band import is_narrow, through_telephone
from sayso.audio.waveform import Waveform
from sayso.engines import stock_voiceprints
from sayso.engines.voiceprint import MODEL, VoiceprintEncoder, unit
from sayso.pipeline.analysis.speakers import LEAST_S
from sayso.pipeline.speaker_match import LINES, NARROW_LINES, _hear, _windows
from speakers import REPORTED_ON, TUNED_ON, Person, consents, persons

CONDITIONS = ("clean", "mp3", "phone", "pink 10 dB", "babble 10 dB", "real 10 dB", "room")
WAYS = ("cosine", "centred", "cohort", "company")
_MOST_PIECES, _PIECE_S = 6, 8.0
_LEFT_OUT = 0.01

Vectors = np.ndarray


@dataclass(frozen=True, slots=True)
class Sound:
    """One stretch of speech: its vectors as it is, and as through a telephone."""

    is_narrow: bool
    plain: Vectors
    phone: Vectors

    def vectors(self, is_phone: bool) -> Vectors:
        """(windows, 192), unit length; of a consent one."""
        return self.phone if is_phone else self.plain


@dataclass(frozen=True, slots=True)
class Said:
    """What one person says, spoilt or not."""

    name: str
    sex: str
    consents: list[Sound]
    pieces: list[Sound]


class Listener:
    def __init__(self, models: Path) -> None:
        self._encoder = VoiceprintEncoder(models)

    def consent(self, wave: Waveform) -> Sound | None:
        speech = _hear(wave, self._encoder, 10.0).speech
        if speech.duration_s < LEAST_S:
            return None
        plain = self._encoder.embed_speech(speech)[None]
        return Sound(is_narrow(speech), plain, self._encoder.embed_speech(through_telephone(speech))[None])

    def piece(self, wave: Waveform) -> Sound | None:
        speech = _hear(wave, self._encoder, 60.0).speech
        if speech.duration_s < LEAST_S:
            return None
        windows = _windows(speech)
        plain = self._encoder.embed_parts(speech, windows)
        return Sound(is_narrow(speech), plain, self._encoder.embed_parts(through_telephone(speech), windows))


def said(person: Person, condition: str, degrader: Degrader, listener: Listener) -> Said:
    """Consents of the first seconds, pieces of utterances that are in none of them."""
    mine = consents(person, 5.0)[:3] + consents(person, 10.0)[:2]
    used = frozenset[int]().union(*(one.uses for one in mine))
    left = [wave for i, wave in enumerate(person.utterances) if i not in used][:_MOST_PIECES]
    spoken = [listener.consent(degrader.make(condition, one.wave, one.key)) for one in mine]
    pieces = [
        listener.piece(degrader.make(condition, wave.cut(0.0, _PIECE_S), f"{person.name} {i}"))
        for i, wave in enumerate(left)
    ]
    return Said(person.name, person.sex, [s for s in spoken if s], [s for s in pieces if s])


def heard(options: argparse.Namespace) -> dict[str, list[Said]]:
    """Condition -> what everybody says; kept in --cache."""
    name = f"windows-{'tuned' if options.tune else 'reported'}.pickle"
    file: Path = options.cache / name
    found: dict[str, list[Said]] = pickle.loads(file.read_bytes()) if file.is_file() else {}  # noqa: S301 - ours
    missing = [condition for condition in CONDITIONS if condition not in found]
    if not missing:
        return found
    everybody = persons(options.speech, TUNED_ON if options.tune else REPORTED_ON)
    talk = [np.concatenate([wave.samples for wave in person.utterances]) for person in everybody]
    degrader = Degrader(options.speech / "noise", talk)
    listener = Listener(options.models)
    speaking = [person for person in everybody if len(person.utterances) >= 5]
    for condition in missing:
        found[condition] = [said(person, condition, degrader, listener) for person in speaking]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(found))
        print(f"heard: {condition}", flush=True)
    return found


class Scores:
    """Of one way, condition and side: a number for each window, honest and stranger, by piece."""

    def __init__(self) -> None:
        self.honest: list[np.ndarray] = []
        self.others: list[np.ndarray] = []
        self.who: list[tuple[str, str]] = []
        """Consent's and piece's person of each of `others`."""

    def windows(self) -> np.ndarray:
        return np.concatenate(self.honest)

    def left_out(self, line: float) -> tuple[int, int]:
        """Honest windows and honest pieces below `line`."""
        return int((self.windows() < line).sum()), sum(float(one.min()) < line for one in self.honest)

    def passed(self, line: float) -> int:
        """Strangers' pieces that pass."""
        return sum(float(one.min()) >= line for one in self.others)


def scored(found: dict[str, list[Said]]) -> dict[tuple[str, str, bool], dict[str, Scores]]:
    """(condition, side, telephone) -> way -> scores."""
    kept = stock_voiceprints._kept()
    assert kept[0] == MODEL
    cohort = np.stack(list(kept[1]))
    middle = cohort.mean(axis=0)
    made: dict[tuple[str, str, bool], dict[str, Scores]] = defaultdict(
        lambda: {way: Scores() for way in WAYS}
    )
    for condition in CONDITIONS:
        for side in ("consent", "both") if condition != "clean" else ("both",):
            pieces = {one.name: one.pieces for one in found[condition if side == "both" else "clean"]}
            for one in found[condition]:
                for other in found[condition]:
                    if other.sex != one.sex:
                        continue
                    for consent in one.consents:
                        _trial(made, (condition, side), one, other, consent, pieces, cohort, middle)
    return made


def _trial(
    made: dict[tuple[str, str, bool], dict[str, Scores]],
    key: tuple[str, str],
    one: Said,
    other: Said,
    consent: Sound,
    pieces: dict[str, list[Sound]],
    cohort: Vectors,
    middle: Vectors,
) -> None:
    """Every way's numbers of `other`'s pieces held against a consent of `one`, into `made`."""
    beside = [*pieces[one.name], *(pieces[other.name] if other is not one else [])]
    is_phone = consent.is_narrow or any(piece.is_narrow for piece in beside)
    scores = made[(*key, is_phone)]
    print_ = consent.vectors(is_phone)[0]
    all_windows = np.concatenate([piece.vectors(is_phone) for piece in beside])
    like = all_windows @ print_ >= (NARROW_LINES if is_phone else LINES).accept
    total = print_ + all_windows[like].sum(axis=0)
    of_consent = cohort @ print_
    for piece in pieces[other.name]:
        own = piece.vectors(is_phone)
        cosine = own @ print_
        to_cohort = own @ cohort.T
        found = {
            "cosine": cosine,
            "centred": unit(own - middle) @ unit(print_ - middle),
            "cohort": (
                (cosine - of_consent.mean()) / of_consent.std()
                + (cosine - to_cohort.mean(axis=1)) / to_cohort.std(axis=1)
            )
            / 2,
            "company": np.array(
                [
                    float(unit(total - (v if c >= (NARROW_LINES if is_phone else LINES).accept else 0.0)) @ v)
                    for v, c in zip(own, cosine, strict=True)
                ]
            ),
        }
        for way, values in found.items():
            if other is one:
                scores[way].honest.append(values)
            else:
                scores[way].others.append(values)
                scores[way].who.append((one.name, other.name))


def lines_of(made: dict[tuple[str, str, bool], dict[str, Scores]]) -> dict[str, dict[str, float]]:
    """way -> telephone or not -> the highest line that leaves out at most 1 % of honest windows in every condition."""
    found: dict[str, dict[str, float]] = {}
    for way in WAYS:
        found[way] = {}
        for is_phone in (False, True):
            lowest = [
                np.sort(windows)[int(_LEFT_OUT * len(windows))]
                for (_, _, phone), scores in made.items()
                if phone == is_phone and len(scores[way].honest) >= 50
                for windows in [scores[way].windows()]
            ]
            found[way][str(is_phone)] = float(min(lowest))
    return found


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument("--tune", action="store_true", help="on the people the lines are set on")
    parser.add_argument("--cache", type=Path, default=Path("sayso-data/benchmarks"), metavar="DIR")
    options = parser.parse_args()
    report = common.Report("windows" + (", people tuned on" if options.tune else ""), options)
    made = scored(heard(options))
    file = options.cache / "windows-lines.json"
    if options.tune:
        file.write_text(json.dumps(lines_of(made)))
    lines = json.loads(file.read_text())
    before = {"False": LINES.odd, "True": NARROW_LINES.odd}
    now = {"False": LINES.window, "True": NARROW_LINES.window}
    report.table(
        "Lines",
        [
            {"way": name, "wide": line["False"], "telephone": line["True"]}
            for name, line in (("cosine, as for recordings", before), ("cosine, as the product has it", now))
        ]
        + [{"way": way, "wide": lines[way]["False"], "telephone": lines[way]["True"]} for way in WAYS],
    )
    for label, way, line in (
        ("as for recordings", "cosine", before),
        ("as the product has it", "cosine", now),
        *((way, way, lines[way]) for way in WAYS),
    ):
        rows = []
        for (condition, side, is_phone), ways in made.items():
            scores = ways[way]
            at = line[str(is_phone)]
            windows, pieces = scores.left_out(at) if scores.honest else (0, 0)
            of_whom = [
                who for who, values in zip(scores.who, scores.others, strict=True) if values.min() >= at
            ]
            rows.append(
                {
                    "condition": condition,
                    "spoilt": side,
                    "telephone": "yes" if is_phone else "no",
                    "honest windows": sum(map(len, scores.honest)),
                    "left out": windows,
                    "left out %": 100 * windows / max(1, sum(map(len, scores.honest))),
                    "honest pieces": len(scores.honest),
                    "pieces left out": pieces,
                    "lowest": float(scores.windows().min()) if scores.honest else None,
                    "strangers' pieces": len(scores.others),
                    "passed": scores.passed(at),
                    "passed %": 100 * scores.passed(at) / max(1, len(scores.others)),
                    "pairs": len(set(of_whom)),
                }
            )
        report.table(f"{label}: lines {line['False']:.2f}, telephone {line['True']:.2f}", rows)
    report.close()


if __name__ == "__main__":
    main()
