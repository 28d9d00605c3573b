"""The grade of a recording and the verdict on a set, from figures alone."""

from dataclasses import replace

import pytest

from sayso.domain.quality import Figures, Grade, Harm, grade, reasons, sample_score
from sayso.domain.verdict import Judged, Outcome, verdict

CLEAN = Figures(
    duration_s=8.0,
    speech_s=7.0,
    stoi=0.99,
    pesq=4.2,
    si_sdr_db=28.0,
    overall=3.3,
    snr_db=35.0,
    level_dbfs=-24.0,
    dc_offset=0.0,
    flat_top_ratio=0.0,
    rate_hz=24_000,
    cutoff_hz=11_800.0,
    cliff_db=5.0,
    cliff_hz=9_000.0,
    decay_s=0.14,
    lead_s=0.2,
    tail_s=0.3,
)


def test_a_clean_recording_is_good_and_needs_no_word():
    assert reasons(CLEAN) == ()
    assert grade(()) is Grade.GOOD
    assert CLEAN.score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "code", "becomes"),
    [
        ({"speech_s": 0.4}, Harm.SILENT, Grade.REJECTED),
        ({"speech_s": 0.7}, Harm.SILENT, Grade.REJECTED),  # less than a tenth
        ({"flat_top_ratio": 2e-4}, Harm.CLIPPED, Grade.LOOK),
        ({"flat_top_ratio": 1e-2}, Harm.RUINED_BY_CLIPPING, Grade.REJECTED),
        ({"snr_db": 10.0, "si_sdr_db": 12.0}, Harm.NOISY, Grade.LOOK),
        ({"snr_db": 0.0, "si_sdr_db": 12.0}, Harm.NOISY, Grade.LOOK),  # the score is good all the same
        ({"snr_db": 0.0, "pesq": 1.1, "si_sdr_db": 0.0}, Harm.DROWNED, Grade.REJECTED),
        ({"pesq": 1.3, "si_sdr_db": 5.0}, Harm.POOR, Grade.LOOK),
        ({"pesq": 1.1, "si_sdr_db": -5.0, "stoi": 0.7, "overall": 1.4}, Harm.UNUSABLE, Grade.REJECTED),
        ({"decay_s": 0.4}, Harm.REVERBERANT, Grade.LOOK),
        ({"cutoff_hz": 3_400.0}, Harm.NARROW, Grade.LOOK),
        ({"cutoff_hz": 7_900.0}, Harm.UPSAMPLED, Grade.LOOK),
        ({"cliff_db": 40.0, "cliff_hz": 8_000.0}, Harm.UPSAMPLED, Grade.LOOK),
        ({"agreement": 0.3}, Harm.WORDS_DIFFER, Grade.LOOK),
        ({"text_chars": 600}, Harm.IMPLAUSIBLE_PACE, Grade.LOOK),
        ({"text_chars": 3}, Harm.IMPLAUSIBLE_PACE, Grade.LOOK),
        ({"dc_offset": -0.02}, Harm.OFFSET, Grade.LOOK),
        ({"level_dbfs": -6.0}, Harm.TOO_LOUD, Grade.LOOK),
        ({"level_dbfs": -45.0}, Harm.TOO_QUIET, Grade.LOOK),
        ({"tail_s": 3.0}, Harm.LONG_SILENCE, Grade.LOOK),
        ({"is_marked": True}, Harm.MADE, Grade.REJECTED),
    ],
)
def test_each_harm_has_its_code_and_two_sentences(change, code, becomes):
    found = reasons(replace(CLEAN, **change))

    assert found[0].code is code
    assert grade(found) is becomes
    assert found[0].sentence.endswith(".")
    assert found[0].remedy.endswith(".")


def test_noise_needs_two_witnesses():
    assert reasons(replace(CLEAN, snr_db=5.0)) == ()
    assert reasons(replace(CLEAN, si_sdr_db=12.0)) == ()


def test_what_was_mended_is_repaired_and_the_rest_stays_to_be_looked_at():
    found = reasons(replace(CLEAN, dc_offset=0.1, tail_s=4.0))

    assert grade(found, frozenset({Harm.OFFSET, Harm.LONG_SILENCE})) is Grade.REPAIRED
    assert grade(found, frozenset({Harm.OFFSET})) is Grade.LOOK
    assert grade(reasons(replace(CLEAN, speech_s=0.0)), frozenset({Harm.SILENT})) is Grade.REJECTED


def test_of_what_is_rejected_no_repair_is_promised():
    found = reasons(replace(CLEAN, flat_top_ratio=0.1, dc_offset=0.1, level_dbfs=-5.0))

    assert [reason.code for reason in found] == [Harm.RUINED_BY_CLIPPING]


def test_a_file_of_a_low_rate_is_not_called_upsampled_for_ending_where_it_must():
    assert reasons(replace(CLEAN, rate_hz=16_000, cutoff_hz=7_900.0)) == ()


def test_the_score_stays_within_its_ends():
    assert sample_score(1.0, 4.64, 60.0, 5.0) == pytest.approx(1.0)
    assert sample_score(0.0, 1.0, -30.0, 1.0) == 0.0
    assert sample_score(None, 4.0, 20.0, 3.0) == 0.0
    assert sample_score(0.98, 1.3, 0.0, 1.5) == pytest.approx(0.225)


def judged(name: str, *codes: Harm, speech_s: float = 6.0, repaired: frozenset[Harm] = frozenset()) -> Judged:
    harms = tuple(codes)
    rejected = {
        Harm.SILENT,
        Harm.OTHER_SPEAKER,
        Harm.SEVERAL_SPEAKERS,
        Harm.RUINED_BY_CLIPPING,
        Harm.DROWNED,
        Harm.UNUSABLE,
        Harm.UNREADABLE,
        Harm.MADE,
    }
    if set(harms) & rejected:
        which = Grade.REJECTED
    elif set(harms) - repaired:
        which = Grade.LOOK
    else:
        which = Grade.REPAIRED if harms else Grade.GOOD
    return Judged(name, which, frozenset(harms), speech_s)


GOOD = [judged(f"good {i}") for i in range(3)]


def test_a_good_set_is_accepted_without_a_word():
    found = verdict(GOOD, least_s=10.0)

    assert (found.outcome, found.issue, found.remarks) == (Outcome.ACCEPTED, None, ())


def test_silent_and_damaged_recordings_alone_are_only_remarked_on():
    found = verdict(
        [*GOOD, judged("mute", Harm.SILENT, speech_s=0.0), judged("loud", Harm.RUINED_BY_CLIPPING)],
        least_s=10.0,
    )

    assert found.outcome is Outcome.REMARKS
    assert found.issue is None
    assert found.remarks == ("Left out: “mute” (without speech), “loud” (recorded far too loud).",)


def test_a_stranger_makes_the_set_an_issue_and_all_that_is_rejected_is_told():
    found = verdict(
        [
            *GOOD,
            judged("aunt", Harm.OTHER_SPEAKER),
            judged("mute", Harm.SILENT, speech_s=0.0),
            judged("loud", Harm.RUINED_BY_CLIPPING),
        ],
        least_s=10.0,
    )

    assert found.outcome is Outcome.ISSUE
    assert found.issue == (
        "“aunt” holds another speaker than the rest: a voice is learnt from one person only. "
        "Rejected as well: “mute” (without speech), “loud” (recorded far too loud). "
        "Delete or replace these 3 recordings, then start the build again."
    )


def test_too_little_speech_says_how_much_there_is_and_how_much_to_add():
    found = verdict([judged("one", speech_s=7.5), judged("mute", Harm.SILENT, speech_s=0.0)], least_s=600.0)

    assert found.outcome is Outcome.ISSUE
    assert found.issue == (
        "There are 7.5 s of good speech, 10.0 minutes are needed. Rejected: “mute” (without speech). "
        "Delete or replace it and add at least 9.9 minutes of clear speech, then start the build again."
    )


def test_a_second_too_few_is_never_rounded_away():
    found = verdict([judged("one", speech_s=9.98)], least_s=10.0)

    assert found.issue.startswith("There are 9.9 s of good speech, 10.0 s are needed. Add at least 1 s")


def test_nothing_at_all_is_an_issue_too():
    found = verdict([], least_s=10.0)

    assert found.outcome is Outcome.ISSUE
    assert found.issue == (
        "There is no good speech, 10.0 s are needed. Add at least 10 s of clear speech, then start the build again."
    )


def test_speech_of_rejected_recordings_does_not_count():
    assert verdict([judged("a", speech_s=9.0), judged("b", Harm.DROWNED, speech_s=9.0)], least_s=10.0).issue
    assert not verdict([judged("a", speech_s=9.0), judged("b", Harm.NOISY, speech_s=9.0)], least_s=10.0).issue


def test_remarks_name_what_to_look_at_and_what_was_repaired_but_not_a_hundred_names():
    many = [judged(f"n{i}", Harm.NOISY) for i in range(8)]
    mended = judged("m", Harm.OFFSET, repaired=frozenset({Harm.OFFSET}))

    found = verdict([*many, mended], least_s=10.0)

    assert found.remarks == (
        "Noisy, have a look: “n0”, “n1”, “n2”, “n3”, “n4” and 3 more.",
        "Repaired on a copy: “m”.",
    )
