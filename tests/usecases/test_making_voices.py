"""The rules of voices: who may have one, what a build needs, what is refused and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sayso.domain.account import Caller, Plan
from sayso.domain.consent import ConsentState
from sayso.domain.page import PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import (
    BadAudio,
    BadRequest,
    ConsentMissing,
    NotAllowed,
    NotFound,
    TooLarge,
    TooLittleSpeech,
    WrongState,
)
from sayso.services import Services
from sayso.storage import voices as rows
from sayso.usecases import consents, recordings, speech, voices
from sayso.usecases.consents import SentConsent
from sayso.usecases.voices import NewVoice, VoiceEdit
from serving import humming


def test_a_voice_is_professional_and_empty_unless_said_otherwise(services: Services, ada: Caller) -> None:
    voice, refusal = voices.create_voice(services, ada, NewVoice("Ada"))
    assert refusal is None
    assert voice.voice_type is VoiceType.PROFESSIONAL
    assert voice.state is VoiceState.INITIALIZING
    assert voices.get_voice(services, ada, voice.id) == voice


def test_plan_free_may_not_create_voices(services: Services, sign_up: Callable[..., Caller]) -> None:
    with pytest.raises(NotAllowed, match="creating a custom voice needs the pro plan"):
        voices.create_voice(services, sign_up(Plan.FREE), NewVoice("Ada"))


@pytest.mark.parametrize("consent", [b"", b"bad", b"RIFF....WAVE", b"\xff" * 1000])
def test_a_consent_that_is_no_wav_is_refused_yet_the_voice_exists(
    services: Services, ada: Caller, consent: bytes
) -> None:
    new = NewVoice("Ada", consent=SentConsent(consent))
    voice, refusal = voices.create_voice(services, ada, new)
    assert isinstance(refusal, BadAudio)
    assert voices.get_voice(services, ada, voice.id).consent_id is None
    assert voice.issue == str(refusal)
    view = consents.get_consent(services, ada, voice.id)
    assert [attempt.state for attempt in view.attempts] == [ConsentState.REFUSED]
    assert view.current is None


def test_a_wav_consent_is_kept_and_goes_with_the_voice(services: Services, ada: Caller) -> None:
    consent = humming(1.0, 333.0)
    voice, refusal = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(consent)))
    assert refusal is None
    assert voice.consent_state is ConsentState.CHECKING
    current = consents.get_consent(services, ada, voice.id).current
    assert current is not None
    assert services.blobs.read(str(current.audio_key)) == consent
    voices.delete_voice(services, ada, voice.id)
    assert not services.blobs.exists(str(current.audio_key))


def test_a_broken_consent_takes_no_better_ones_place(services: Services, ada: Caller, voice: Voice) -> None:
    voices.edit_voice(services, ada, voice.id, VoiceEdit(consent=SentConsent(humming(1.0, 222.0))))
    good = voices.get_voice(services, ada, voice.id).consent_id
    _, refusal = voices.edit_voice(services, ada, voice.id, VoiceEdit(consent=SentConsent(b"RIFF")))
    assert isinstance(refusal, BadAudio)
    assert voices.get_voice(services, ada, voice.id).consent_id == good
    assert len(consents.get_consent(services, ada, voice.id).attempts) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        NewVoice(""),
        NewVoice(" "),
        NewVoice("Ada", callback_uri="ftp://here"),
        NewVoice("Ada", callback_uri="http://"),
        NewVoice("Ada", dataset_url="nonsense"),
        NewVoice("Ada", callback_uri="http://[::1"),
        NewVoice("Ada", callback_uri="http://there:99999/"),
        NewVoice("Ada", callback_uri="http://there:0/"),
        NewVoice("Ada", callback_uri="http://ann:secret@there/"),
        NewVoice("Ada", callback_uri="http://there/\r\nX: y"),
    ],
)
def test_bad_fields_are_refused(services: Services, ada: Caller, wrong: NewVoice) -> None:
    with pytest.raises(BadRequest):
        voices.create_voice(services, ada, wrong)


def test_long_names_are_refused(services: Services, ada: Caller) -> None:
    with pytest.raises(TooLarge):
        voices.create_voice(services, ada, NewVoice("x" * 257))


def test_nobody_sees_another_accounts_voice(services: Services, voice: Voice, bob: Caller) -> None:
    for ask in (voices.get_voice, voices.delete_voice, voices.build_voice):
        with pytest.raises(NotFound):
            ask(services, bob, voice.id)
    with pytest.raises(NotFound):
        voices.edit_voice(services, bob, voice.id, VoiceEdit(name="mine"))
    with pytest.raises(NotFound):
        recordings.add_recording(services, bob, voice.id, recordings.NewRecording("x", humming()))
    assert voices.list_voices(services, bob, PageRequest()).total == 0


def test_an_edit_changes_only_what_is_mentioned(services: Services, ada: Caller, voice: Voice) -> None:
    voices.edit_voice(services, ada, voice.id, VoiceEdit(description="warm"))
    edited, _ = voices.edit_voice(services, ada, voice.id, VoiceEdit(name="Ada Lovelace"))
    assert (edited.name, edited.description) == ("Ada Lovelace", "warm")
    assert voices.get_voice(services, ada, voice.id) == edited
    with pytest.raises(BadRequest):
        voices.edit_voice(services, ada, voice.id, VoiceEdit(name=""))


def test_lists_are_newest_first(services: Services, ada: Caller) -> None:
    made = [voices.create_voice(services, ada, NewVoice(f"v{n}"))[0].id for n in range(12)]
    first = voices.list_voices(services, ada, PageRequest(1, 10))
    second = voices.list_voices(services, ada, PageRequest(2, 10))
    assert [voice.id for voice in first.items + second.items] == made[::-1]
    assert (first.total, first.pages) == (12, 2)
    assert voices.list_voices(services, ada, PageRequest(3, 10)).items == ()


def test_a_build_needs_an_authorized_uploader(
    services: Services, ada: Caller, voice: Voice, upload: Callable[..., None]
) -> None:
    upload(3)
    with pytest.raises(ConsentMissing):
        voices.build_voice(services, replace(ada, is_authorized_uploader=False), voice.id)


def test_a_build_needs_three_active_recordings(
    services: Services, ada: Caller, voice: Voice, upload: Callable[..., None]
) -> None:
    upload(3)
    one = recordings.list_recordings(services, ada, voice.id, PageRequest()).items[0]
    recordings.edit_recording(services, ada, voice.id, one.id, recordings.RecordingEdit(is_active=False))
    with pytest.raises(TooLittleSpeech, match=r"has 2 active recordings.*at least 3.*upload 1 more"):
        voices.build_voice(services, ada, voice.id)
    assert voices.get_voice(services, ada, voice.id).state is VoiceState.INITIALIZING


def test_a_build_needs_ten_seconds_and_says_how_many_are_missing(
    services: Services, ada: Caller, voice: Voice, upload: Callable[..., None]
) -> None:
    upload(3, seconds=2.0)
    with pytest.raises(TooLittleSpeech, match=r"4\.0 s are missing"):
        voices.build_voice(services, ada, voice.id)


def test_a_professional_build_needs_twenty_recordings(services: Services, ada: Caller) -> None:
    professional, _ = voices.create_voice(services, ada, NewVoice("Ada"))
    with pytest.raises(TooLittleSpeech, match="needs at least 20: upload 20 more"):
        voices.build_voice(services, ada, professional.id)


def test_a_second_build_request_is_the_same_build(
    services: Services, ada: Caller, voice: Voice, upload: Callable[..., None]
) -> None:
    upload(3)
    first = voices.build_voice(services, ada, voice.id)
    assert first.state is VoiceState.RUNNING
    assert voices.build_voice(services, ada, voice.id) == first
    upload(1)
    assert voices.get_voice(services, ada, voice.id).build == 1


def test_a_rebuilt_voice_goes_on_speaking(services: Services, ada: Caller, voice: Voice) -> None:
    from sayso.engines.tone import pack

    key = services.blobs.put(pack(222.0, 1))
    with services.db.begin() as tx:
        rows.save(tx, replace(voice, state=VoiceState.RUNNING, build=2, artifact_key=key))
    assert speech.speak(services, ada, speech.SpeechOrder(voice.id, "still here")).duration_s > 0


def test_an_unfinished_voice_cannot_speak_and_says_where_it_is(
    services: Services, ada: Caller, voice: Voice
) -> None:
    with pytest.raises(WrongState, match="initializing"):
        speech.stream(services, ada, speech.SpeechOrder(voice.id, "hello"))


def test_a_deleted_voice_takes_its_recordings_along(services: Services, ada: Caller, voice: Voice) -> None:
    # Pitches nobody else hums: the same sound elsewhere would rightly keep the blob.
    keys = [
        recordings.add_recording(
            services, ada, voice.id, recordings.NewRecording("x", humming(1.0, hz))
        ).audio_key
        for hz in (271.0, 272.0)
    ]
    voices.delete_voice(services, ada, voice.id)
    assert not any(services.blobs.exists(key) for key in keys)
    with pytest.raises(NotFound):
        voices.get_voice(services, ada, voice.id)
