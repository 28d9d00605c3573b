"""/api/v2/projects/{uuid}/clips: create (now or later), list, read, update, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from sayso.api.answers import Answer, Links
from sayso.api.auth import Signed
from sayso.api.examples import CLIP_QUERY, PAGES, answers, lists, takes
from sayso.api.incoming import Linked, Parts, SmallJson, identified
from sayso.api.speaking import PassOn, in_turn
from sayso.domain.account import Caller
from sayso.domain.clip import Clip
from sayso.errors import BadRequest
from sayso.services import Services
from sayso.usecases import clips, media
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import CreateClip, EditClip
from sayso.wire.responses import clip_item, success

router = APIRouter(prefix="/api/v2/projects/{project_uuid}/clips", tags=["Clips"])

_SOUND = {"output_format": "container", "precision": "precision", "sample_rate": "rate_hz"}


def _item(clip: Clip, links: Links) -> dict[str, Any]:
    src = None
    if clip.audio_key is not None:
        src = links.to(clip.audio_key, clip.file_name)
    return clip_item(clip, src)


def _create(
    services: Services, caller: Caller, links: Links, project_id: str, form: CreateClip, pass_on: PassOn
) -> Answer:
    order = clips.ClipOrder(
        voice_id=identified(form.voice_uuid, "voice"),
        body=form.body,
        title=form.title,
        is_archived=form.is_archived,
        sound=form.sound,
        callback_uri=form.callback_uri,
        wants_times=form.include_timestamps,
        uses_terms=form.suggestions,
    )
    if form.callback_uri is not None:
        clip = clips.order_clip(services, caller, project_id, order)
        return Answer(success(clip_item(clip, None)))
    clip = clips.speak_clip(services, caller, project_id, order, pass_on)
    item = _item(clip, links)
    if form.raw and clip.audio_key is not None:
        item |= clip_item(clip, None, media.read(services, clip.audio_key))
    return Answer(success(item))


@router.post("", summary="Create a clip", openapi_extra=takes("create clip"), responses=answers("clip"))
async def create(
    caller: Signed, services: Parts, links: Linked, request: Request, project_uuid: str, body: SmallJson
) -> Answer:
    """Without `callback_uri` the answer comes when the clip is made and has its `audio_src`.

    With it the answer comes at once, and the URL is told when the clip is there.
    """

    form = await run_in_threadpool(lambda: CreateClip.read(body.fields()))

    def work(pass_on: PassOn) -> Answer:
        return _create(services, caller, links, identified(project_uuid, "project"), form, pass_on)

    if form.callback_uri is not None:
        return await run_in_threadpool(work, lambda: None)
    return await in_turn(services, caller, request, work)


@router.get(
    "", summary="List clips", openapi_extra={"parameters": PAGES + CLIP_QUERY}, responses=lists("clip")
)
def index(caller: Signed, services: Parts, links: Linked, request: Request, project_uuid: str) -> Answer:
    """Newest first; `q` keeps those with it in their title."""
    page = clips.list_clips(
        services,
        caller,
        identified(project_uuid, "project"),
        page_request(request.query_params),
        request.query_params.get("q") or None,
    )
    return Answer(page_answer(page, [_item(clip, links) for clip in page.items]))


@router.get("/{clip_uuid}", summary="Read a clip", responses=answers("clip"))
def read(caller: Signed, services: Parts, links: Linked, project_uuid: str, clip_uuid: str) -> Answer:
    """`audio_src` is a signed link that needs no header and expires after an hour."""
    clip = clips.get_clip(
        services, caller, identified(project_uuid, "project"), identified(clip_uuid, "clip")
    )
    return Answer(success(_item(clip, links)))


@router.put(
    "/{clip_uuid}",
    summary="Update a clip",
    openapi_extra=takes("edit clip"),
    responses=answers("clip ordered"),
)
@router.patch(
    "/{clip_uuid}",
    summary="Update a clip",
    openapi_extra=takes("edit clip"),
    responses=answers("clip ordered"),
)
def edit(
    caller: Signed, services: Parts, links: Linked, project_uuid: str, clip_uuid: str, body: SmallJson
) -> Answer:
    """Text, voice or format: made anew in the background, `callback_uri` is told. Title: at once."""
    ids = identified(project_uuid, "project"), identified(clip_uuid, "clip")
    given = EditClip.read(body.fields()).mentioned()
    old = clips.get_clip(services, caller, *ids)
    sound = {_SOUND[name]: given.pop(name) for name in list(given) if name in _SOUND}
    if sound:
        given["sound"] = replace(old.sound, **sound).fitted()
    if "voice_uuid" in given:
        given["voice_id"] = identified(given.pop("voice_uuid"), "voice")
    if "include_timestamps" in given:
        given["wants_times"] = given.pop("include_timestamps")
    if "suggestions" in given:
        given["uses_terms"] = given.pop("suggestions")
    change = clips.ClipEdit(**given)
    if not given.keys() - {"title", "is_archived"}:
        return Answer(success(_item(clips.edit_clip(services, caller, *ids, change), links)))
    if (given.get("callback_uri") or old.callback_uri) is None:
        fact = "is required: a clip is made anew in the background, and somebody must be told"
        raise BadRequest(f"callback_uri {fact}", {"callback_uri": fact})
    return Answer(success(clip_item(clips.reorder_clip(services, caller, *ids, change), None)))


@router.delete("/{clip_uuid}", summary="Delete a clip", responses=answers("deleted"))
def delete(caller: Signed, services: Parts, project_uuid: str, clip_uuid: str) -> Answer:
    """For good, with its sound."""
    clips.delete_clip(services, caller, identified(project_uuid, "project"), identified(clip_uuid, "clip"))
    return Answer(success())
