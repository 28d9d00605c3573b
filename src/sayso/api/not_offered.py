"""What the API has elsewhere and not yet here: refused by name, so that nobody searches for a typing error."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.errors import NotOffered

NOT_OFFERED = {
    "pronunciations": "custom pronunciations",
    "voices/custom": "the list of custom voices (GET /api/v2/voices lists them)",
    "voices/all": "the list of all voices (GET /api/v2/voices lists yours)",
    "voices/{uuid}/upgrade": "upgrading a voice",
    "voices/{uuid}/pin": "pinning a voice",
    "voices/{uuid}/recordings/all": "the bare list of recordings (GET …/recordings has pages)",
    "voice_settings_presets": "presets of voice settings",
    "voice-design": "voice design",
    "edit": "audio edits",
    "edits": "audio edits",
    "speech-to-text": "speech to text",
    "audio_enhancements": "audio enhancement",
    "watermark": "watermarks",
    "secure_uploads": "secure uploads",
    "detect": "detection of synthetic speech",
    "intelligence": "audio intelligence",
    "identity": "speaker identity",
    "agents": "voice agents",
    "duets": "duets",
}
"""Path below /api/v2 -> what it would be."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

router = APIRouter(prefix="/api/v2")


def _refuse(_: Signed, request: Request) -> Answer:
    path = request.scope["route"].path.removeprefix("/api/v2/").removesuffix("/{rest:path}")
    raise NotOffered(f"this version does not offer {NOT_OFFERED[path]}; see docs/wire.md for what it does")


for _path in NOT_OFFERED:
    router.add_api_route(f"/{_path}", _refuse, methods=_METHODS, include_in_schema=False)
    router.add_api_route(f"/{_path}/{{rest:path}}", _refuse, methods=_METHODS, include_in_schema=False)
