"""/api/v2/voices: create, list, read, update, delete, build."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request

from sayso.api.answers import Answer, Links
from sayso.api.auth import Signed
from sayso.api.errors import status_of
from sayso.api.examples import PAGES, VOICE_FLAGS, VOICE_QUERY, answers, lists, takes
from sayso.api.incoming import LargeJson, Linked, Parts, SmallJson, flag, identified
from sayso.domain.account import Caller
from sayso.domain.page import Page
from sayso.domain.voice import Voice
from sayso.errors import NotBase64, Rejected
from sayso.services import Services
from sayso.usecases import callbacks, voices
from sayso.usecases.consents import SentConsent
from sayso.wire.fields import decode_base64
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import Build, CreateVoice, EditVoice
from sayso.wire.responses import failure, success, voice_item

router = APIRouter(prefix="/api/v2/voices", tags=["Voices"])


def _items(
    found: Sequence[Voice], caller: Caller, services: Services, links: Links, request: Request
) -> list[dict[str, Any]]:
    """The voices with what the flags of the query ask for."""
    paused = callbacks.paused_endpoints(services, caller)
    # Here, not for each voice: a wrong one is refused where there is no voice yet, too.
    wants_sample = flag(request, "sample_url")
    is_advanced, wants_filters = flag(request, "advanced"), flag(request, "filters")
    trained = voices.trainings_of(services, found)

    def item(voice: Voice) -> dict[str, Any]:
        sample_url = None
        if wants_sample and voice.sample_key is not None:
            sample_url = links.to(voice.sample_key, f"{voice.id}-sample.wav")
        training = trained.get(voice.id)
        training_sample = None if training is None else training.sample_key
        return voice_item(
            voice,
            training=training,
            training_sample_url=None
            if training_sample is None
            else links.to(training_sample, f"{voice.id}-training.wav"),
            advanced=is_advanced,
            filters=wants_filters,
            wants_sample=wants_sample,
            sample_url=sample_url,
            is_marked=services.is_marking,
            callback_issue=callbacks.issue_of(voice.callback_uri, paused),
        )

    return [item(voice) for voice in found]


def _item(voice: Voice, caller: Caller, services: Services, links: Links, request: Request) -> dict[str, Any]:
    return _items([voice], caller, services, links, request)[0]


def _consent(text: str | None, challenge_id: str | None) -> SentConsent | None:
    """The consent, or why it could not be read: a voice is made in either case."""
    if not text:
        return None
    try:
        return SentConsent(decode_base64(text, "consent"), challenge_id=challenge_id)
    except NotBase64 as refusal:
        return SentConsent(b"", NotBase64(f"{refusal}; the voice is there without it", refusal.fields))


def _answer(item: dict[str, Any], refusal: Rejected | None) -> Answer:
    """Success; or a refused consent, which comes with the item of the voice that exists all the same."""
    if refusal is None:
        return Answer(success(item))
    return Answer(failure(str(refusal), refusal.fields, item), status_of(refusal))


@router.post("", summary="Create a voice", openapi_extra=takes("create voice"), responses=answers("voice"))
def create(caller: Signed, services: Parts, links: Linked, request: Request, body: LargeJson) -> Answer:
    """Answers at once. Then upload recordings and ask for a build.

    With a consent that is no WAV file the answer is `success: false`, yet the voice exists and is
    in `item`.
    """
    form = CreateVoice.read(body.fields())
    voice, refusal = voices.create_voice(
        services,
        caller,
        voices.NewVoice(
            name=form.name,
            voice_type=form.voice_type,
            consent=_consent(form.consent, form.consent_challenge),
            dataset_url=form.dataset_url,
            callback_uri=form.callback_uri,
            language=form.language,
            description=form.description,
        ),
    )
    return _answer(_item(voice, caller, services, links, request), refusal)


@router.get(
    "",
    summary="List voices",
    openapi_extra={"parameters": PAGES + VOICE_FLAGS + VOICE_QUERY},
    responses=lists("voice"),
)
def index(caller: Signed, services: Parts, links: Linked, request: Request) -> Answer:
    """Newest first. There are no pre-built voices here: who asks for these gets none."""
    wanted = page_request(request.query_params)
    if flag(request, "pre_built_resemble_voice"):
        page: Page[Voice] = Page((), wanted.number, wanted.size, 0)
    else:
        page = voices.list_voices(services, caller, wanted)
    return Answer(page_answer(page, _items(page.items, caller, services, links, request)))


@router.get(
    "/{voice_uuid}",
    summary="Read a voice",
    openapi_extra={"parameters": VOICE_FLAGS},
    responses=answers("voice"),
)
def read(caller: Signed, services: Parts, links: Linked, request: Request, voice_uuid: str) -> Answer:
    """While it is built, `stage`, `progress` (0 to 1) and `seconds_left` tell how far it is."""
    voice = voices.get_voice(services, caller, identified(voice_uuid, "voice"))
    return Answer(success(_item(voice, caller, services, links, request)))


@router.put(
    "/{voice_uuid}",
    summary="Update a voice",
    openapi_extra=takes("edit voice"),
    responses=answers("voice"),
)
@router.patch(
    "/{voice_uuid}",
    summary="Update a voice",
    openapi_extra=takes("edit voice"),
    responses=answers("voice"),
)
def edit(
    caller: Signed, services: Parts, links: Linked, request: Request, voice_uuid: str, body: LargeJson
) -> Answer:
    """Changes only what is sent."""
    given = EditVoice.read(body.fields()).mentioned()
    # An empty consent takes the place of none.
    given["consent"] = _consent(given.get("consent"), given.pop("consent_challenge", None))
    voice, refusal = voices.edit_voice(
        services, caller, identified(voice_uuid, "voice"), voices.VoiceEdit(**given)
    )
    return _answer(_item(voice, caller, services, links, request), refusal)


@router.delete("/{voice_uuid}", summary="Delete a voice", responses=answers("voice deleted"))
def delete(caller: Signed, services: Parts, voice_uuid: str) -> Answer:
    """For good, with its recordings."""
    voices.delete_voice(services, caller, identified(voice_uuid, "voice"))
    return Answer(success(message=f"Voice {voice_uuid} was deleted"))


@router.post(
    "/{voice_uuid}/cancel",
    summary="Cancel a build (ours)",
    responses=answers("build cancelled"),
)
def cancel(caller: Signed, services: Parts, voice_uuid: str) -> Answer:
    """Stops a build, or the analysis of a dataset; a voice that spoke before goes on speaking. 409 where nothing runs."""
    voice = voices.cancel_build(services, caller, identified(voice_uuid, "voice"))
    return Answer(success(message=f"The build of voice {voice.id} was cancelled"))


@router.post(
    "/{voice_uuid}/build",
    summary="Build a voice",
    openapi_extra=takes("build"),
    responses=answers("build started"),
)
def build(caller: Signed, services: Parts, voice_uuid: str, body: SmallJson) -> Answer:
    """Starts the training and answers at once; a second call while it runs is the same build."""
    Build.read(body.fields())
    voice = voices.build_voice(services, caller, identified(voice_uuid, "voice"))
    return Answer(success(message=f"Voice {voice.id} is being built"), HTTPStatus.OK)
