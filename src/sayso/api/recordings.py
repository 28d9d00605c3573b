"""/api/v2/voices/{uuid}/recordings: upload, list, read, update, delete."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from sayso.api.answers import Answer, Links
from sayso.api.auth import Signed
from sayso.api.examples import PAGES, answers, lists, takes, uploads
from sayso.api.incoming import Linked, Parts, SmallJson, Uploaded, identified
from sayso.domain.recording import Recording
from sayso.usecases import recordings
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import CreateRecording, EditRecording
from sayso.wire.responses import recording_item, success

router = APIRouter(prefix="/api/v2/voices/{voice_uuid}/recordings", tags=["Recordings"])


def _item(recording: Recording, links: Links) -> dict[str, Any]:
    return recording_item(recording, links.to(recording.audio_key, f"{recording.id}.flac"))


@router.post("", summary="Upload a recording", openapi_extra=uploads(), responses=answers("recording"))
def create(caller: Signed, services: Parts, links: Linked, voice_uuid: str, form: Uploaded) -> Answer:
    """WAV, FLAC, OGG, Opus or MP3, told by its content; a voice takes recordings in every state."""
    fields = CreateRecording.read(form.fields)
    recording = recordings.add_recording(
        services,
        caller,
        identified(voice_uuid, "voice"),
        recordings.NewRecording(
            name=fields.name,
            text=fields.text,
            emotion=fields.emotion,
            is_active=fields.is_active,
            fill=fields.fill,
            audio=form.file,
        ),
    )
    return Answer(success(_item(recording, links)))


@router.get("", summary="List recordings", openapi_extra={"parameters": PAGES}, responses=lists("recording"))
def index(caller: Signed, services: Parts, links: Linked, request: Request, voice_uuid: str) -> Answer:
    """Newest first."""
    page = recordings.list_recordings(
        services, caller, identified(voice_uuid, "voice"), page_request(request.query_params)
    )
    return Answer(page_answer(page, [_item(recording, links) for recording in page.items]))


@router.get("/{recording_uuid}", summary="Read a recording", responses=answers("recording"))
def read(caller: Signed, services: Parts, links: Linked, voice_uuid: str, recording_uuid: str) -> Answer:
    """`audio_src` is a signed link that needs no header and expires after an hour."""
    recording = recordings.get_recording(
        services, caller, identified(voice_uuid, "voice"), identified(recording_uuid, "recording")
    )
    return Answer(success(_item(recording, links)))


@router.put(
    "/{recording_uuid}",
    summary="Update a recording",
    openapi_extra=takes("edit recording"),
    responses=answers("recording"),
)
@router.patch(
    "/{recording_uuid}",
    summary="Update a recording",
    openapi_extra=takes("edit recording"),
    responses=answers("recording"),
)
def edit(
    caller: Signed,
    services: Parts,
    links: Linked,
    voice_uuid: str,
    recording_uuid: str,
    body: SmallJson,
) -> Answer:
    """Changes only what is sent; the sound stays."""
    recording = recordings.edit_recording(
        services,
        caller,
        identified(voice_uuid, "voice"),
        identified(recording_uuid, "recording"),
        recordings.RecordingEdit(**EditRecording.read(body.fields()).mentioned()),
    )
    return Answer(success(_item(recording, links)))


@router.delete("/{recording_uuid}", summary="Delete a recording", responses=answers("deleted"))
def delete(caller: Signed, services: Parts, voice_uuid: str, recording_uuid: str) -> Answer:
    """For good, with its sound."""
    recordings.delete_recording(
        services, caller, identified(voice_uuid, "voice"), identified(recording_uuid, "recording")
    )
    return Answer(success())
