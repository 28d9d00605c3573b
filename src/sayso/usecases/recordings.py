"""add_recording, list_recordings, get_recording, edit_recording, delete_recording."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sayso.audio.waveform import Waveform
from sayso.domain.account import Caller
from sayso.domain.edit import UNSET, UnsetType, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.recording import Recording, TextSource
from sayso.domain.voice import Voice
from sayso.engines.watermark import MARKED
from sayso.errors import BadArtifact, BadAudio, TooLarge, WrongState
from sayso.pipeline.ingest import flac, speech_seconds
from sayso.services import Services
from sayso.storage import blobs, recordings, voices
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.usecases import consents
from sayso.usecases.checks import check_text
from sayso.workflows import runs

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewRecording:
    """What a recording is made from."""

    name: str
    audio: bytes
    """A file as sent: WAV, FLAC, OGG/Opus or MP3, told by its content."""
    text: str | None = None
    emotion: str | None = None
    is_active: bool = True
    fill: bool = False


@dataclass(frozen=True, slots=True)
class RecordingEdit:
    """A partial change of a recording."""

    name: str | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    emotion: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    fill: bool | UnsetType = UNSET


def add_recording(services: Services, caller: Caller, voice_id: str, new: NewRecording) -> Recording:
    """Decode, check and keep an upload; a voice takes them in every state.

    Raises NotFound, BadRequest, BadAudio (not audio, empty, all zero, not finite), TooLarge, Unavailable.
    """
    with services.db.read() as tx:
        voices.find(tx, caller.account_id, voice_id)
    _check(services, new.name, new.text, new.emotion)
    if len(new.audio) > services.limits.max_recording_bytes:
        most = services.limits.max_recording_bytes // 2**20
        raise TooLarge(
            f"the file has {len(new.audio)} bytes, at most {most} MiB are taken: cut it into shorter ones",
            {"file": f"at most {most} MiB"},
        )
    wave = services.decoder.decode(new.audio)
    _refuse_marked(services, wave)
    file, speech_s = flac(wave), speech_seconds(wave)
    now = datetime.now(UTC)
    with blobs.kept(services.db, services.blobs, file) as key, services.db.begin() as tx:
        # Once more: the voice may have been deleted while the upload was decoded.
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        recording = Recording(
            id=new_id(tx, "recordings"),
            voice_id=voice_id,
            name=new.name,
            text=new.text,
            emotion=new.emotion,
            is_active=new.is_active,
            fill=new.fill,
            audio_key=key,
            duration_s=wave.duration_s,
            rate_hz=wave.rate_hz,
            created_at=now,
            updated_at=now,
            speech_s=speech_s,
        )
        recordings.insert(tx, caller.account_id, recording)
        blobs.still(services.blobs, key, file)
        voice = _noticed(tx, voice) if recording.is_active else voice
    consents.begin_checks(services, voice)
    runs.expect(services, voice)
    return recording


def list_recordings(services: Services, caller: Caller, voice_id: str, page: PageRequest) -> Page[Recording]:
    """The recordings of a voice, newest first. Raises NotFound."""
    with services.db.read() as tx:
        voices.find(tx, caller.account_id, voice_id)
        return recordings.page(tx, caller.account_id, voice_id, page)


def get_recording(services: Services, caller: Caller, voice_id: str, recording_id: str) -> Recording:
    """One recording. Raises NotFound."""
    with services.db.read() as tx:
        return recordings.find(tx, caller.account_id, voice_id, recording_id)


def edit_recording(
    services: Services, caller: Caller, voice_id: str, recording_id: str, edit: RecordingEdit
) -> Recording:
    """Change what is mentioned; its sound never changes. Raises NotFound, BadRequest, TooLarge, WrongState."""
    given = changes(
        name=edit.name, text=edit.text, emotion=edit.emotion, is_active=edit.is_active, fill=edit.fill
    )
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        before = recordings.find(tx, caller.account_id, voice_id, recording_id, lock=True)
        recording = replace(before, **given, updated_at=datetime.now(UTC))
        if recording.text != before.text:
            recording = replace(recording, agreement=None, text_source=TextSource.GIVEN)
        # What came with a dataset may be longer than what is taken here, and stays as it is.
        _check(
            services,
            recording.name,
            recording.text if "text" in given else None,
            recording.emotion if "emotion" in given else None,
        )
        if recording.is_active and not before.is_active and before.is_outlier:
            raise WrongState(
                "the analysis heard another speaker in this recording, so it cannot be activated: delete it, or "
                "upload it again to have it analysed anew",
                {"is_active": "the recording is an outlier"},
            )
        recordings.save(tx, recording)
        if recording.is_active is not before.is_active:
            voice = _noticed(tx, voice)
    consents.begin_checks(services, voice)
    return recording


def delete_recording(services: Services, caller: Caller, voice_id: str, recording_id: str) -> None:
    """Remove a recording and its audio. Raises NotFound."""
    with services.db.begin() as tx:
        voice = voices.find(tx, caller.account_id, voice_id, lock=True)
        recording = recordings.find(tx, caller.account_id, voice_id, recording_id, lock=True)
        recordings.remove(tx, recording.id)
        voice = _noticed(tx, voice) if recording.is_active else voice
    blobs.release(services.db, services.blobs, [recording.audio_key])
    consents.begin_checks(services, voice)


def _refuse_marked(services: Services, wave: Waveform) -> None:
    """Raise BadAudio for speech that we made: a voice is learnt from a person."""
    if services.marks is None:
        return
    try:
        confidence = services.marks.confidence(wave)
    except BadArtifact as missing:
        # Nothing can be built without weights either, and a build looks again.
        _log.warning("an upload was not searched for the watermark: %s", missing)
        return
    if confidence >= MARKED:
        fact = "carries the watermark of speech that was made by a program"
        raise BadAudio(f"this recording {fact}: upload recordings of the person who speaks", {"file": fact})


def _noticed(tx: Transaction, voice: Voice) -> Voice:
    """The consent's speaker is compared with what is there now."""
    changed = consents.recordings_changed(tx, voice)
    if changed is not voice:
        voices.save(tx, changed)
    return changed


def _check(services: Services, name: str, text: str | None, emotion: str | None) -> None:
    limits = services.limits
    check_text("name", name, limits.max_name_characters, required=True)
    check_text("text", text, limits.max_text_characters)
    check_text("emotion", emotion, limits.max_emotion_characters)
