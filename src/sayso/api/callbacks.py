"""…/callbacks of voices and clips: the log, sending again, a test; and the secret that signs them. All ours."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import PAGES, answers, lists
from sayso.api.incoming import Parts, identified
from sayso.usecases import callbacks, webhook_secret
from sayso.usecases.callbacks import LoggedCallback
from sayso.wire.paging import page_answer, page_request
from sayso.wire.responses import Json, callback_item, success, webhook_secret_item

router = APIRouter(tags=["Callbacks"])

_VOICE = "/api/v2/voices/{voice_uuid}/callbacks"
_CLIP = "/api/v2/projects/{project_uuid}/clips/{clip_uuid}/callbacks"


def _item(logged: LoggedCallback) -> Json:
    return callback_item(logged.delivery, logged.attempts, logged.paused)


def _secret_item(signing: webhook_secret.Signing) -> Json:
    return webhook_secret_item(signing.secret, signing.created_at, signing.previous_until)


@router.get(
    _VOICE,
    summary="List the callbacks of a voice",
    openapi_extra={"parameters": PAGES},
    responses=lists("callback"),
)
def index(caller: Signed, services: Parts, request: Request, voice_uuid: str) -> Answer:
    """Newest first, each with its attempts; what has ended is remembered for thirty days."""
    page = callbacks.list_voice_callbacks(
        services, caller, identified(voice_uuid, "voice"), page_request(request.query_params)
    )
    return Answer(page_answer(page, [_item(logged) for logged in page.items]))


@router.post(f"{_VOICE}/test", summary="Send a test callback", responses=answers("callback"))
def send_test(caller: Signed, services: Parts, voice_uuid: str) -> Answer:
    """Posts a callback of status `test` to the voice's `callback_uri`, once. Read the list to see how it went."""
    return Answer(success(_item(callbacks.send_test(services, caller, identified(voice_uuid, "voice")))))


@router.post(
    _VOICE + "/{delivery}/redeliver",
    summary="Send a callback of a voice again",
    responses=answers("callback"),
)
def redeliver(caller: Signed, services: Parts, voice_uuid: str, delivery: str) -> Answer:
    """Now, and with the whole schedule before it; under the same id. A paused host is paused no more."""
    logged = callbacks.redeliver_to_voice(
        services, caller, identified(voice_uuid, "voice"), identified(delivery, "callback")
    )
    return Answer(success(_item(logged)))


@router.get(
    _CLIP,
    summary="List the callbacks of a clip",
    openapi_extra={"parameters": PAGES},
    responses=lists("callback"),
)
def clip_index(
    caller: Signed, services: Parts, request: Request, project_uuid: str, clip_uuid: str
) -> Answer:
    """Newest first, each with its attempts."""
    page = callbacks.list_clip_callbacks(
        services,
        caller,
        identified(project_uuid, "project"),
        identified(clip_uuid, "clip"),
        page_request(request.query_params),
    )
    return Answer(page_answer(page, [_item(logged) for logged in page.items]))


@router.post(
    _CLIP + "/{delivery}/redeliver", summary="Send a callback of a clip again", responses=answers("callback")
)
def clip_redeliver(
    caller: Signed, services: Parts, project_uuid: str, clip_uuid: str, delivery: str
) -> Answer:
    """As for a voice; the link to the sound in it is a new one."""
    logged = callbacks.redeliver_to_clip(
        services,
        caller,
        identified(project_uuid, "project"),
        identified(clip_uuid, "clip"),
        identified(delivery, "callback"),
    )
    return Answer(success(_item(logged)))


@router.get("/api/v2/webhook_secret", summary="Read the webhook secret", responses=answers("webhook secret"))
def secret(caller: Signed, services: Parts) -> Answer:
    """The secret of your account, with which callbacks are signed: see Standard Webhooks."""
    return Answer(success(_secret_item(webhook_secret.read_secret(services, caller))))


@router.post(
    "/api/v2/webhook_secret/rotate", summary="Change the webhook secret", responses=answers("webhook secret")
)
def rotate(caller: Signed, services: Parts) -> Answer:
    """Makes a new one. For a day callbacks are signed with both; a second change within it ends the first."""
    return Answer(success(_secret_item(webhook_secret.rotate_secret(services, caller))))
