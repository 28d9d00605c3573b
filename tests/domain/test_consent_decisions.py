"""What a person's decision stands in for, and what not, from findings alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sayso.domain.consent import Consent, ConsentState, Decision, Findings, Reason, Ruling, Verdict
from sayso.errors import WrongState

NOW = datetime(2026, 11, 29, tzinfo=UTC)
REVIEWED = {"words_beside", "unsure_speaker", "not_checked", "clipped"}


def found(*codes: str, has_recordings: bool = True) -> Findings:
    def one(code: str) -> Reason:
        return Reason(
            code, Verdict.REVIEW if code in REVIEWED else Verdict.REFUSED, f"It is {code}.", "Mend it."
        )

    return Findings(tuple(one(code) for code in codes), {}, has_recordings)


def checked(*codes: str, has_recordings: bool = True) -> Consent:
    """A consent after its first round, against the recordings a and b."""
    sent = Consent("c", "a", "v", ConsentState.CHECKING, "kept", "00", "I am aware.", NOW, NOW, round=1)
    return sent.settled(found(*codes, has_recordings=has_recordings), ["a", "b"], NOW)


def approved(consent: Consent, recordings: tuple[str, ...] = ("a", "b")) -> Consent:
    return consent.decided(Decision(Ruling.APPROVED, "judge", "I called her", NOW, recordings))


@pytest.mark.parametrize("code", ["other_speaker", "words_negated", "synthetic", "two_speakers", "too_long"])
def test_an_approval_stands_in_for_a_refusal(code: str) -> None:
    refused = checked(code, has_recordings=code != "too_long")
    assert refused.state is ConsentState.REFUSED
    consent = approved(refused)
    assert (consent.state, consent.issue) == (ConsentState.ACCEPTED, None)
    assert consent.decision is not None
    assert consent.decision.reasons == (code,)
    # The build looks again, at the same recordings or at some of them.
    for recordings in (["a", "b"], ["a"]):
        again = consent.settled(found(code, has_recordings=code != "too_long"), recordings, NOW)
        assert again.state is ConsentState.ACCEPTED
        assert again.findings is not None
        assert again.findings.verdict is Verdict.REFUSED
        assert [reason.is_approved for reason in again.findings.reasons] == [True]


@pytest.mark.parametrize(
    ("first", "later", "state"),
    [
        (("words_beside",), ("words_beside",), ConsentState.ACCEPTED),
        (("words_negated",), ("words_negated",), ConsentState.ACCEPTED),
        (("words_beside", "noisy"), ("words_beside", "noisy"), ConsentState.ACCEPTED),
        (("words_beside",), ("words_beside", "unsure_speaker"), ConsentState.REVIEW),
        (("words_negated", "unsure_speaker"), ("words_negated", "unsure_speaker"), ConsentState.REVIEW),
        (("words_beside",), ("words_beside", "other_speaker"), ConsentState.REFUSED),
        (("other_speaker",), ("other_speaker",), ConsentState.REFUSED),
        (("words_beside",), ("words_negated",), ConsentState.REFUSED),
        (("clipped",), ("clipped",), ConsentState.REVIEW),
        (("too_long",), ("too_long",), ConsentState.REFUSED),
    ],
)
def test_with_other_recordings_only_the_speaker_is_open_again(
    first: tuple[str, ...], later: tuple[str, ...], state: ConsentState
) -> None:
    consent = approved(checked(*first)).settled(found(*later), ["a", "b", "new"], NOW)
    assert consent.state is state, consent.findings
    for reason in () if consent.findings is None else consent.findings.standing:
        assert reason.code not in {"words_beside", "words_negated"} & set(first)


def test_what_was_approved_before_there_were_recordings_waits_for_them() -> None:
    consent = approved(checked("words_beside", has_recordings=False), ())
    assert consent.state is ConsentState.WAITING
    assert consent.settled(found("words_beside", has_recordings=False), [], NOW).state is ConsentState.WAITING
    assert consent.settled(found("words_beside"), ["a"], NOW).state is ConsentState.ACCEPTED
    assert consent.settled(found("words_beside", "other_speaker"), ["a"], NOW).state is ConsentState.REFUSED


def test_words_that_the_person_was_not_told_of_are_news() -> None:
    consent = approved(checked("unsure_speaker"))
    assert consent.settled(found("words_negated"), ["a", "b"], NOW).state is ConsentState.REFUSED
    # A doubt is not: the person heard it.
    assert consent.settled(found("words_beside"), ["a", "b"], NOW).state is ConsentState.ACCEPTED


@pytest.mark.parametrize("code", ["too_long", "too_quiet"])
@pytest.mark.parametrize("are_reasons_kept", [True, False], ids=["with reasons", "without"])
def test_an_old_approval_of_bad_sound_binds_when_words_and_speaker_are_told_beside_it(
    code: str, *, are_reasons_kept: bool
) -> None:
    # Nothing else was told of such a consent once, and at first an approval did not keep what it was about.
    old = approved(checked(code, has_recordings=False))
    if not are_reasons_kept:
        old = replace(old, decisions=(replace(old.decisions[0], reasons=()),))
    same = ["a", "b"]
    for beside in ((), ("unsure_speaker",), ("other_speaker",), ("words_beside",)):
        now = old.settled(found(code, *beside), same, NOW)
        assert now.state is ConsentState.ACCEPTED, beside
    # Other words are news, which a reviewer may approve as well.
    refused = old.settled(found(code, "words_negated"), same, NOW)
    assert refused.state is ConsentState.REFUSED
    assert refused.issue == "It is words_negated. Mend it."
    again = approved(refused)
    assert again.settled(found(code, "words_negated"), same, NOW).state is ConsentState.ACCEPTED
    # And with other recordings likeness counts.
    assert old.settled(found(code), [*same, "new"], NOW).state is ConsentState.REFUSED


def test_what_cannot_be_heard_cannot_be_approved() -> None:
    broken = checked("undecodable", has_recordings=False)
    with pytest.raises(WrongState, match="nobody can approve"):
        approved(broken)
    with pytest.raises(WrongState):
        approved(replace(checked("not_wav"), audio_key=None))
    # Nor does an approval from better days stand in for it.
    assert approved(checked("unsure_speaker")).settled(
        found("undecodable", has_recordings=False), ["a"], NOW
    ).state is (ConsentState.REFUSED)


def test_a_refusal_after_an_approval_takes_it_back() -> None:
    consent = approved(checked("other_speaker"))
    refused = consent.decided(Decision(Ruling.REFUSED, "judge", "she says no", NOW, ("a", "b")))
    assert refused.state is ConsentState.REFUSED
    assert refused.findings is not None
    assert not any(reason.is_approved for reason in refused.findings.reasons)
    assert refused.settled(found(), ["a", "b"], NOW).state is ConsentState.REFUSED
