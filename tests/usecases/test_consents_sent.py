"""Whatever is sent as consent: each kind of nonsense has its own reason, and harms nothing else."""

from __future__ import annotations

import functools
import io
import json
import re
import secrets
import struct
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sayso.commands.consent import _print as show_consent
from sayso.domain.account import Caller
from sayso.domain.consent import (
    Challenge,
    Consent,
    ConsentState,
    Findings,
    PhraseKind,
    Reason,
    Ruling,
    Verdict,
)
from sayso.domain.voice import Voice, VoiceState
from sayso.errors import (
    BadAudio,
    BadRate,
    BadRequest,
    ConsentMissing,
    CutOff,
    NoSamples,
    NotAllowed,
    NotFinite,
    NotFound,
    NotWav,
    Rejected,
    Silent,
    Throttled,
    TooLarge,
    TooLong,
    TooManyChannels,
    WrongSize,
)
from sayso.services import Services
from sayso.storage import consents as rows
from sayso.storage import tables
from sayso.storage import voices as voice_rows
from sayso.usecases import accounts, consents, voices
from sayso.usecases.consents import SentConsent
from sayso.usecases.recordings import NewRecording, add_recording
from sayso.usecases.voices import NewVoice, VoiceEdit
from sayso.wire import receipt
from sayso.wire.consent import attempt_item
from sayso.workflows import check_consent
from serving import humming, saying


def wav(samples: np.ndarray, rate_hz: int = 16_000, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="WAV", subtype=subtype)
    return file.getvalue()


def with_rate(rate_hz: int) -> bytes:
    whole = bytearray(wav(np.full(16_000, 0.1, np.float32)))
    whole[24:28] = struct.pack("<I", rate_hz)
    return bytes(whole)


def with_size(size: int) -> bytes:
    whole = bytearray(saying())
    whole[40:44] = struct.pack("<I", size)
    return bytes(whole)


@functools.cache
def a_day_of_silence() -> bytes:
    """24 h as FLAC, at a rate so low that it is quickly made."""
    file, rate_hz = io.BytesIO(), 200
    ten_minutes = np.zeros(600 * rate_hz, np.int16)
    with soundfile.SoundFile(file, "w", rate_hz, 1, format="FLAC", subtype="PCM_16") as flac:
        for _ in range(24 * 6):
            flac.write(ten_minutes)
    return file.getvalue()


@functools.cache
def film(container: str) -> bytes:
    """A second of picture and sound."""
    picture, sound = "testsrc=size=64x64:rate=10:duration=1", "sine=frequency=150:duration=1"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{container}"
        subprocess.run(
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"),
                *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound),
                *("-c:v", "mpeg4", "-c:a", "aac" if container == "mp4" else "pcm_s16le", str(path)),
            ],
            check=True,
        )
        return path.read_bytes()


def with_unknown_coding() -> bytes:
    whole = bytearray(saying())
    whole[20:22] = struct.pack("<H", 0x7ABC)
    return bytes(whole)


def many_channels() -> bytes:
    whole = bytearray(wav(np.full(16_000, 0.1, np.float32)))
    whole[22:24] = struct.pack("<H", 1_000)
    return bytes(whole)


NONSENSE: dict[str, tuple[Callable[[], bytes], str, type[Rejected], str]] = {
    "empty": (lambda: b"", "is empty, not a WAV", NotWav, "not_wav"),
    "text": (lambda: b"I am aware that recordings of my voice", "is text, not a WAV", NotWav, "not_wav"),
    "html": (
        lambda: b"<!doctype html><html><body>404</body></html>" * 9,
        "an HTML page, not a WAV",
        NotWav,
        "not_wav",
    ),
    "a film": (lambda: film("mp4"), "MP4.*, not a WAV", NotWav, "not_wav"),
    # A RIFF file as WAV is.
    "a film of another kind": (lambda: film("avi"), "AVI.*, not a WAV", NotWav, "not_wav"),
    "24 h of silence in FLAC": (a_day_of_silence, "is FLAC, not a WAV", NotWav, "not_wav"),
    "nothing known": (lambda: bytes(range(128, 256)), "consent is not a WAV", NotWav, "not_wav"),
    "a head alone": (lambda: wav(np.zeros(0, np.float32)), "head of a WAV file", NotWav, "not_wav"),
    "100 MB": (lambda: b"RIFF" + bytes(100 * 2**20), "at most 32 MiB", TooLarge, "too_large"),
    "cut off": (lambda: saying()[:90_000], "cut off", CutOff, "truncated"),
    "cut off within its head": (lambda: saying()[:45], "cut off", CutOff, "truncated"),
    "a size that is too small": (
        lambda: with_size(1_000),
        "head of the file is wrong",
        WrongSize,
        "wrong_size",
    ),
    "a size that is too large": (lambda: with_size(99_000_000), "cut off", CutOff, "truncated"),
    "1000 channels": (many_channels, "channels", TooManyChannels, "too_many_channels"),
    "not a number": (
        lambda: wav(np.full(32_000, np.nan, np.float32), subtype="FLOAT"),
        "finite",
        NotFinite,
        "not_finite",
    ),
    "1 Hz": (lambda: with_rate(1), "Hz", BadRate, "bad_rate"),
    "10 MHz": (lambda: with_rate(10_000_000), "Hz", BadRate, "bad_rate"),
    "all zero": (lambda: wav(np.zeros(48_000, np.float32)), "silen|zero", Silent, "digital_silence"),
    "no samples": (lambda: wav(np.zeros(0, np.float32)) + b"\0", "no samples", NoSamples, "no_samples"),
    "six minutes": (
        lambda: wav(np.full(8_000 * 360, 0.1, np.float32), 8_000),
        "longer than",
        TooLong,
        "too_long",
    ),
    "an unknown way of coding": (with_unknown_coding, "broken", BadAudio, "broken"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_each_kind_of_nonsense_has_its_own_reason(services: Services, ada: Caller, name: str) -> None:
    make, fact, error, code = NONSENSE[name]
    voice, refusal = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(make())))
    assert type(refusal) is error, refusal
    assert "consent" in str(refusal)
    assert re.search(fact, str(refusal)), str(refusal)
    view = consents.get_consent(services, ada, voice.id)
    assert [attempt.audio_key for attempt in view.attempts] == [None]
    assert voice.state is VoiceState.INITIALIZING
    reason = only_reason(view.attempts[0])
    assert reason.code == code
    assert re.search(fact, reason.sentence, re.IGNORECASE)
    assert reason.remedy.endswith(".")


def only_reason(attempt: Consent) -> Reason:
    assert attempt.findings is not None
    (reason,) = attempt.findings.reasons
    assert reason.verdict is Verdict.REFUSED
    return reason


def test_the_nonsense_is_what_it_says() -> None:
    with soundfile.SoundFile(io.BytesIO(a_day_of_silence())) as file:
        assert (file.format, file.frames / file.samplerate) == ("FLAC", 24 * 3_600)
    assert film("mp4")[4:8] == b"ftyp"
    assert b"moov" in film("mp4")
    assert film("avi")[:4] + film("avi")[8:12] == b"RIFFAVI "


def test_every_reason_of_an_unreadable_consent_has_a_remedy_of_its_own() -> None:
    told = list(consents._UNREADABLE.values())
    assert len({code for code, _ in told}) == len({remedy for _, remedy in told}) == len(told)


def test_a_build_says_that_a_consent_was_sent_and_why_it_could_not_be_read(
    services: Services, sign_up: Callable[..., Caller]
) -> None:
    eve = sign_up(is_authorized_uploader=False)
    voice, _ = voices.create_voice(services, eve, NewVoice("Eve", consent=SentConsent(b"<html>")))
    with pytest.raises(ConsentMissing) as missing:
        voices.build_voice(services, eve, voice.id)
    assert "not a WAV file" in str(missing.value)
    assert "Export the recording as WAV" in str(missing.value)
    assert "I am aware" in str(missing.value)
    # The newest attempt is the one that is told.
    voices.edit_voice(services, eve, voice.id, VoiceEdit(consent=SentConsent(saying()[:90_000])))
    with pytest.raises(ConsentMissing, match="cut off"):
        voices.build_voice(services, eve, voice.id)


def test_a_size_that_a_streaming_recorder_leaves_is_taken(services: Services, ada: Caller) -> None:
    for size in (2**31 - 1, 2**32 - 1):
        _, refusal = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(with_size(size))))
        assert refusal is None


GOOD = saying()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        # Most of what can go wrong is in the head; the rest is the other 99.9 % of the file.
        st.tuples(st.integers(0, 60) | st.integers(0, len(GOOD) - 1), st.integers(0, 255)),
        max_size=8,
    ),
    length=st.just(len(GOOD)) | st.integers(0, len(GOOD)),
)
def test_no_change_of_a_file_breaks_anything(
    services: Services, ada: Caller, changes: list[tuple[int, int]], length: int
) -> None:
    mutant = bytearray(GOOD[:length])
    for place, value in changes:
        if place < len(mutant):
            mutant[place] = value
    taken = consents.take(services, ada, SentConsent(bytes(mutant)), "en-US")
    assert (taken.refusal is None) == (taken.consent.state is ConsentState.CHECKING)
    if taken.refusal is None:
        # What is kept is what was sent, and as long as its head says.
        assert taken.file == bytes(mutant)
        assert length == len(GOOD) or any(place < 60 for place, _ in changes)
    else:
        assert taken.file is None
        assert only_reason(taken.consent).remedy


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(44, len(GOOD) - 1), value=st.integers(0, 255))
def test_a_changed_sample_is_no_fault_of_the_file(
    services: Services, ada: Caller, place: int, value: int
) -> None:
    mutant = bytearray(GOOD)
    mutant[place] = value
    taken = consents.take(services, ada, SentConsent(bytes(mutant)), "en-US")
    assert taken.refusal is None
    assert (
        taken.consent.audio_sha256
        == consents.take(services, ada, SentConsent(GOOD), "en").consent.audio_sha256
    ) == (bytes(mutant) == GOOD)


def test_a_phrase_is_good_once_and_only_for_its_account(
    services: Services, ada: Caller, bob: Caller, voice: Voice
) -> None:
    challenge = consents.new_challenge(services, ada, "en-GB")
    assert len(challenge.phrase.split()) >= 4
    stolen = SentConsent(saying(), challenge_id=challenge.id)
    refused = consents.take(services, bob, stolen, "en")
    assert isinstance(refused.refusal, BadRequest)
    assert only_reason(refused.consent).code == "challenge_unknown"
    assert consents.take(services, ada, stolen, "en").consent.challenge == challenge.phrase
    again = consents.take(services, ada, stolen, "en").refusal
    assert isinstance(again, BadRequest)
    assert "consent_challenge" in again.fields


def test_two_phrases_differ(services: Services, ada: Caller) -> None:
    phrases = {consents.new_challenge(services, ada, "en").phrase for _ in range(8)}
    assert len(phrases) > 4


@pytest.mark.parametrize("language", ["en", "de-AT", "fr"])
def test_a_phrase_is_of_digits_or_of_words(services: Services, ada: Caller, language: str) -> None:
    digits = consents.new_challenge(services, ada, language).phrase.split()
    words = consents.new_challenge(services, ada, language, PhraseKind.WORDS).phrase.split()
    assert len(digits) == 5
    assert all(digit.isdecimal() for digit in digits)
    assert len(words) == 4
    assert set(words) <= set(services.consent.statements[language[:2]].challenge_words)


@pytest.mark.parametrize(("age_s", "is_good"), [(590, True), (601, False)])
def test_a_phrase_is_good_for_ten_minutes(
    services: Services, ada: Caller, age_s: float, *, is_good: bool
) -> None:
    old = Challenge(secrets.token_hex(4), "en", "4 1 7 9 2", datetime.now(UTC) - timedelta(seconds=age_s))
    with services.db.begin() as tx:
        rows.insert_challenge(tx, ada.account_id, old)
    taken = consents.take(services, ada, SentConsent(saying(), challenge_id=old.id), "en")
    if is_good:
        assert (taken.refusal, taken.consent.challenge) == (None, old.phrase)
    else:
        assert isinstance(taken.refusal, BadRequest)
        assert only_reason(taken.consent).code == "challenge_unknown"


def test_where_a_phrase_is_needed_a_consent_without_one_says_so(services: Services, ada: Caller) -> None:
    strict = replace(services, consent=replace(services.consent, needs_phrase=True))
    taken = consents.take(strict, ada, SentConsent(saying()), "en")
    assert isinstance(taken.refusal, BadRequest)
    assert only_reason(taken.consent).code == "challenge_needed"


def test_an_account_is_given_ten_phrases_in_ten_minutes(services: Services, ada: Caller, bob: Caller) -> None:
    def given_before(count: int, age_s: float) -> None:
        with services.db.begin() as tx:
            for n in range(count):
                moment = datetime.now(UTC) - timedelta(seconds=age_s + n)
                rows.insert_challenge(
                    tx, ada.account_id, Challenge(secrets.token_hex(4), "en", "1 2", moment)
                )

    given_before(30, 700)
    given_before(9, 400)
    last = consents.new_challenge(services, ada, "en")
    # A phrase that was used counts, too.
    assert consents.take(services, ada, SentConsent(saying(), challenge_id=last.id), "en").refusal is None
    with pytest.raises(Throttled, match="10 phrases") as full:
        consents.new_challenge(services, ada, "en", PhraseKind.WORDS)
    # The oldest of the ten is 408 s old.
    assert 180 <= full.value.retry_after_s <= 192
    consents.new_challenge(services, bob, "en")


def test_a_language_without_a_statement_has_no_phrase(services: Services, ada: Caller) -> None:
    with pytest.raises(BadRequest, match="expected one of de, en, es"):
        consents.new_challenge(services, ada, "tlh")


def test_only_a_reviewer_sees_what_waits(services: Services, ada: Caller) -> None:
    with pytest.raises(NotAllowed):
        consents.list_reviews(services, ada)


@pytest.fixture
def judge(services: Services) -> Caller:
    _, secret = accounts.create_token(services, "judge", is_reviewer=True)
    return accounts.sign_in(services, secret)


def test_a_reviewer_overrules_a_refusal(services: Services, ada: Caller, judge: Caller) -> None:
    voice, _ = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(saying())))
    recording = add_recording(services, ada, voice.id, NewRecording("one", humming()))
    with services.db.begin() as tx:
        consent = rows.fetch(tx, str(voice.consent_id), lock=True)
        assert consent is not None
        reason = Reason("other_speaker", Verdict.REFUSED, "It is another.", "Let the right one speak.")
        refused = consent.settled(Findings((reason,), {}, True), [recording.audio_key], consent.created_at)
        rows.save(tx, refused)
        kept = voice_rows.find(tx, ada.account_id, voice.id, lock=True)
        voice_rows.save(tx, check_consent.followed(kept, refused, refused.updated_at))
    assert voices.get_voice(services, ada, voice.id).state is VoiceState.CONSENT_FAILED
    current = consents.decide(services, judge, voice.id, Ruling.APPROVED, "I met her").current
    assert current is not None
    assert current.state is ConsentState.ACCEPTED
    assert current.decision is not None
    assert current.decision.reasons == ("other_speaker",)
    assert current.decision.recordings == (recording.audio_key,)
    after = voices.get_voice(services, ada, voice.id)
    assert (after.state, after.issue) == (VoiceState.INITIALIZING, None)


def test_every_decision_stays_on_record(
    services: Services, ada: Caller, judge: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    _, secret = accounts.create_token(services, "second", is_reviewer=True)
    second = accounts.sign_in(services, secret)
    voice, _ = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(saying())))
    reason = Reason("words_asked", Verdict.REVIEW, "It sounds like a question.", "Say it.")
    with services.db.begin() as tx:
        consent = rows.fetch(tx, str(voice.consent_id), lock=True)
        assert consent is not None
        rows.save(tx, consent.settled(Findings((reason,), {}, False), [], consent.created_at))
    consents.decide(services, judge, voice.id, Ruling.APPROVED, "I heard her")
    view = consents.decide(services, second, voice.id, Ruling.REFUSED, "she took it back")
    current = view.current
    assert current is not None
    assert current.decision == current.decisions[-1]
    assert [(d.ruling, d.by.split()[0], d.why) for d in current.decisions] == [
        (Ruling.APPROVED, "judge", "I heard her"),
        (Ruling.REFUSED, "second", "she took it back"),
    ]
    item = attempt_item(current)
    assert item["decision"] == item["decisions"][1]
    assert [decision["why"] for decision in item["decisions"]] == ["I heard her", "she took it back"]
    show_consent(view)
    shown = capsys.readouterr().out
    assert shown.index("approved by judge") < shown.index("refused by second")
    proof = receipt.verified(
        check_consent.receipt_of(services, voice, current, [], current.created_at),
    )
    assert [d["ruling"] for d in proof["decisions"]] == ["approved", "refused"]
    assert proof["decision"] == proof["decisions"][1]


def test_a_decision_that_was_kept_before_there_was_a_list_is_read(services: Services, ada: Caller) -> None:
    kept, _ = voices.create_voice(services, ada, NewVoice("Ada", consent=SentConsent(saying())))
    alone = {
        "ruling": "approved",
        "by": "judge",
        "why": "x",
        "at": "2026-11-28T00:00:00+00:00",
        "recordings": ["a"],
    }
    with services.db.begin() as tx:
        mine = tables.consents.c.id == kept.consent_id
        tx.execute(sa.update(tables.consents).where(mine).values(decision=json.dumps(alone)))
    (attempt,) = consents.get_consent(services, ada, kept.id).attempts
    assert [decision.why for decision in attempt.decisions] == ["x"]


def test_nobody_sees_anothers_consent(services: Services, bob: Caller, voice: Voice) -> None:
    with pytest.raises(NotFound):
        consents.get_consent(services, bob, voice.id)
    with pytest.raises(NotFound):
        consents.get_receipt(services, bob, voice.id)


def test_the_sentence_is_in_the_language_of_the_voice(services: Services, ada: Caller) -> None:
    german, _ = voices.create_voice(services, ada, NewVoice("Ada", language="de-AT"))
    sentence = consents.get_consent(services, ada, german.id).sentence
    assert "meiner Stimme" in sentence
    voices.edit_voice(services, ada, german.id, VoiceEdit(language="xx"))
    assert consents.get_consent(services, ada, german.id).sentence.startswith("I am aware")
