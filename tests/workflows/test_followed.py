"""Where a voice goes when its consent was checked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sayso.domain.consent import Consent, ConsentState
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.workflows.check_consent import followed

NOW = datetime(2026, 11, 29, tzinfo=UTC)
STOPPED = Voice(
    id="v", account_id="a", name="Ada", voice_type=VoiceType.PROFESSIONAL, state=VoiceState.CONSENT_FAILED,
    created_at=NOW, updated_at=NOW, language="en-US", description=None, dataset_url="https://a.example/b.zip",
    dataset_waits=False, callback_uri=None, build=1, issue="there is no consent",
    waits_for_consent=True,
)  # fmt: skip


def consent(state: ConsentState) -> Consent:
    return Consent(
        id="c", account_id="a", voice_id="v", statement="I am aware", state=state, created_at=NOW, updated_at=NOW, audio_key="k", audio_sha256="0" * 64,
        round=1,
    )  # fmt: skip


def test_a_run_that_began_by_itself_begins_again_with_a_good_consent() -> None:
    after = followed(STOPPED, consent(ConsentState.ACCEPTED), NOW)
    assert (after.state, after.build, after.issue) == (VoiceState.RUNNING, 2, None)
    waiting = replace(STOPPED, dataset_waits=True)
    assert followed(waiting, consent(ConsentState.WAITING), NOW).state is VoiceState.RUNNING


@pytest.mark.parametrize(
    ("voice", "state"),
    [
        (STOPPED, ConsentState.REVIEW),
        (STOPPED, ConsentState.WAITING),  # there is nothing to learn from
        (replace(STOPPED, waits_for_consent=False), ConsentState.ACCEPTED),  # it was cancelled, or is rapid
    ],
)
def test_others_wait_for_a_build(voice: Voice, state: ConsentState) -> None:
    after = followed(voice, consent(state), NOW)
    assert (after.state, after.build) == (VoiceState.INITIALIZING, voice.build)


def test_it_goes_on_after_a_review_as_well_and_only_once() -> None:
    reviewed = followed(STOPPED, consent(ConsentState.REVIEW), NOW)
    after = followed(reviewed, consent(ConsentState.ACCEPTED), NOW)
    assert (after.state, after.build, after.waits_for_consent) == (VoiceState.RUNNING, 2, False)


def test_while_it_is_checked_nothing_begins() -> None:
    assert followed(STOPPED, consent(ConsentState.CHECKING), NOW).state is VoiceState.CONSENT_FAILED
