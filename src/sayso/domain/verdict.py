"""Whether a set of recordings can become a voice, and if not, what to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sayso.domain.quality import FOREIGN, Grade, Harm


class Outcome(StrEnum):
    """What is to be done with a set."""

    ACCEPTED = "accepted"
    REMARKS = "accepted_with_remarks"
    ISSUE = "dataset_issue"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the verdict needs of a recording."""

    name: str
    """For people."""
    grade: Grade
    codes: frozenset[Harm]
    speech_s: float
    """Speech in it that may be learnt from: trimmed, of the one speaker."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """About the whole set."""

    outcome: Outcome
    issue: str | None
    """What is wrong, how much, and what to do; None unless the outcome is an issue."""
    remarks: tuple[str, ...]


_MOST_NAMES = 5

_REJECTED_FOR = {
    Harm.OTHER_SPEAKER: ("of another speaker", "of other speakers"),
    Harm.SEVERAL_SPEAKERS: ("of more than one speaker", "of more than one speaker"),
    Harm.MADE: ("made by a program", "made by a program"),
    Harm.SILENT: ("without speech", "without speech"),
    Harm.RUINED_BY_CLIPPING: ("recorded far too loud", "recorded far too loud"),
    Harm.DROWNED: ("drowned in noise", "drowned in noise"),
    Harm.UNUSABLE: ("of too poor sound", "of too poor sound"),
    Harm.UNREADABLE: ("that cannot be read", "that cannot be read"),
}
_LOOK_FOR = {
    Harm.CLIPPED: "a little too loud",
    Harm.NOISY: "noisy",
    Harm.REVERBERANT: "with echo",
    Harm.NARROW: "with a narrow band",
    Harm.UPSAMPLED: "with less treble than the file promises",
    Harm.POOR: "of poor sound",
    Harm.PARTLY_OTHER: "partly not learnt from, for somebody else seems to speak",
    Harm.PARTLY_UNHEARD: "partly not learnt from, for no words were surely heard",
    Harm.WORDS_DIFFER: "with a text that differs from what is heard",
    Harm.IMPLAUSIBLE_PACE: "with a text that cannot fit",
}


def verdict(recordings: Sequence[Judged], *, least_s: float) -> Verdict:
    """Judge a set that must hold `least_s` of speech that is not rejected, all of one speaker."""
    rejected = [recording for recording in recordings if recording.grade is Grade.REJECTED]
    usable_s = sum(recording.speech_s for recording in recordings if recording.grade is not Grade.REJECTED)
    problems: list[str] = []
    foreign = [recording for recording in rejected if recording.codes & FOREIGN]
    if foreign:
        several = all(Harm.SEVERAL_SPEAKERS in recording.codes for recording in foreign)
        problems.append(
            f"{_names(foreign)} {'holds' if len(foreign) == 1 else 'hold'} "
            f"{'more than one speaker' if several else 'another speaker than the rest'}: "
            "a voice is learnt from one person only"
        )
    if usable_s < least_s:
        problems.append(
            f"there are {_time(usable_s)} of good speech, {_time(least_s)} are needed"
            if usable_s
            else f"there is no good speech, {_time(least_s)} are needed"
        )
    # With an issue, the issue itself names what is rejected.
    remarks = _remarks(recordings, [] if problems else rejected)
    if not problems:
        return Verdict(Outcome.REMARKS if remarks else Outcome.ACCEPTED, None, remarks)
    return Verdict(Outcome.ISSUE, _issue(problems, rejected, foreign, least_s - usable_s), remarks)


def _issue(
    problems: Sequence[str], rejected: Sequence[Judged], foreign: Sequence[Judged], missing_s: float
) -> str:
    """What, how much, what to do."""
    sentences = [_capital("; and ".join(problems)) + "."]
    others = [recording for recording in rejected if recording not in foreign]
    if others:
        sentences.append(
            f"Rejected as well: {_by_cause(others)}." if foreign else f"Rejected: {_by_cause(others)}."
        )
    todo = []
    if rejected:
        them = "it" if len(rejected) == 1 else f"these {len(rejected)} recordings"
        todo.append(f"delete or replace {them}")
    if missing_s > 0:
        todo.append(f"add at least {_more(missing_s)} of clear speech")
    sentences.append(_capital(" and ".join(todo)) + ", then start the build again.")
    return " ".join(sentences)


def _remarks(recordings: Sequence[Judged], rejected: Sequence[Judged]) -> tuple[str, ...]:
    remarks = []
    if rejected:
        remarks.append(_capital(f"left out: {_by_cause(rejected)}."))
    for code, what in _LOOK_FOR.items():
        found = [
            recording for recording in recordings if recording.grade is Grade.LOOK and code in recording.codes
        ]
        if found:
            remarks.append(_capital(f"{what}, have a look: {_names(found)}."))
    repaired = [recording for recording in recordings if recording.grade is Grade.REPAIRED]
    if repaired:
        remarks.append(_capital(f"repaired on a copy: {_names(repaired)}."))
    return tuple(remarks)


def _by_cause(recordings: Sequence[Judged]) -> str:
    parts = []
    left = list(recordings)
    for code, (one, many) in _REJECTED_FOR.items():
        found = [recording for recording in left if code in recording.codes]
        left = [recording for recording in left if recording not in found]
        if found:
            parts.append(f"{_names(found)} ({one if len(found) == 1 else many})")
    return ", ".join(parts)


def _names(recordings: Sequence[Judged]) -> str:
    names = [f"“{recording.name}”" for recording in recordings[:_MOST_NAMES]]
    if len(recordings) > _MOST_NAMES:
        names.append(f"{len(recordings) - _MOST_NAMES} more")
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _time(seconds: float) -> str:
    """Never more than there is: 9.98 s are not the 10.0 that are needed."""
    if seconds < 90.0:
        return f"{math.floor(seconds * 10.0 + 1e-6) / 10.0:.1f} s"
    return f"{math.floor(seconds / 6.0 + 1e-6) / 10.0:.1f} minutes"


def _more(seconds: float) -> str:
    """What to add: rounded up."""
    if seconds < 90.0:
        return f"{max(1, math.ceil(seconds))} s"
    return f"{math.ceil(seconds / 6.0) / 10.0:.1f} minutes"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
