"""The synthesis server: POST /synthesize and POST /stream, under any prefix such as /syn."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import LIVE_WAV, answers, takes
from sayso.api.incoming import Parts, SmallJson, identified
from sayso.api.speaking import LiveSpeech, in_turn
from sayso.domain.clip import SoundFormat
from sayso.errors import BadRequest, NotOffered
from sayso.usecases import speech
from sayso.wire.requests import Stream, Synthesize
from sayso.wire.responses import speech_answer
from sayso.wire.wav_stream import live_head

router = APIRouter(tags=["Speech"])


@router.post(
    "/synthesize",
    summary="Say something, whole",
    openapi_extra=takes("synthesize"),
    responses=answers("speech"),
)
@router.post("/{prefix:path}/synthesize", include_in_schema=False)
async def synthesize(caller: Signed, services: Parts, body: SmallJson) -> Answer:
    """The sound comes as base64 in the answer; nothing is kept."""

    def work() -> Answer:
        form = Synthesize.read(body.fields())
        made = speech.speak(services, caller, _order(form, form.sound, form.title))
        return Answer(
            speech_answer(made.audio, made.duration_s, made.synthesis_s, made.sound, made.seed, form.title)
        )

    return await in_turn(work)


@router.post("/stream", summary="Say something, live", openapi_extra=takes("stream"), responses=LIVE_WAV)
@router.post("/{prefix:path}/stream", include_in_schema=False)
async def stream(caller: Signed, services: Parts, body: SmallJson) -> Response:
    """A WAV file whose first sound is sent as soon as the first sentence exists."""

    def work() -> LiveSpeech:
        form = Stream.read(body.fields())
        sound = form.live_sound
        pieces = speech.stream(services, caller, _order(form, sound, None))
        # The first sentence is waited for here, so that whatever goes wrong until then still has
        # an answer with a status.
        first = next(pieces, None)
        if first is None:
            raise BadRequest("data holds nothing that can be spoken", {"data": "has no words"})
        head = live_head(sound.precision, sound.rate_hz, timed=form.wav_encoded_timestamps)
        return LiveSpeech(head + first, pieces)

    return await in_turn(work)


@router.get("/stream", include_in_schema=False)
@router.get("/{prefix:path}/stream", include_in_schema=False)
def websocket() -> Answer:
    """A web socket asks with GET."""
    raise NotOffered("the web socket is not offered yet; POST /stream sends speech while it is spoken")


def _order(form: Synthesize | Stream, sound: SoundFormat, title: str | None) -> speech.SpeechOrder:
    return speech.SpeechOrder(
        voice_id=identified(form.voice_uuid, "voice"),
        text=form.data,
        sound=sound,
        project_id=None if form.project_uuid is None else identified(form.project_uuid, "project"),
        title=title,
        seed=form.seed,
    )
