"""Speech in the form of OpenAI's API: what comes in, what goes out, how it is refused."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator

from sayso.domain.clip import Container, Precision, SoundFormat
from sayso.domain.voice import Voice
from sayso.errors import BadRequest
from sayso.wire.fields import Form, Name, Note, one_of, wrong

Json = dict[str, Any]

MODEL = "sayso-1"
"""The one model that is listed. Any name is taken in a request: what speaks is the voice."""
_MADE = 1_767_225_600
"""When the model was made, in seconds since 1970."""
RATE_HZ = 24_000
"""Of every answer, as the original has it; bare samples do not tell their rate."""
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)
"""A number may be text here as everywhere on the wire."""
_LEAST_SPEED, _MOST_SPEED = 0.25, 4.0


class SpeechForm(StrEnum):
    """What `response_format` may be; `aac` is known and refused by name."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"


class Delivery(StrEnum):
    """What `stream_format` may be."""

    AUDIO = "audio"
    SSE = "sse"


MEDIA_TYPES = {
    SpeechForm.MP3: "audio/mpeg",
    SpeechForm.OPUS: "audio/ogg",
    SpeechForm.FLAC: "audio/flac",
    SpeechForm.WAV: "audio/wav",
    SpeechForm.PCM: "audio/pcm",
}
_CONTAINERS = {
    SpeechForm.MP3: Container.MP3,
    SpeechForm.OPUS: Container.OGG,
    SpeechForm.FLAC: Container.FLAC,
    SpeechForm.WAV: Container.WAV,
    SpeechForm.PCM: Container.WAV,
}


def _voice(value: Any) -> Any:
    """A name, or an object with an `id`."""
    return value.get("id") if isinstance(value, dict) else value


def _speed(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong("must be a number")
    if not _LEAST_SPEED <= value <= _MOST_SPEED:
        raise wrong(f"must be from {_LEAST_SPEED} to {_MOST_SPEED}")
    return float(value)


class CreateSpeech(Form):
    """POST /v1/audio/speech. `instructions` is taken and has no effect."""

    model: Note = MODEL
    input: Name
    voice: Annotated[Name, BeforeValidator(_voice)]
    instructions: Note = None
    response_format: Annotated[SpeechForm, one_of(SpeechForm)] = SpeechForm.MP3
    speed: Annotated[float, BeforeValidator(_speed)] = 1.0
    stream_format: Annotated[Delivery, one_of(Delivery)] = Delivery.AUDIO

    @property
    def sound(self) -> SoundFormat:
        """How the speech is to be written. Raises BadRequest for AAC."""
        if self.response_format is SpeechForm.AAC:
            fact = "aac is not made here; use mp3, opus, flac, wav or pcm"
            raise BadRequest(f"response_format {fact}", {"response_format": fact})
        return SoundFormat(_CONTAINERS[self.response_format], Precision.PCM_16, RATE_HZ)


def model_item() -> Json:
    """The model."""
    return {"id": MODEL, "object": "model", "created": _MADE, "owned_by": "sayso"}


def model_list() -> Json:
    """GET /v1/models."""
    return {"object": "list", "data": [model_item()]}


def voice_list(voices: Sequence[Voice]) -> Json:
    """GET /v1/audio/voices. The same under `data`, OpenAI's name for a list, and `voices`, which programs look for."""
    items = [
        {
            "id": voice.id,
            "object": "audio.voice",
            "name": voice.name,
            "created_at": int(voice.created_at.timestamp()),
        }
        for voice in voices
    ]
    return {"object": "list", "data": items, "voices": items}


def audio_delta(audio: bytes) -> bytes:
    """One event of a stream of events."""
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(audio).decode("ascii")})


def audio_done() -> bytes:
    """The last event. Nothing is counted in tokens here."""
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return _event({"type": "speech.audio.done", "usage": usage})


def _event(body: Json) -> bytes:
    return b"data: " + json.dumps(body, separators=(",", ":")).encode("ascii") + b"\n\n"


def error_body(message: str, status: int, name: str, param: str | None = None) -> Json:
    """What is refused, in OpenAI's form. `name` is what went wrong, in one word of ours."""
    if status == 401:
        kind, code = "invalid_request_error", "invalid_api_key"
    elif status == 429:
        kind, code = "rate_limit_error", "rate_limit_exceeded"
    elif status >= 500 and status != 501:
        kind, code = "server_error", name
    else:
        kind, code = "invalid_request_error", name
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
