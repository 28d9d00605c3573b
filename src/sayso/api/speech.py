"""The synthesis server: POST /synthesize and POST /stream, under any prefix such as /syn."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import LIVE_WAV, answers, takes
from sayso.api.incoming import Parts, SmallJson, identified
from sayso.api.speaking import LiveSpeech, PassOn, in_turn, live
from sayso.audio.stream_encoder import RAW
from sayso.domain.account import Caller
from sayso.domain.clip import SoundFormat
from sayso.domain.timing import Times
from sayso.errors import BadRequest
from sayso.services import Services
from sayso.usecases import speech
from sayso.wire.requests import Stream, Synthesize
from sayso.wire.responses import speech_answer
from sayso.wire.wav_stream import live_head

router = APIRouter(tags=["Speech"])

_PART = 256 * 1024
"""Bytes of finished sound that are sent at once."""


@router.post(
    "/synthesize",
    summary="Say something, whole",
    openapi_extra=takes("synthesize"),
    responses=answers("speech"),
)
@router.post("/{prefix:path}/synthesize", include_in_schema=False)
async def synthesize(caller: Signed, services: Parts, request: Request, body: SmallJson) -> Answer:
    """The sound comes as base64 in the answer; nothing is kept."""

    def work(pass_on: PassOn) -> Answer:
        form = Synthesize.read(body.fields())
        made = speech.speak(services, caller, _order(form, form.sound, form.title), pass_on)
        return Answer(
            speech_answer(
                made.audio, made.duration_s, made.synthesis_s, made.sound, made.seed, form.title, made.times
            )
        )

    return await in_turn(services, caller, request, work)


@router.post("/stream", summary="Say something, live", openapi_extra=takes("stream"), responses=LIVE_WAV)
@router.post("/{prefix:path}/stream", include_in_schema=False)
async def stream(caller: Signed, services: Parts, request: Request, body: SmallJson) -> Response:
    """A WAV file whose first sound is sent as soon as the first sentence exists."""

    def work(pass_on: PassOn) -> LiveSpeech:
        form = Stream.read(body.fields())
        sound = form.live_sound
        order = _order(form, sound, None)
        if form.wav_encoded_timestamps:
            return _timed(services, caller, order, pass_on)
        pieces = speech.stream(services, caller, order)
        # The first sentence is waited for here, so that whatever goes wrong until then still has
        # an answer with a status.
        first = next(pieces, None)
        if first is None:
            raise _nothing()
        return LiveSpeech(live_head(sound.precision, sound.rate_hz) + first, pieces)

    return await live(services, caller, request, work)


@router.get("/stream", include_in_schema=False)
@router.get("/{prefix:path}/stream", include_in_schema=False)
def websocket() -> Answer:
    """A web socket asks with GET, too, and with headers that this one lacks."""
    raise BadRequest("this is a web socket: connect to it with ws:// or wss://; POST /stream needs none")


def _timed(services: Services, caller: Caller, order: speech.SpeechOrder, pass_on: PassOn) -> LiveSpeech:
    """The times of all letters stand before the first sound, so all of it is spoken first."""
    bits = []
    for bit in speech.live(services, caller, order, RAW):
        bits.append(bit)
        pass_on()
    audio = b"".join(bit.audio for bit in bits)
    if not audio:
        raise _nothing()
    letters = tuple(mark for bit in bits for mark in bit.times.letters)
    sounds = tuple(mark for bit in bits for mark in bit.times.sounds)
    head = live_head(order.sound.precision, order.sound.rate_hz, Times(letters, sounds), len(audio))
    return LiveSpeech(head + audio[:_PART], (audio[i : i + _PART] for i in range(_PART, len(audio), _PART)))


def _nothing() -> BadRequest:
    return BadRequest("data holds nothing that can be spoken", {"data": "has no words"})


def _order(form: Synthesize | Stream, sound: SoundFormat, title: str | None) -> speech.SpeechOrder:
    return speech.SpeechOrder(
        voice_id=identified(form.voice_uuid, "voice"),
        text=form.data,
        sound=sound,
        project_id=None if form.project_uuid is None else identified(form.project_uuid, "project"),
        title=title,
        seed=form.seed,
        uses_terms=form.apply_custom_pronunciations,
    )
