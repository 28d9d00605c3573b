"""create_voice, list_voices, get_voice, edit_voice, delete_voice, build_voice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.consent import ConsentState
from sayso.domain.dataset import NEEDS
from sayso.domain.edit import UNSET, UnsetType, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.recording import Origin
from sayso.domain.training import Training
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import (
    BadRequest,
    ConsentMissing,
    NotAllowed,
    NotFound,
    Rejected,
    TooLittleSpeech,
    WrongState,
)
from sayso.services import Services
from sayso.storage import analyses, blobs, deliveries, recordings, reports, trainings, voices
from sayso.storage import consents as rows
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.usecases import consents
from sayso.usecases.checks import check_text, check_url
from sayso.usecases.consents import SentConsent, TakenConsent
from sayso.workflows import check_consent, outbox, runs


@dataclass(frozen=True, slots=True)
class NewVoice:
    """What a voice is created from."""

    name: str
    voice_type: VoiceType = VoiceType.PROFESSIONAL
    consent: SentConsent | None = None
    """Should hold a WAV file. Anything else is refused, yet the voice is created."""
    dataset_url: str | None = None
    callback_uri: str | None = None
    language: str = "en-US"
    description: str | None = None


@dataclass(frozen=True, slots=True)
class VoiceEdit:
    """A partial change of a voice."""

    name: str | UnsetType = UNSET
    dataset_url: str | UnsetType | None = UNSET
    callback_uri: str | UnsetType | None = UNSET
    language: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    consent: SentConsent | None = None
    """A new attempt; the older ones stay on record."""


def create_voice(services: Services, caller: Caller, new: NewVoice) -> tuple[Voice, Rejected | None]:
    """Make a voice; the second value says why its consent was not kept, if it was not.

    The dataset of a professional voice is fetched and analysed at once, that of a rapid one by its build. Raises NotAllowed on plan free, BadRequest and TooLarge for bad fields.
    """
    if not caller.may_create_voices:
        raise NotAllowed(
            f"this token is on plan {caller.plan}; creating a custom voice needs the pro plan: "
            "ask the operator for `sayso token update ID --plan pro`"
        )
    _check(services, new.name, new.dataset_url, new.callback_uri, new.description, new.language)
    taken = None if new.consent is None else consents.take(services, caller, new.consent, new.language)
    now = datetime.now(UTC)
    with _kept(services, taken) as consent_key, services.db.begin() as tx:
        voice = Voice(
            id=new_id(tx, "voices"),
            account_id=caller.account_id,
            name=new.name,
            voice_type=new.voice_type,
            state=VoiceState.INITIALIZING,
            created_at=now,
            updated_at=now,
            language=new.language,
            description=new.description,
            dataset_url=new.dataset_url,
            dataset_waits=new.dataset_url is not None,
            callback_uri=new.callback_uri,
        )
        if voice.starts_by_itself:
            voice = voice.asked_for(now, is_vouched_for=caller.is_authorized_uploader)
        voices.insert(tx, voice)
        voice = _with_consent(services, tx, voice, taken, consent_key)
    consents.begin_checks(services, voice)
    runs.expect(services, voice)
    if voice.state is VoiceState.RUNNING:
        runs.start(services, voice)
    return voice, None if taken is None else taken.refusal


def list_voices(services: Services, caller: Caller, page: PageRequest) -> Page[Voice]:
    """The account's voices, newest first."""
    with services.db.read() as tx:
        return voices.page(tx, caller.account_id, page)


def speaking_voices(services: Services, caller: Caller) -> tuple[Voice, ...]:
    """The account's voices that can speak, newest first, up to 1,000."""
    with services.db.read() as tx:
        return voices.speaking_of(tx, caller.account_id, most=1_000)


def find_voice(services: Services, caller: Caller, wanted: str) -> Voice:
    """The account's voice with that uuid, or else that name, in any case if no other has it exactly.

    Raises NotFound, and BadRequest where several have the name: one of them would be a guess.
    """
    with services.db.read() as tx:
        found = voices.called(tx, caller.account_id, wanted)
    for same in (
        [voice for voice in found if voice.id == wanted],
        [voice for voice in found if voice.name == wanted],
        found,
    ):
        if len(same) == 1:
            return same[0]
        if same:
            uuids = ", ".join(voice.id for voice in same[:5])
            fact = f"{len(same)} voices are called {wanted[:80]!r}: name one by its uuid, {uuids}"
            raise BadRequest(fact, {"voice": "is the name of several voices"})
    raise NotFound(f"there is no voice {wanted[:80]!r}: expected the uuid or the name of one of yours")


def get_voice(services: Services, caller: Caller, voice_id: str) -> Voice:
    """One voice. Raises NotFound."""
    with services.db.read() as tx:
        return voices.find(tx, caller.account_id, voice_id)


def edit_voice(
    services: Services, caller: Caller, voice_id: str, edit: VoiceEdit
) -> tuple[Voice, Rejected | None]:
    """Change what is mentioned; the second value says why a new consent was not kept.

    Raises NotFound, BadRequest, TooLarge.
    """
    given = changes(
        name=edit.name,
        dataset_url=edit.dataset_url,
        callback_uri=edit.callback_uri,
        language=edit.language,
        description=edit.description,
    )
    before = get_voice(services, caller, voice_id)
    _check(
        services,
        given.get("name", "unchanged"),
        given.get("dataset_url"),
        given.get("callback_uri"),
        given.get("description"),
        given.get("language", "en-US"),
    )
    language = given.get("language", before.language)
    taken = None if edit.consent is None else consents.take(services, caller, edit.consent, language)
    with _kept(services, taken) as consent_key, services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        now = datetime.now(UTC)
        voice = replace(voice, **given, updated_at=now)
        starts = False
        if "dataset_url" in given:
            voice = replace(voice, dataset_waits=voice.dataset_url is not None)
            starts = voice.starts_by_itself
        if starts:
            voice = voice.asked_anew(now, is_vouched_for=caller.is_authorized_uploader)
        voices.save(tx, voice)
        voice = _with_consent(services, tx, voice, taken, consent_key)
    consents.begin_checks(services, voice)
    if starts:
        runs.start(services, voice)
    return voice, None if taken is None else taken.refusal


def delete_voice(services: Services, caller: Caller, voice_id: str) -> None:
    """Remove the voice with its recordings, its artifact and the audio of both. Raises NotFound.

    A running build notices and stops. Clips that were spoken stay: they belong to their projects. A callback that
    is on its way still arrives, or is given up, and is forgotten then; the others are forgotten now.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        keys = [voice.artifact_key, voice.sample_key, *rows.remove_all(tx, voice.id)]
        keys += recordings.remove_all(tx, voice.id)
        keys.append(trainings.remove(tx, voice.id))
        reports.remove(tx, voice.id)
        analyses.remove(tx, voice.id)
        deliveries.forget(tx, voice_id=voice.id)
        voices.remove(tx, voice.id)
    if voice.artifact_key is not None:
        services.speakers.forget(voice.artifact_key)
    blobs.release(services.db, services.blobs, keys)


def build_voice(services: Services, caller: Caller, voice_id: str) -> Voice:
    """Start training; the voice is RUNNING when this returns. Asking while it runs changes nothing.

    Raises NotFound, ConsentMissing, TooLittleSpeech, WrongState.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        if voice.state is not VoiceState.RUNNING:
            _check_buildable(services, caller, tx, voice)
            voice = voice.asked_for(datetime.now(UTC), is_vouched_for=caller.is_authorized_uploader)
            voices.save(tx, voice)
    # After the commit: a start that is lost here is found by the sweep of the next worker.
    runs.start(services, voice)
    return voice


def trainings_of(services: Services, found: Sequence[Voice]) -> dict[str, Training]:
    """What the newest professional training of each of these voices tells, by voice."""
    ids = [voice.id for voice in found if voice.voice_type is VoiceType.PROFESSIONAL]
    if not ids:
        return {}
    with services.db.read() as tx:
        return trainings.of(tx, ids)


def cancel_build(services: Services, caller: Caller, voice_id: str) -> Voice:
    """Stop what a voice is RUNNING for: it is as before it was asked for; a voice that spoke goes on speaking.

    The work notices within seconds and ends. Nobody is called back, but of a consent
    that was refused meanwhile. Raises NotFound, WrongState.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        if voice.state is not VoiceState.RUNNING:
            raise WrongState(f"voice {voice.id} is {voice.state}, not running: there is nothing to cancel")
        before = VoiceState.FINISHED if voice.can_speak else VoiceState.INITIALIZING
        now = datetime.now(UTC)
        voice = replace(
            voice.to(before), stage=None, progress=1.0 if voice.can_speak else 0.0, left_s=None,
            updated_at=now,
        )  # fmt: skip
        voices.save(tx, voice)
        voice = check_consent.caught_up(tx, voice, now)
    outbox.ring()
    return voice


def _check_buildable(services: Services, caller: Caller, tx: Transaction, voice: Voice) -> None:
    limits = services.limits
    _check_consent(services, caller, tx, voice)
    active = recordings.active(tx, voice.id)
    if voice.dataset_waits or voice.starts_by_itself:
        return
    is_dataset = any(recording.origin is Origin.DATASET for recording in active)
    least = {
        VoiceType.RAPID: limits.min_recordings_rapid,
        VoiceType.PROFESSIONAL: limits.min_recordings_professional,
    }[voice.voice_type]
    if len(active) < least and not is_dataset:
        missing = least - len(active)
        raise TooLittleSpeech(
            f"this voice has {len(active)} active recordings, a {voice.voice_type} voice needs at least "
            f"{least}: upload {missing} more"
        )
    if voice.voice_type is VoiceType.PROFESSIONAL:
        # Minutes of speech are counted by the analysis, which also says what is wrong with them.
        return
    need_s = NEEDS[voice.voice_type].speech_s
    speech_s = sum(r.speech_s for r in active)
    if speech_s < need_s:
        raise TooLittleSpeech(
            f"the active recordings hold {speech_s:.1f} s of speech, a {voice.voice_type} voice needs at least "
            f"{need_s:.0f} s: {need_s - speech_s:.1f} s are missing, upload more"
        )


def _check(
    services: Services,
    name: str,
    dataset_url: str | None,
    callback_uri: str | None,
    description: str | None,
    language: str,
) -> None:
    limits = services.limits
    check_text("name", name, limits.max_name_characters, required=True)
    check_url("dataset_url", dataset_url, limits.max_dataset_url_characters)
    check_url("callback_uri", callback_uri, limits.max_url_characters)
    check_text("description", description, limits.max_text_characters)
    check_text("language", language, 35, required=True)


def _check_consent(services: Services, caller: Caller, tx: Transaction, voice: Voice) -> None:
    """Raise ConsentMissing unless there is a consent that may still turn out well, or none is needed.

    A consent that was given counts, whoever asks: what its speaker refused is refused.
    """
    consent = None if voice.consent_id is None else rows.fetch(tx, voice.consent_id)
    if consent is None:
        if not caller.is_authorized_uploader:
            raise ConsentMissing(check_consent.missing(services, tx, voice))
        return
    if consent.state is ConsentState.REFUSED:
        raise ConsentMissing(f"{consent.issue}; send a new consent with PUT /api/v2/voices/{voice.id}")
    if consent.state is ConsentState.REVIEW:
        raise ConsentMissing(
            f"{consent.issue}; or a reviewer decides with POST /api/v2/voices/{voice.id}/consent/decision"
        )


@contextmanager
def _kept(services: Services, taken: TakenConsent | None) -> Iterator[str | None]:
    """Put the sound of a consent and lend its key; an error in the block takes it back."""
    if taken is None or taken.file is None:
        yield None
        return
    # The models load while the row is written.
    services.examiner.warm()
    with blobs.kept(services.db, services.blobs, taken.file) as key:
        yield key


def _with_consent(
    services: Services, tx: Transaction, voice: Voice, taken: TakenConsent | None, key: str | None
) -> Voice:
    if taken is None:
        return voice
    voice = consents.keep(tx, voice, taken, key)
    voices.save(tx, voice)
    if taken.file is not None:
        blobs.still(services.blobs, key, taken.file)
    return voice
