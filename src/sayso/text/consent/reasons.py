"""Why the words of a consent are not accepted: a code, a sentence for people, and what to do.

One table, so that the API, the command line and the pages say the same. A reason asks for a person where an honest
speaker may have been misheard, and refuses where the words say something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["accepted", "review", "refused"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong."""

    code: str
    verdict: Verdict
    """What it leads to by itself."""
    sentence: str
    remedy: str


_AGAIN = "Record the statement again, in one go and exactly as it is shown."
_ALONE = "Record the statement again, exactly as it is shown and with nothing else in the recording."
_CLEARLY = (
    "The microphone or the room may be the cause: record it again in a quiet room, a hand's breadth from the "
    "microphone, and speak each word clearly. Or let a person listen and decide."
)

REASONS = {
    reason.code: reason
    for reason in (
        Reason(
            "words_none",
            "refused",
            "No words could be understood.",
            "Check that the microphone is switched on and near enough, then record the statement again.",
        ),
        Reason(
            "words_other",
            "refused",
            "Something else than the statement was heard.",
            "Say the statement as it is shown, in its language. If that was said, the recording may be too noisy: "
            "record it again in a quiet room, near the microphone.",
        ),
        Reason(
            "words_too_many",
            "refused",
            "There is far more speech in the recording than the statement.",
            "Send a recording of the statement alone.",
        ),
        Reason(
            "words_missing",
            "refused",
            "A part of the statement was not heard.",
            f"{_AGAIN} If all of it was said, move nearer to the microphone.",
        ),
        Reason(
            "words_cut_off",
            "refused",
            "The statement breaks off before its end.",
            "Record it again and stop the recording only after the last word.",
        ),
        Reason(
            "words_negated",
            "refused",
            "A word was heard that denies the statement or a part of it.",
            f"{_ALONE} If no such word was said, speak slower and nearer to the microphone.",
        ),
        Reason(
            "words_doubtful",
            "refused",
            "The statement was heard as a quotation, under a condition, or taken back.",
            _ALONE,
        ),
        Reason("words_question", "refused", "The statement was heard as a question.", _AGAIN),
        Reason(
            "not_first_person",
            "refused",
            "The statement was heard about somebody else than the speaker.",
            'Only the speaker can consent, and says "I" and "my voice". ' + _ALONE,
        ),
        Reason(
            "words_mixed",
            "refused",
            "Other words were heard between those of the statement.",
            "Record it again in one go: recordings that are cut together are not accepted.",
        ),
        Reason(
            "wrong_company",
            "refused",
            "Another company was heard than the one that the statement names.",
            "Say the company's name as it is shown. If that was said, pronounce it slowly and clearly.",
        ),
        Reason(
            "wrong_platform",
            "refused",
            "Another platform was heard than the one that the statement names.",
            "Say the platform's name as it is shown. If that was said, pronounce it slowly and clearly.",
        ),
        Reason(
            "words_unclear",
            "review",
            "Most of the statement was heard, but not every word clearly.",
            _CLEARLY,
        ),
        Reason(
            "words_uncertain",
            "review",
            "A word may have been its opposite: the two could not be told apart.",
            _CLEARLY,
        ),
        Reason(
            "words_beside",
            "review",
            "There is more speech in the recording than the statement.",
            f"{_ALONE} Or let a person listen and decide.",
        ),
        Reason(
            "words_asked",
            "review",
            "The statement sounded like a question.",
            "Record it again with the voice falling at the end. Or let a person listen and decide.",
        ),
        Reason("company_unclear", "review", "The company's name was not heard clearly.", _CLEARLY),
        Reason("platform_unclear", "review", "The platform's name was not heard clearly.", _CLEARLY),
    )
}
"""By code, the gravest first."""

_ORDER = {code: number for number, code in enumerate(REASONS)}


def in_order(codes: Iterable[str]) -> tuple[str, ...]:
    """Each once, the gravest first."""
    return tuple(sorted(set(codes), key=lambda code: _ORDER[code]))


def verdict(codes: Sequence[str]) -> Verdict:
    """What all of them together lead to; "accepted" without any."""
    verdicts = {REASONS[code].verdict for code in codes}
    return "refused" if "refused" in verdicts else "review" if verdicts else "accepted"
