"""Rows are locked in one order, so that on PostgreSQL no two transactions wait for each other: a voice before its consents, an endpoint
before what is delivered to it (see test_telling.py).

SQLite has one writer at a time and never shows it; so the statements are looked at, as they are before they are spelled for it.
"""

from __future__ import annotations

import pytest
from working import finish, locks_of, wait_until

from sayso.domain.account import Caller
from sayso.domain.consent import ConsentState, Ruling
from sayso.domain.page import PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.services import Services
from sayso.usecases import accounts, consents, recordings, voices
from sayso.usecases.consents import SentConsent
from sayso.usecases.recordings import NewRecording, RecordingEdit
from serving import humming, saying


@pytest.fixture
def eve(services: Services) -> Caller:
    """Somebody who may not build without a consent."""
    return accounts.sign_in(services, accounts.create_token(services, "eve")[1])


@pytest.fixture
def judge(services: Services) -> Caller:
    return accounts.sign_in(services, accounts.create_token(services, "judge", is_reviewer=True)[1])


def test_a_voice_is_locked_before_its_consents(services: Services, eve: Caller, judge: Caller) -> None:
    def checked(voice: Voice) -> None:
        wait_until(
            lambda: (
                voices.get_voice(services, eve, voice.id).consent_state not in (ConsentState.CHECKING, None)
            )
        )

    with locks_of(services.db) as transactions:
        new = voices.NewVoice("Eve", VoiceType.RAPID, consent=SentConsent(saying()))
        voice, _ = voices.create_voice(services, eve, new)
        checked(voice)
        for n in range(3):
            recordings.add_recording(services, eve, voice.id, NewRecording(f"{n}", humming()))
        checked(voice)
        (last, *_) = recordings.list_recordings(services, eve, voice.id, PageRequest(1, 10)).items
        for is_active in (False, True):
            edit = RecordingEdit(is_active=is_active)
            recordings.edit_recording(services, eve, voice.id, last.id, edit)
        checked(voice)
        for ruling in (Ruling.REFUSED, Ruling.APPROVED):
            consents.decide(services, judge, voice.id, ruling, "by ear")
        ended = finish(services, eve, voices.build_voice(services, eve, voice.id))
        assert ended.state is VoiceState.FINISHED, ended.issue
        voices.build_voice(services, eve, voice.id)
        voices.cancel_build(services, eve, voice.id)
        voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(consent=SentConsent(saying())))
        checked(voice)
        voices.delete_voice(services, eve, voice.id)
    both = [locked for locked in transactions if {"voices", "consents"} <= set(locked)]
    assert len(both) >= 8, "a check, a change of recordings, a decision, a build, a cancelled one"
    assert [one for one in both if one.index("consents") < one.index("voices")] == []
