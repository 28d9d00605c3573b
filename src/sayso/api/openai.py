"""OpenAI's form of speech: POST /v1/audio/speech, GET /v1/models, GET /v1/audio/voices."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import OPENAI_SPEECH, openai_answers, takes
from sayso.api.incoming import Parts, SmallJson
from sayso.api.speaking import LiveSpeech, PassOn, live
from sayso.audio.stream_encoder import RAW
from sayso.errors import NotFound
from sayso.pipeline.synthesis import nothing_to_say
from sayso.usecases import speech, voices
from sayso.wire.openai import (
    MEDIA_TYPES,
    MODEL,
    CreateSpeech,
    Delivery,
    SpeechForm,
    audio_delta,
    audio_done,
    model_item,
    model_list,
    voice_list,
)

router = APIRouter(prefix="/v1", tags=["OpenAI's form"])


@router.get("/models", summary="List the model", responses=openai_answers("openai models"))
async def models(_: Signed) -> Answer:
    """There is one, and requests may name any."""
    return Answer(model_list())


@router.get("/models/{model}", summary="Read the model", responses=openai_answers("openai model"))
async def model(_: Signed, model: str) -> Answer:
    """Its only name is `sayso-1`."""
    if model != MODEL:
        raise NotFound(f"there is no model {model[:80]!r} here; it is called {MODEL}")
    return Answer(model_item())


@router.get("/audio/voices", summary="List voices that speak", responses=openai_answers("openai voices"))
def speaking_voices(caller: Signed, services: Parts) -> Answer:
    """Those of your account that can speak, newest first, up to 1,000."""
    return Answer(voice_list(voices.speaking_voices(services, caller)))


@router.post(
    "/audio/speech", summary="Say something", openapi_extra=takes("openai speech"), responses=OPENAI_SPEECH
)
async def create_speech(caller: Signed, services: Parts, request: Request, body: SmallJson) -> LiveSpeech:
    """The sound is sent while it is spoken. `voice` is the uuid of a voice, or its name."""

    def work(pass_on: PassOn) -> LiveSpeech:
        form = CreateSpeech.read(body.fields())
        voice = voices.find_voice(services, caller, form.voice)
        order = speech.SpeechOrder(voice.id, form.input, form.sound, rate=form.speed, field="input")
        container = RAW if form.response_format is SpeechForm.PCM else None
        pieces = (bit.audio for bit in speech.live(services, caller, order, container))
        media_type = MEDIA_TYPES[form.response_format]
        # Waited for here, so that whatever goes wrong until then still has an answer with a status.
        first = _first(pieces, pass_on)
        if form.stream_format is Delivery.SSE:
            return LiveSpeech(audio_delta(first), _events(pieces), "text/event-stream")
        return LiveSpeech(first, pieces, media_type)

    return await live(services, caller, request, work)


def _first(pieces: Iterator[bytes], pass_on: PassOn) -> bytes:
    """The first of `pieces` that has sound in it: of FLAC the only one, after all has been spoken."""
    for piece in pieces:
        if piece:
            return piece
        pass_on()
    raise nothing_to_say()


def _events(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The events after the first; b"" where there is none yet, so that others have their turn."""
    for piece in pieces:
        yield audio_delta(piece) if piece else b""
    yield audio_done()
