"""The consent of a voice: what was found out, a person's decision, the receipt, phrases to be spoken."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request

from sayso.api.answers import Answer, Links
from sayso.api.auth import Signed
from sayso.api.examples import answers, takes
from sayso.api.incoming import Linked, Parts, SmallJson, identified
from sayso.usecases import consents
from sayso.usecases.consents import ConsentView
from sayso.wire import receipt
from sayso.wire.consent import attempt_item, challenge_item, consent_item, decode_build
from sayso.wire.requests import AskChallenge, DecideConsent
from sayso.wire.responses import Json, success

router = APIRouter(prefix="/api/v2", tags=["Consent (ours)"])


def _item(view: ConsentView, links: Links) -> Json:
    current = view.current
    link = None
    if current is not None and current.audio_key is not None:
        link = links.to(current.audio_key, f"{view.voice.id}-consent.wav")
    return consent_item(view.voice, view.sentence, view.attempts, link, view.receipt_builds)


@router.get(
    "/voices/{voice_uuid}/consent", summary="Read the consent of a voice", responses=answers("consent")
)
def read(caller: Signed, services: Parts, links: Linked, voice_uuid: str) -> Answer:
    """What is to be said, what was heard, every number that was measured, and why it is not accepted.

    A reviewer's token may read that of every account.
    """
    view = consents.get_consent(services, caller, identified(voice_uuid, "voice"))
    return Answer(success(_item(view, links)))


@router.post(
    "/voices/{voice_uuid}/consent/decision",
    summary="Decide on a consent",
    openapi_extra=takes("decide consent"),
    responses=answers("consent"),
)
def decide(caller: Signed, services: Parts, links: Linked, voice_uuid: str, body: SmallJson) -> Answer:
    """For a reviewer's token. Who decided, when and why stays on record; an approval covers the recordings
    that are active now, and a build that waited for it begins."""
    form = DecideConsent.read(body.fields())
    view = consents.decide(services, caller, identified(voice_uuid, "voice"), form.decision, form.why)
    return Answer(success(_item(view, links)))


@router.get(
    "/voices/{voice_uuid}/consent/receipt",
    summary="Read the receipt of a voice",
    responses=answers("receipt"),
)
def read_receipt(caller: Signed, services: Parts, request: Request, voice_uuid: str) -> Answer:
    """Signed by this installation: which consent allowed the newest build, and from which recordings; that of
    an older build with `?build=N`. A receipt outlives its voice. Save it as it is, and verify it anywhere
    with `sayso consent verify FILE`."""
    asked = request.query_params.get("build")
    build = None if asked is None else decode_build(asked)
    text = consents.get_receipt(services, caller, identified(voice_uuid, "voice"), build)
    return Answer(json.loads(text))


@router.get("/consents", summary="List consents that need a person", responses=answers("reviews"))
def reviews(caller: Signed, services: Parts) -> Answer:
    """For a reviewer's token: of all accounts, those that wait longest first."""
    items = [attempt_item(consent) for consent in consents.list_reviews(services, caller)]
    return Answer({"success": True, "items": items})


@router.post(
    "/consent_challenges",
    summary="Ask for a phrase",
    openapi_extra=takes("ask challenge"),
    responses=answers("challenge"),
)
def challenge(caller: Signed, services: Parts, body: SmallJson) -> Answer:
    """A random phrase to be spoken beside the statement, in one recording: good once, for ten minutes. Send
    its uuid as `consent_challenge` with the consent. `kind` is `digits` (five of them) or `words` (four of
    the language). Ten are given to an account in ten minutes, then the answer is 429 with `Retry-After`."""
    form = AskChallenge.read(body.fields())
    made = consents.new_challenge(services, caller, form.language, form.kind)
    sentence = services.consent.sentence(made.language)
    return Answer(success(challenge_item(made, form.kind, sentence, services.limits.challenge_s)))


@router.get("/receipt_key", summary="Read the key of the receipts", responses=answers("receipt key"))
def key(caller: Signed, services: Parts, request: Request) -> Answer:  # noqa: ARG001
    """The public key (Ed25519, base64) that every receipt of this installation is verified with."""
    public = consents.public_key(services)
    return Answer(success({"public_key": public, "fingerprint": receipt.fingerprint(public)}))
