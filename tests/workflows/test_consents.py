"""Consents from the sending to the verdict, with the real durable engine, decoder and examining child."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import sqlalchemy as sa
from working import finish, wait_until

from datasets import file_server
from sayso.domain.account import Caller
from sayso.domain.consent import (
    CAUSES,
    Consent,
    ConsentState,
    Decision,
    Findings,
    PhraseKind,
    Reason,
    Ruling,
    Verdict,
)
from sayso.domain.page import PageRequest
from sayso.domain.quality import Grade
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.engines.tone import unpack
from sayso.errors import ConsentMissing, NotAllowed, NotFound, WrongState
from sayso.services import Services
from sayso.storage import consents as rows
from sayso.storage import deliveries, tables
from sayso.storage import recordings as recording_rows
from sayso.storage import voices as voice_rows
from sayso.usecases import accounts, analyses, consents, recordings, voices
from sayso.usecases.consents import SentConsent
from sayso.usecases.recordings import NewRecording
from sayso.wire import receipt
from sayso.workflows import check_consent, durable, make_voice
from serving import STATEMENT, Callbacks, callbacks, humming, saying


@pytest.fixture
def eve(services: Services) -> Caller:
    """Somebody who may not build without a consent."""
    _, secret = accounts.create_token(services, "eve")
    return accounts.sign_in(services, secret)


@pytest.fixture
def judge(services: Services) -> Caller:
    _, secret = accounts.create_token(services, "judge", is_reviewer=True)
    return accounts.sign_in(services, secret)


@pytest.fixture
def told() -> Iterator[Callbacks]:
    with callbacks() as received:
        yield received


Make = Callable[..., Voice]


@pytest.fixture
def make(services: Services, eve: Caller) -> Make:
    """Makes voices of Eve's with a consent, and with recordings."""

    def one(
        consent: bytes | None = None,
        *,
        takes: int = 3,
        pitch_hz: float = 150.0,
        callback_uri: str | None = None,
    ) -> Voice:
        sent = None if consent is None else SentConsent(consent)
        new = voices.NewVoice("Eve", VoiceType.RAPID, consent=sent, callback_uri=callback_uri)
        voice, refusal = voices.create_voice(services, eve, new)
        assert refusal is None
        for n in range(takes):
            recordings.add_recording(
                services, eve, voice.id, NewRecording(f"{n}", humming(4.0, pitch_hz + n / 4))
            )
        return voice

    return one


def settled(services: Services, eve: Caller, voice: Voice, rounds: int = 0) -> Consent:
    """The consent that counts, when no check is under way any more."""

    def over() -> bool:
        return voices.get_voice(services, eve, voice.id).consent_state is not ConsentState.CHECKING

    wait_until(over)
    current = consents.get_consent(services, eve, voice.id).current
    assert current is not None
    assert current.round >= rounds
    return current


def codes(consent: Consent) -> set[str]:
    assert consent.findings is not None
    return {reason.code for reason in consent.findings.reasons if reason.verdict is not Verdict.ACCEPTED}


def test_the_speaker_says_it_uploads_and_builds(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying())
    consent = settled(services, eve, voice)
    assert consent.state is ConsentState.ACCEPTED, consent
    finished = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert finished.state is VoiceState.FINISHED, finished

    text = consents.get_receipt(services, eve, voice.id)
    payload = receipt.verified(text, consents.public_key(services))
    assert payload["build"] == 1
    assert payload["consent"]["sha256"] == hashlib.sha256(saying()).hexdigest()
    assert len(payload["recordings_sha256"]) == 3
    assert payload["statement"].startswith("I am aware that recordings of my voice")
    assert payload["findings"]["numbers"]["words_heard"] == STATEMENT.lower()


def test_words_are_checked_before_there_are_recordings(services: Services, eve: Caller, make: Make) -> None:
    consent = settled(services, eve, make(saying(), takes=0))
    assert consent.state is ConsentState.WAITING
    assert consent.findings is not None
    assert consent.findings.numbers["coverage"] == 1.0
    assert consent.findings.numbers["speaker_similarity"] is None


def test_wrong_words_fail_the_voice_tell_it_once_and_a_new_consent_resumes_it(
    services: Services, eve: Caller, make: Make, told: Callbacks
) -> None:
    voice = make(saying(STATEMENT.replace("I am aware", "I am not aware")), callback_uri=told.url)
    consent = settled(services, eve, voice)
    assert consent.state is ConsentState.REFUSED
    assert "words_negated" in codes(consent)
    failed = voices.get_voice(services, eve, voice.id)
    assert failed.state is VoiceState.CONSENT_FAILED
    assert told.about(voice.id) == {
        "id": voice.id,
        "ok": False,
        "status": "consent_validation_failed",
        "issue": failed.issue,
        "recordings": [],
    }
    with pytest.raises(ConsentMissing, match="denies the statement"):
        voices.build_voice(services, eve, voice.id)

    edit = voices.VoiceEdit(consent=SentConsent(saying()))
    voices.edit_voice(services, eve, voice.id, edit)
    assert settled(services, eve, voice).state is ConsentState.ACCEPTED
    resumed = voices.get_voice(services, eve, voice.id)
    assert (resumed.state, resumed.issue) == (VoiceState.INITIALIZING, None)
    assert len(consents.get_consent(services, eve, voice.id).attempts) == 2
    assert finish(services, eve, voices.build_voice(services, eve, voice.id)).state is VoiceState.FINISHED
    wait_until(lambda: told.count(voice.id) == 2)


WRONG = STATEMENT.replace("I am aware", "I am not aware")


def send(services: Services, eve: Caller, voice: Voice, text: str) -> Consent:
    """Another attempt, checked."""
    voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(consent=SentConsent(saying(text))))
    return settled(services, eve, voice)


def told_of(told: Callbacks, count: int) -> list[dict[str, object]]:
    """The bodies of the first `count` callbacks, each of an event of its own."""
    letters = told.wait_for(count)
    assert len({headers["webhook-id"] for headers, _ in letters}) == len(letters) == count
    return [json.loads(raw) for _, raw in letters]


def test_each_refused_attempt_and_each_refusing_decision_is_told_once(
    services: Services, eve: Caller, judge: Caller, make: Make, told: Callbacks
) -> None:
    voice = make(saying(WRONG), takes=0, callback_uri=told.url)
    first = settled(services, eve, voice)
    send(services, eve, voice, WRONG)
    told_of(told, 2)
    # The same attempt is refused again, which is no news.
    recordings.add_recording(services, eve, voice.id, NewRecording("one", humming()))
    third = settled(services, eve, voice, rounds=2)
    assert (first.state, third.state) == (ConsentState.REFUSED, ConsentState.REFUSED)
    # All of it in one round.
    for ruling in (Ruling.REFUSED, Ruling.APPROVED, Ruling.REFUSED):
        consents.decide(services, judge, voice.id, ruling, f"{ruling} by ear")
    bodies = told_of(told, 4)
    assert {(body["id"], body["status"], body["ok"]) for body in bodies} == {
        (voice.id, "consent_validation_failed", False)
    }
    assert [body["issue"] for body in bodies[2:]] == ["A person refused this consent: refused by ear"] * 2


@pytest.mark.parametrize("state", [VoiceState.FAILED, VoiceState.DATASET_ISSUE, VoiceState.CONSENT_FAILED])
def test_wherever_a_voice_waits_for_a_build_a_refused_consent_is_told_and_shown(
    services: Services, eve: Caller, make: Make, told: Callbacks, state: VoiceState
) -> None:
    voice = make(takes=0, callback_uri=told.url)
    with services.db.begin() as tx:
        kept = voice_rows.find(tx, eve.account_id, voice.id, lock=True)
        voice_rows.save(tx, replace(kept, state=state, issue="of the last run"))
    consent = send(services, eve, voice, WRONG)
    after = voices.get_voice(services, eve, voice.id)
    assert (after.state, after.issue) == (VoiceState.CONSENT_FAILED, consent.issue)
    (body,) = told_of(told, 1)
    assert (body["status"], body["issue"], body["recordings"]) == (
        "consent_validation_failed",
        consent.issue,
        [],
    )
    assert send(services, eve, voice, STATEMENT).state is ConsentState.WAITING
    assert voices.get_voice(services, eve, voice.id).state is VoiceState.INITIALIZING


def test_a_finished_voice_stays_so_when_a_new_consent_is_refused(
    services: Services, eve: Caller, make: Make, told: Callbacks
) -> None:
    voice = make(saying(), callback_uri=told.url)
    settled(services, eve, voice)
    assert finish(services, eve, voices.build_voice(services, eve, voice.id)).state is VoiceState.FINISHED
    assert send(services, eve, voice, WRONG).state is ConsentState.REFUSED
    after = voices.get_voice(services, eve, voice.id)
    assert (after.state, after.issue, after.can_speak) == (VoiceState.FINISHED, None, True)
    assert after.consent_state is ConsentState.REFUSED
    first, body = told_of(told, 2)
    assert first["status"] == "finished"
    assert body.keys() == first.keys()
    assert (body["status"], body["ok"]) == ("consent_validation_failed", False)
    assert "stays finished" in str(body["issue"])
    with pytest.raises(ConsentMissing):
        voices.build_voice(services, eve, voice.id)


def test_a_consent_that_was_refused_during_a_run_counts_when_the_run_ends(
    services: Services, eve: Caller, make: Make, told: Callbacks
) -> None:
    voice = make(saying(), takes=0, callback_uri=told.url)
    consent = settled(services, eve, voice)
    reason = Reason("words_none", Verdict.REFUSED, "Nothing was heard.", "Say it.")
    refused = consent.settled(Findings((reason,), {}, False), [], consent.updated_at)
    for _ in range(2):
        with services.db.begin() as tx:
            rows.save(tx, refused)
            kept = voice_rows.find(tx, eve.account_id, voice.id, lock=True)
            ended = replace(kept, state=VoiceState.FAILED, issue="another consent came")
            check_consent.caught_up(tx, ended, consent.updated_at)
    after = voices.get_voice(services, eve, voice.id)
    assert (after.state, after.issue) == (VoiceState.CONSENT_FAILED, "Nothing was heard. Say it.")
    told_of(told, 1)


def events(services: Services, voice: Voice) -> list[str]:
    """What is told of a voice, sent or not, the oldest first."""
    with services.db.read() as tx:
        page = deliveries.page(tx, voice.account_id, PageRequest(1, 100), voice_id=voice.id)
    return [json.loads(one.body)["status"] for one in reversed(page.items)]


@pytest.mark.parametrize("is_cancelled", [True, False], ids=["cancelled", "ends by itself"])
def test_an_old_refusal_is_not_told_again_after_a_run(
    services: Services, eve: Caller, told: Callbacks, *, is_cancelled: bool
) -> None:
    sent = SentConsent(saying(WRONG))
    new = voices.NewVoice("Eve", VoiceType.PROFESSIONAL, consent=sent, callback_uri=told.url)
    voice, _ = voices.create_voice(services, eve, new)
    settled(services, eve, voice)
    # Another round, which is no news.
    recordings.add_recording(services, eve, voice.id, NewRecording("one", humming()))
    assert settled(services, eve, voice, rounds=2).state is ConsentState.REFUSED
    with file_server() as files:
        files.slow_s = 2.0 if is_cancelled else 0.0
        url = files.put("set.zip", b"no archive")
        voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(dataset_url=url))
        if is_cancelled:
            voices.cancel_build(services, eve, voice.id)
        after = finish(services, eve, voice)
    assert after.state is VoiceState.CONSENT_FAILED
    refusal = "consent_validation_failed"
    assert events(services, voice) == ([refusal] if is_cancelled else [refusal, "dataset_issue"])
    # What is accepted in between is news when it is refused again.
    assert send(services, eve, voice, STATEMENT).state is not ConsentState.REFUSED
    before = events(services, voice).count(refusal)
    send(services, eve, voice, WRONG)
    assert events(services, voice).count(refusal) == before + 1


def test_a_run_that_is_cancelled_while_its_consent_is_examined_leaves_no_verdict(
    services: Services, eve: Caller, make: Make, told: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = make(saying(), callback_uri=told.url)
    settled(services, eve, voice)
    # As if the recordings had been changed behind the back of every check: the build's refuses.
    with services.db.begin() as tx:
        for row in recordings.list_recordings(services, eve, voice.id, PageRequest(1, 100)).items:
            key = services.blobs.put(_flac(services, humming(4.0, 290.0)))
            recording_rows.save(tx, replace(row, audio_key=key))
    real, is_over = check_consent.examined, threading.Event()

    def cancelled_meanwhile(*args: Any) -> Findings:
        found = real(*args)
        voices.cancel_build(services, eve, voice.id)
        is_over.set()
        return found

    monkeypatch.setattr(check_consent, "examined", cancelled_meanwhile)
    build = voices.build_voice(services, eve, voice.id).build
    assert is_over.wait(120)
    run = make_voice.workflow_id(voice.id, build)
    wait_until(lambda: durable.status(run) == durable.DONE)
    after = voices.get_voice(services, eve, voice.id)
    assert (after.state, after.consent_state) == (VoiceState.INITIALIZING, ConsentState.ACCEPTED)
    current = consents.get_consent(services, eve, voice.id).current
    assert current is not None
    assert current.state is ConsentState.ACCEPTED
    assert events(services, voice) == []


@pytest.mark.parametrize("is_refused", [True, False], ids=["the first is refused", "the first is right"])
def test_a_consent_that_comes_while_a_build_examines_another_is_the_one_that_counts(
    services: Services,
    eve: Caller,
    make: Make,
    told: Callbacks,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_refused: bool,
) -> None:
    voice = make(saying(), callback_uri=told.url)
    first = settled(services, eve, voice)
    real, came = check_consent.examined, threading.Event()

    def another_comes(*args: Any) -> Findings:
        found = real(*args)
        if came.is_set():
            return found
        came.set()
        again = voices.VoiceEdit(consent=SentConsent(saying(f"{STATEMENT} thank you")))
        voices.edit_voice(services, eve, voice.id, again)
        reason = Reason("other_speaker", Verdict.REFUSED, "It is another.", "Send it again.")
        return replace(found, reasons=(reason,)) if is_refused else found

    monkeypatch.setattr(check_consent, "examined", another_comes)
    ended = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert (ended.state, ended.consent_state) == (VoiceState.FINISHED, ConsentState.ACCEPTED), ended.issue
    assert ended.consent_id != first.id
    payload = receipt.verified(consents.get_receipt(services, eve, voice.id), consents.public_key(services))
    assert payload["consent"]["uuid"] == ended.consent_id
    assert events(services, voice) == ["finished"]


@pytest.mark.parametrize("text", [STATEMENT, WRONG], ids=["right", "wrong"])
def test_a_consent_that_was_checked_before_another_ended_the_build_is_caught_up_with(
    services: Services, eve: Caller, make: Make, told: Callbacks, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    voice = make(saying(), callback_uri=told.url)
    settled(services, eve, voice)
    real_examined, real_end, is_first = check_consent.examined, make_voice.end, threading.Event()

    def refused(*args: Any) -> Findings:
        found = real_examined(*args)
        if is_first.is_set():
            return found
        is_first.set()
        reason = Reason("other_speaker", Verdict.REFUSED, "It is another.", "Send it again.")
        return replace(found, reasons=(reason,))

    @functools.wraps(real_end)
    def another_comes(*args: Any) -> Any:
        send(services, eve, voice, text)
        return real_end(*args)

    monkeypatch.setattr(check_consent, "examined", refused)
    monkeypatch.setattr(make_voice, "end", another_comes)
    build = voices.build_voice(services, eve, voice.id).build
    run = make_voice.workflow_id(voice.id, build)
    wait_until(lambda: durable.status(run) == durable.DONE)
    after = voices.get_voice(services, eve, voice.id)
    refusal = "consent_validation_failed"
    if text == STATEMENT:
        assert (after.state, after.consent_state) == (VoiceState.INITIALIZING, ConsentState.ACCEPTED)
        assert after.issue is None
        assert events(services, voice) == [refusal]
    else:
        assert (after.state, after.consent_state) == (VoiceState.CONSENT_FAILED, ConsentState.REFUSED)
        assert after.issue is not None
        assert "It is another." not in after.issue
        assert events(services, voice) == [refusal, refusal]


def test_another_speakers_consent_is_refused(services: Services, eve: Caller, make: Make) -> None:
    consent = settled(services, eve, make(saying(pitch_hz=230.0)))
    assert consent.state is ConsentState.REFUSED
    assert "other_speaker" in codes(consent)


def test_recordings_that_are_swapped_are_noticed(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying())
    first = settled(services, eve, voice)
    assert first.state is ConsentState.ACCEPTED
    stranger = recordings.add_recording(
        services, eve, voice.id, NewRecording("stranger", humming(4.0, 300.0))
    )
    second = settled(services, eve, voice, rounds=first.round + 1)
    assert second.state is ConsentState.REFUSED
    # A hum has no pauses to tell noise by, and nothing above 4 kHz.
    assert codes(second) - CAUSES == {"other_recordings"}
    # Without the stranger all is well again.
    recordings.delete_recording(services, eve, voice.id, stranger.id)
    assert settled(services, eve, voice, rounds=second.round + 1).state is ConsentState.ACCEPTED
    assert voices.get_voice(services, eve, voice.id).state is VoiceState.INITIALIZING


def test_a_build_checks_by_itself_and_ends_where_the_consent_fails(
    services: Services, eve: Caller, make: Make, told: Callbacks
) -> None:
    voice = make(saying(), callback_uri=told.url)
    settled(services, eve, voice)
    # As if the recordings had been changed behind the back of every check.
    with services.db.begin() as tx:
        for row in recordings.list_recordings(services, eve, voice.id, PageRequest(1, 100)).items:
            other = NewRecording("x", humming(4.0, 290.0))
            key = services.blobs.put(_flac(services, other.audio))
            recording_rows.save(tx, replace(row, audio_key=key))
    ended = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert ended.state is VoiceState.CONSENT_FAILED
    assert told.about(voice.id)["status"] == "consent_validation_failed"
    with pytest.raises(NotFound):
        consents.get_receipt(services, eve, voice.id)


def _flac(services: Services, wav: bytes) -> bytes:
    from sayso.pipeline.ingest import flac

    return flac(services.decoder.decode(wav))


def test_without_a_consent_a_build_is_refused_and_the_sentence_is_shown(
    services: Services, eve: Caller, make: Make
) -> None:
    voice = make()
    with pytest.raises(ConsentMissing, match=r"I am aware that recordings of my voice .* by sayso"):
        voices.build_voice(services, eve, voice.id)


def test_a_doubtful_consent_waits_for_a_person_whose_approval_starts_the_build(
    services: Services, eve: Caller, judge: Caller, make: Make
) -> None:
    # Nearly three semitones off is between the lines of likeness.
    voice = make(saying(pitch_hz=150.0 * 2 ** (2.86 / 12)))
    consent = settled(services, eve, voice)
    assert consent.state is ConsentState.REVIEW, consent.findings
    assert voices.get_voice(services, eve, voice.id).state is VoiceState.INITIALIZING
    with pytest.raises(ConsentMissing, match="A person has to decide"):
        voices.build_voice(services, eve, voice.id)
    assert voice.id in {c.voice_id for c in consents.list_reviews(services, judge)}
    with pytest.raises(NotAllowed):
        consents.decide(services, eve, voice.id, Ruling.APPROVED, "it is me")

    view = consents.decide(services, judge, voice.id, Ruling.APPROVED, "I called her")
    assert view.current is not None
    assert view.current.state is ConsentState.ACCEPTED
    finished = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert finished.state is VoiceState.FINISHED, finished.issue
    decision = receipt.verified(consents.get_receipt(services, eve, voice.id))["decision"]
    assert decision["why"] == "I called her"
    assert decision["by"].startswith("judge (")


@pytest.mark.parametrize("is_approved", [True, False])
def test_what_a_person_had_to_decide_is_no_issue_any_more(
    services: Services, eve: Caller, judge: Caller, make: Make, *, is_approved: bool
) -> None:
    voice = make(saying(STATEMENT + " The weather is fine today."), takes=0)
    assert settled(services, eve, voice).state is ConsentState.REVIEW
    issue = voices.get_voice(services, eve, voice.id).issue
    assert issue is not None
    assert "A person has to decide" in issue
    if is_approved:
        consents.decide(services, judge, voice.id, Ruling.APPROVED, "small talk")
    else:
        voices.edit_voice(services, eve, voice.id, voices.VoiceEdit(consent=SentConsent(saying())))
    assert settled(services, eve, voice).state is ConsentState.WAITING
    after = voices.get_voice(services, eve, voice.id)
    assert (after.state, after.issue) == (VoiceState.INITIALIZING, None)


def test_an_approval_does_not_cover_recordings_that_come_later(
    services: Services, eve: Caller, judge: Caller, make: Make
) -> None:
    voice = make(saying(pitch_hz=150.0 * 2 ** (2.86 / 12)))
    first = settled(services, eve, voice)
    consents.decide(services, judge, voice.id, Ruling.APPROVED, "I called her")
    recordings.add_recording(services, eve, voice.id, NewRecording("late", humming(4.0, 151.0)))
    assert settled(services, eve, voice, rounds=first.round + 1).state is ConsentState.REVIEW


def test_a_reviewer_overrules_a_refusal_and_the_build_takes_place(
    services: Services, eve: Caller, judge: Caller, make: Make
) -> None:
    voice = make(saying(pitch_hz=230.0))
    assert settled(services, eve, voice).state is ConsentState.REFUSED
    assert voices.get_voice(services, eve, voice.id).state is VoiceState.CONSENT_FAILED
    consents.decide(services, judge, voice.id, Ruling.APPROVED, "she had a cold, I met her")
    resumed = voices.get_voice(services, eve, voice.id)
    assert (resumed.state, resumed.issue) == (VoiceState.INITIALIZING, None)
    finished = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert finished.state is VoiceState.FINISHED, finished.issue
    proof = receipt.verified(consents.get_receipt(services, eve, voice.id))
    assert proof["verdict"] == "accepted"
    assert "other_speaker" in proof["decision"]["reasons"]
    assert {r["code"]: r["is_approved"] for r in proof["findings"]["reasons"]}["other_speaker"]

    # Fewer recordings are still those that were approved; another one is not.
    first, *_ = recordings.list_recordings(services, eve, voice.id, PageRequest(1, 100)).items
    recordings.delete_recording(services, eve, voice.id, first.id)
    fewer = settled(services, eve, voice)
    assert fewer.state is ConsentState.ACCEPTED
    recordings.add_recording(services, eve, voice.id, NewRecording("late", humming(4.0, 151.0)))
    assert settled(services, eve, voice, rounds=fewer.round + 1).state is ConsentState.REFUSED


def test_words_that_were_approved_stay_approved_when_recordings_come(
    services: Services, eve: Caller, judge: Caller, make: Make
) -> None:
    voice = make(saying(STATEMENT + " The weather is fine today."), takes=0)
    first = settled(services, eve, voice)
    assert first.state is ConsentState.REVIEW
    assert codes(first) - CAUSES == {"words_beside"}
    view = consents.decide(services, judge, voice.id, Ruling.APPROVED, "small talk")
    assert view.current is not None
    assert view.current.state is ConsentState.WAITING
    for n in range(3):
        recordings.add_recording(services, eve, voice.id, NewRecording(f"{n}", humming(4.0, 150.0 + n / 4)))
    assert settled(services, eve, voice, rounds=2).state is ConsentState.ACCEPTED
    # Whose voice it is was never approved.
    recordings.add_recording(services, eve, voice.id, NewRecording("other", humming(4.0, 300.0)))
    strange = settled(services, eve, voice, rounds=3)
    assert strange.state is ConsentState.REFUSED
    assert strange.issue is not None
    assert "beside" not in strange.issue
    recordings.delete_recording(
        services,
        eve,
        voice.id,
        next(
            r.id
            for r in recordings.list_recordings(services, eve, voice.id, PageRequest(1, 100)).items
            if r.name == "other"
        ),
    )
    assert settled(services, eve, voice, rounds=strange.round + 1).state is ConsentState.ACCEPTED
    assert finish(services, eve, voices.build_voice(services, eve, voice.id)).state is VoiceState.FINISHED


def test_a_persons_refusal_stands(services: Services, eve: Caller, judge: Caller, make: Make) -> None:
    voice = make(saying())
    first = settled(services, eve, voice)
    consents.decide(services, judge, voice.id, Ruling.REFUSED, "she says it was not her")
    failed = voices.get_voice(services, eve, voice.id)
    assert failed.state is VoiceState.CONSENT_FAILED
    assert failed.issue == "A person refused this consent: she says it was not her"
    recordings.add_recording(services, eve, voice.id, NewRecording("more", humming(4.0, 151.0)))
    assert settled(services, eve, voice).round == first.round


def test_a_decision_of_an_older_program_is_read(
    services: Services, eve: Caller, judge: Caller, make: Make
) -> None:
    voice = make(saying(), takes=0)
    settled(services, eve, voice)
    view = consents.decide(services, judge, voice.id, Ruling.APPROVED, "I met her")
    assert view.current is not None
    (made,) = view.current.decisions
    # The newest alone, and not what it was about.
    kept = {"ruling": "approved", "by": made.by, "why": made.why, "at": made.at.isoformat(), "recordings": []}
    with services.db.begin() as tx:
        this = tables.consents.c.id == view.current.id
        tx.execute(sa.update(tables.consents).where(this).values(decision=json.dumps(kept)))
    current = consents.get_consent(services, eve, voice.id).current
    assert current is not None
    assert current.decisions == (made,)


def test_nothing_is_decided_about_a_voice_without_a_consent(
    services: Services, judge: Caller, make: Make
) -> None:
    with pytest.raises(WrongState):
        consents.decide(services, judge, make().id, Ruling.APPROVED, "why not")


def test_an_examining_child_that_dies_is_tried_again(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying(), takes=0)
    settled(services, eve, voice)
    pid = services.examiner.pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGKILL)
    recordings.add_recording(services, eve, voice.id, NewRecording("1", humming(4.0, 150.0)))
    assert settled(services, eve, voice, rounds=2).state is ConsentState.ACCEPTED


def test_what_cannot_be_checked_is_left_to_a_person(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying(), takes=0)
    first = settled(services, eve, voice)
    with services.db.begin() as tx:
        asked = replace(first, state=ConsentState.CHECKING, round=first.round + 1)
        rows.save(tx, asked)
    assert check_consent.give_up(first.id, first.round + 1) == "settled"
    current = consents.get_consent(services, eve, voice.id).current
    assert current is not None
    assert current.state is ConsentState.REVIEW
    assert codes(current) == {"not_checked"}


def test_the_sweep_finds_a_check_that_was_never_started(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying(), takes=0)
    first = settled(services, eve, voice)
    with services.db.begin() as tx:
        rows.save(tx, first.asked_again(first.updated_at))
        voice_row = voice_rows.find(tx, eve.account_id, voice.id, lock=True)
        voice_rows.save(tx, replace(voice_row, consent_state=ConsentState.CHECKING))
    assert settled(services, eve, voice, rounds=2).state is ConsentState.WAITING


def test_a_finished_check_is_not_made_twice(services: Services, eve: Caller, make: Make) -> None:
    voice = make(saying(), takes=0)
    consent = settled(services, eve, voice)
    assert check_consent.check(consent.id, consent.round) == "gone"


def test_all_of_a_consent_goes_with_the_voice_but_its_receipt(
    services: Services, eve: Caller, make: Make
) -> None:
    voice = make(saying(STATEMENT + " Yes."))
    consent = settled(services, eve, voice)
    finish(services, eve, voices.build_voice(services, eve, voice.id))
    voices.delete_voice(services, eve, voice.id)
    assert not services.blobs.exists(str(consent.audio_key))
    with services.db.read() as tx:
        assert rows.of_voice(tx, voice.id) == []
    kept = consents.get_receipt(services, eve, voice.id)
    assert receipt.verified(kept, consents.public_key(services))["build"] == 1


@pytest.mark.parametrize("kind", PhraseKind)
@pytest.mark.parametrize("pitch_hz", [150.0, 230.0])
def test_the_phrase_has_to_be_said_by_the_one_who_says_the_statement(
    services: Services, eve: Caller, kind: PhraseKind, pitch_hz: float
) -> None:
    challenge = consents.new_challenge(services, eve, "en", kind)
    digits = [forms[0] for forms in services.consent.statements["en"].digits]
    spoken = " ".join(digits[int(w)] if w.isdecimal() else w for w in challenge.phrase.split())
    joined = joined_wav(saying(f"{spoken}.", pitch_hz), saying())
    sent = SentConsent(joined, challenge_id=challenge.id)
    voice, refusal = voices.create_voice(services, eve, voices.NewVoice("Eve", VoiceType.RAPID, consent=sent))
    assert refusal is None
    for n in range(3):
        recordings.add_recording(services, eve, voice.id, NewRecording(f"{n}", humming(4.0, 150.0 + n / 4)))
    consent = settled(services, eve, voice)
    assert consent.findings is not None
    assert consent.findings.numbers["phrase_heard_ratio"] == 1.0
    if pitch_hz == 150.0:
        assert consent.state is ConsentState.ACCEPTED, consent.findings
    else:
        assert consent.state is ConsentState.REFUSED
        assert "two_speakers" in codes(consent)


def test_a_consent_of_before_phrases_were_asked_for_is_left_to_a_person(
    services: Services, eve: Caller, make: Make, tmp_path: Path
) -> None:
    voice = make(saying(), takes=0)
    consent = settled(services, eve, voice)
    strict = replace(services, consent=replace(services.consent, needs_phrase=True))

    def look(at: Services) -> Consent:
        found = check_consent.examined(at, voice, consent, [], tmp_path / "look", lambda *_: None)
        return consent.settled(found, [], consent.updated_at)

    assert look(services).state is ConsentState.WAITING
    doubtful = look(strict)
    assert doubtful.state is ConsentState.REVIEW
    assert codes(doubtful) - CAUSES == {"phrase_not_asked"}
    assert "Ask for a phrase" in str(doubtful.issue)
    # Who approves it, approves it for good.
    decision = Decision(Ruling.APPROVED, "judge", "I met her", consent.updated_at, ())
    approved = doubtful.decided(decision)
    found = approved.findings
    assert found is not None
    later = approved.settled(replace(found, has_recordings=True), ["new"], consent.updated_at)
    assert later.state is ConsentState.ACCEPTED


def joined_wav(*files: bytes) -> bytes:
    """WAV files of one rate, one after the other."""
    parts = [soundfile.read(io.BytesIO(file), dtype="float32") for file in files]
    joined = io.BytesIO()
    soundfile.write(
        joined, np.concatenate([samples for samples, _ in parts]), parts[0][1], format="WAV", subtype="PCM_16"
    )
    return joined.getvalue()


def test_every_build_has_its_receipt_even_when_the_voice_is_gone(
    services: Services, eve: Caller, ada: Caller, judge: Caller, make: Make
) -> None:
    voice = make(saying())
    settled(services, eve, voice)
    for _ in range(2):
        assert finish(services, eve, voices.build_voice(services, eve, voice.id)).issue is None
    assert consents.get_consent(services, eve, voice.id).receipt_builds == (1, 2)
    for is_there in (True, False):
        if not is_there:
            voices.delete_voice(services, eve, voice.id)
        for caller in (eve, judge):
            builds = [
                json.loads(consents.get_receipt(services, caller, voice.id, build))["payload"]["build"]
                for build in (1, 2, None)
            ]
            assert builds == [1, 2, 2]
        with pytest.raises(NotFound, match="of these builds: 1, 2"):
            consents.get_receipt(services, eve, voice.id, 3)
        with pytest.raises(NotFound, match="has no consent receipt"):
            consents.get_receipt(services, ada, voice.id, 1)


def test_the_receipt_tells_the_statement_that_was_matched(
    services: Services, eve: Caller, make: Make
) -> None:
    said = services.consent.statements.sentence("en", "Bread Radio", "Resemble AI")
    voice = make(saying(said))
    consent = settled(services, eve, voice)
    assert consent.state is ConsentState.ACCEPTED, consent.findings
    assert consent.statement.endswith("by sayso.")
    finish(services, eve, voices.build_voice(services, eve, voice.id))
    proof = receipt.verified(consents.get_receipt(services, eve, voice.id))
    assert proof["statement"].lower() == said.lower()


def two_people(own_level: float, own_s: float = 3.5, other_s: float = 4.0) -> bytes:
    """Eve, loud and in noise, and after a pause somebody else, clearer."""

    def hummed(seconds: float, pitch_hz: float) -> np.ndarray:
        samples: np.ndarray = soundfile.read(io.BytesIO(humming(seconds, pitch_hz)))[0]
        return samples

    own = own_level * hummed(own_s, 150.0)
    own += np.random.default_rng(1).normal(0, 0.02, len(own))
    # A swell that goes down to silence is clearer.
    swell = np.clip(np.sin(2 * np.pi * 2 * np.arange(round(other_s * 24_000)) / 24_000), 0.02, 1.0)
    other = 0.5 * swell * hummed(other_s, 300.0)[: len(swell)]
    pause = np.zeros(2 * 24_000)
    file = io.BytesIO()
    soundfile.write(file, np.concatenate([own, pause, other, pause]), 24_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.mark.parametrize("count", [3, 8], ids=["all of it is looked at", "their beginnings are looked at"])
def test_who_did_not_consent_is_not_cloned_out_of_pieces_between(
    services: Services, eve: Caller, make: Make, count: int
) -> None:
    voice = make(saying(), takes=0)
    for n in range(count):
        take = NewRecording(f"{n}", two_people(0.9 + n / 100))
        recordings.add_recording(services, eve, voice.id, take)
    assert settled(services, eve, voice).state is ConsentState.ACCEPTED
    finished = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert finished.state is VoiceState.FINISHED, finished.issue
    assert finished.artifact_key is not None
    assert unpack(services.blobs.read(finished.artifact_key)) == pytest.approx(150.0, abs=5.0)


def test_what_is_left_out_of_a_build_that_goes_on_is_told(
    services: Services, eve: Caller, make: Make
) -> None:
    voice = make(saying(), takes=0)
    for n in range(3):
        take = NewRecording(f"take {n}", two_people(0.9 + n / 100))
        recordings.add_recording(services, eve, voice.id, take)
    assert settled(services, eve, voice).state is ConsentState.ACCEPTED
    assert finish(services, eve, voices.build_voice(services, eve, voice.id)).state is VoiceState.FINISHED
    report = analyses.get_analysis(services, eve, voice.id).analysis.report
    told = {
        one.id: reason.sentence
        for one in report.recordings
        for reason in one.reasons
        if reason.code == "part_of_another_speaker"
    }
    assert told
    sentence = (
        r"\d\.\d s of it were not learnt from: they do not sound like the speaker who gave the consent\."
    )
    assert all(re.fullmatch(sentence, said) for said in told.values())
    those = [one for one in report.recordings if one.id in told]
    assert all(one.grade is Grade.LOOK and one.is_active for one in those)
    [remark] = [one for one in report.remarks if "somebody else seems to speak" in one]
    assert all(f"“{one.name}”" in remark for one in those[:5])
    assert report.totals.look_at_it >= len(told)
    kept = {r.id: r for r in recordings.list_recordings(services, eve, voice.id, PageRequest()).items}
    assert all(kept[one.id].analysis == one for one in those), "the list of recordings tells the same"


def test_where_hardly_anything_is_of_who_consented_the_build_says_so(
    services: Services, eve: Caller, make: Make
) -> None:
    voice = make(saying(), takes=0)
    for n in range(3):
        take = NewRecording(f"take {n}", two_people(0.9 + n / 100, own_s=0.7, other_s=5.0))
        recordings.add_recording(services, eve, voice.id, take)
    assert settled(services, eve, voice).state is ConsentState.ACCEPTED
    ended = finish(services, eve, voices.build_voice(services, eve, voice.id))
    assert ended.state is VoiceState.DATASET_ISSUE, ended.issue
    assert "Another speaker than the consent's" in (ended.issue or "")
    assert "“take 0”" in (ended.issue or "")
