"""What an analysis says after it was heard what is spoken: texts, their agreement, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from sayso.domain import quality
from sayso.domain.analysis import RecordingReport, SetReport
from sayso.domain.quality import Grade, Harm, Reason
from sayso.domain.verdict import Judged, verdict
from sayso.pipeline.analysis.repairs import DONE

_AFTER = frozenset({Harm.IMPLAUSIBLE_PACE}) | quality.REPAIRABLE | quality.HINTS
"""What is told after words that differ."""
_PARTS = frozenset({Harm.PARTLY_OTHER, Harm.PARTLY_UNHEARD})


def retold(report: RecordingReport, text: str | None, agreement: float | None) -> RecordingReport:
    """`report` of a recording with this text, which agrees so far with what is heard, 0 to 1."""
    report = replace(report, text=text, agreement=agreement)
    if report.grade is Grade.REJECTED:
        return report
    differs = quality.words(agreement)
    return _with(report, frozenset({Harm.WORDS_DIFFER}), () if differs is None else (differs,))


def left_out(report: RecordingReport, parts: Sequence[Reason]) -> RecordingReport:
    """`report` of a recording that was learnt from but for these `parts`, in place of what was said of that before."""
    return report if report.grade is Grade.REJECTED else _with(report, _PARTS, parts)


def _with(report: RecordingReport, codes: Set[Harm], new: Sequence[Reason]) -> RecordingReport:
    """With the `new` reasons in place of those of `codes`, and the class that follows."""
    found = [reason for reason in report.reasons if reason.code not in codes]
    at = next((i for i, reason in enumerate(found) if reason.code in _AFTER), len(found))
    found[at:at] = new
    done = frozenset(code for code, sentence in DONE.items() if sentence in report.repairs)
    if report.score_after is not None and report.score_after >= quality.POOR_SCORE:
        done |= {Harm.POOR}
    return replace(report, reasons=tuple(found), grade=quality.grade(tuple(found), done))


def judged_again(report: SetReport, told: Mapping[str, RecordingReport]) -> SetReport:
    """An accepted set with what is `told` of its recordings, by their ids, in place of what was: totals and remarks follow."""
    reports = tuple(told.get(one.id, one) for one in report.recordings)
    judged = [Judged(one.name, one.grade, frozenset(r.code for r in one.reasons), 0.0) for one in reports]
    # Whether there is enough speech was decided, and words change nothing about it.
    outcome = verdict(judged, least_s=0.0)
    grades = [one.grade for one in reports]
    totals = replace(
        report.totals,
        good=grades.count(Grade.GOOD),
        repaired=grades.count(Grade.REPAIRED),
        look_at_it=grades.count(Grade.LOOK),
    )
    return replace(
        report, recordings=reports, outcome=outcome.outcome, remarks=outcome.remarks, totals=totals
    )
