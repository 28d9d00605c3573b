"""create_voice, list_voices, get_voice, edit_voice, delete_voice, build_voice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.dataset import NEEDS
from sayso.domain.edit import UNSET, UnsetType, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import (
    BadAudio,
    ConsentMissing,
    NotAllowed,
    NotOffered,
    Rejected,
    TooLarge,
    TooLittleSpeech,
)
from sayso.services import Services
from sayso.storage import blobs, deliveries, recordings, voices
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.usecases.checks import check_text, check_url
from sayso.workflows import make_voice

DATASET_ISSUE = (
    "dataset_url is kept but not fetched in this version: upload the recordings to "
    "/api/v2/voices/{id}/recordings, then ask for a build"
)


@dataclass(frozen=True, slots=True)
class NewVoice:
    """What a voice is created from."""

    name: str
    voice_type: VoiceType = VoiceType.PROFESSIONAL
    consent: bytes | None = None
    """A WAV file, as sent. Anything else is refused, yet the voice is created."""
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
    consent: bytes | UnsetType | None = UNSET


def create_voice(services: Services, caller: Caller, new: NewVoice) -> tuple[Voice, Rejected | None]:
    """Make an empty voice; the second value says why its consent was not kept, if it was not.

    Raises NotAllowed on plan free, BadRequest and TooLarge for bad fields.
    """
    if not caller.may_create_voices:
        raise NotAllowed(
            f"this token is on plan {caller.plan}; creating a custom voice needs the pro plan: "
            "ask the operator for `sayso token update ID --plan pro`"
        )
    _check(services, new.name, new.dataset_url, new.callback_uri, new.description, new.language)
    consent, refusal = _checked_consent(services, new.consent)
    consent_key = None if consent is None else services.blobs.put(consent)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
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
            callback_uri=new.callback_uri,
            consent_key=consent_key,
            issue=_issue(new.dataset_url, refusal),
        )
        voices.insert(tx, voice)
        if consent is not None:
            blobs.still(services.blobs, consent_key, consent)
    return voice, refusal


def list_voices(services: Services, caller: Caller, page: PageRequest) -> Page[Voice]:
    """The account's voices, newest first."""
    with services.db.read() as tx:
        return voices.page(tx, caller.account_id, page)


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
    get_voice(services, caller, voice_id)
    _check(
        services,
        given.get("name", "unchanged"),
        given.get("dataset_url"),
        given.get("callback_uri"),
        given.get("description"),
        given.get("language", "en-US"),
    )
    consent: bytes | None = None
    refusal: Rejected | None = None
    released: list[str | None] = []
    if edit.consent is not UNSET:
        consent, refusal = _checked_consent(services, edit.consent)
        if refusal is None:
            given["consent_key"] = None if consent is None else services.blobs.put(consent)
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        if "consent_key" in given:
            released.append(voice.consent_key)
        voice = replace(voice, **given, updated_at=datetime.now(UTC))
        if "dataset_url" in given and voice.state is VoiceState.INITIALIZING:
            voice = replace(voice, issue=_issue(voice.dataset_url, refusal))
        voices.save(tx, voice)
        if consent is not None:
            blobs.still(services.blobs, given.get("consent_key"), consent)
    blobs.release(services.db, services.blobs, released)
    return voice, refusal


def delete_voice(services: Services, caller: Caller, voice_id: str) -> None:
    """Remove the voice with its recordings, its artifact and the audio of both. Raises NotFound.

    A running build notices and stops. Clips that were spoken stay: they belong to their projects. A callback that
    is on its way still arrives, or is given up, and is forgotten then; the others are forgotten now.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        keys = [voice.consent_key, voice.artifact_key, voice.sample_key]
        keys += recordings.remove_all(tx, voice.id)
        deliveries.forget(tx, voice_id=voice.id)
        voices.remove(tx, voice.id)
    if voice.artifact_key is not None:
        services.speakers.forget(voice.artifact_key)
    blobs.release(services.db, services.blobs, keys)


def build_voice(services: Services, caller: Caller, voice_id: str) -> Voice:
    """Start training; the voice is RUNNING when this returns. Asking while it runs changes nothing.

    Raises NotFound, ConsentMissing, NotOffered, TooLittleSpeech, WrongState.
    """
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        if voice.state is not VoiceState.RUNNING:
            _check_buildable(services, caller, tx, voice)
            voice = replace(
                voice.to(VoiceState.RUNNING),
                build=voice.build + 1,
                stage="waiting",
                progress=0.0,
                left_s=None,
                issue=None,
                updated_at=datetime.now(UTC),
            )
            voices.save(tx, voice)
    # After the commit: a start that is lost here is found by the sweep of the next worker.
    make_voice.start(services, voice)
    return voice


def _check_buildable(services: Services, caller: Caller, tx: Transaction, voice: Voice) -> None:
    limits = services.limits
    if not caller.is_authorized_uploader:
        raise ConsentMissing(
            "this token is not an authorized uploader, and this version cannot check a spoken consent yet: "
            "only a token created with --authorized-uploader may build voices"
        )
    active = recordings.active(tx, voice.id)
    if voice.voice_type is VoiceType.PROFESSIONAL:
        raise NotOffered(
            "professional training is not in this version (it will need at least "
            f"{limits.min_recordings_professional} active recordings, this voice has {len(active)}): "
            "create the voice with voice_type rapid"
        )
    if len(active) < limits.min_recordings_rapid:
        if voice.dataset_url is not None:
            raise NotOffered(DATASET_ISSUE)
        missing = limits.min_recordings_rapid - len(active)
        raise TooLittleSpeech(
            f"this voice has {len(active)} active recordings, a rapid voice needs at least "
            f"{limits.min_recordings_rapid}: upload {missing} more"
        )
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


def _issue(dataset_url: str | None, refusal: Rejected | None) -> str | None:
    parts = [str(refusal)] if refusal is not None else []
    if dataset_url is not None:
        parts.append(DATASET_ISSUE)
    return "; ".join(parts) or None


def _checked_consent(services: Services, consent: bytes | None) -> tuple[bytes | None, Rejected | None]:
    """The consent if it is a WAV file of a sane size, or why it is not kept."""
    if consent is None:
        return None, None
    if len(consent) > services.limits.max_consent_bytes:
        most = services.limits.max_consent_bytes // 2**20
        return None, TooLarge(
            f"the consent has {len(consent)} bytes, at most {most} MiB are taken: shorten it"
        )
    if not _is_wav(consent):
        return None, BadAudio(
            "consent is not a WAV file: expected the bytes of one, in base64; "
            "the voice was created without it, send it again by PUT or PATCH",
            {"consent": "must be a base64-encoded WAV file"},
        )
    return consent, None


def _is_wav(file: bytes) -> bool:
    """Whether `file` has the header of a WAV file and room for sound; decoding comes with its checking."""
    return (
        len(file) > 44
        and file[:4] in (b"RIFF", b"RF64")
        and file[8:12] == b"WAVE"
        and b"fmt " in file[12:4096]
    )
