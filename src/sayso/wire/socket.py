"""Messages of the web socket: requests as they come, frames as they go."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from sayso.domain.clip import Container, Precision
from sayso.domain.timing import Times
from sayso.wire.fields import Flag, Name, Note, wrong
from sayso.wire.requests import Rate, Sample, Seed, SoundForm, Speech
from sayso.wire.responses import timestamps

MAX_AUDIO_BYTES = 60_000
"""Of one frame: clients read frames of up to a mebibyte. A multiple of every sample's width."""


def _number(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise wrong("must be a number")


class SocketSpeech(SoundForm):
    """One request on the web socket."""

    voice_uuid: Name
    data: Speech
    project_uuid: Note = None
    precision: Sample = Precision.PCM_16
    sample_rate: Rate = 22_050
    seed: Seed = 0
    apply_custom_pronunciations: Flag = False
    request_id: Annotated[int | float | None, BeforeValidator(_number)] = None
    """Echoed. Zero is an id like any other; absent ones are counted, from 0."""
    binary_response: Flag = False
    no_audio_header: Flag = False

    @property
    def container(self) -> str:
        """What the frames hold: `raw` for a WAV without its head."""
        is_bare = self.output_format is Container.WAV and self.no_audio_header
        return "raw" if is_bare else self.sound.container.value


def audio_frames(audio: bytes, times: Times, rate_hz: int, request_id: float) -> Iterator[str]:
    """Frames of text that carry `audio`; the first has the times of what begins in it."""
    for start in range(0, max(1, len(audio)), MAX_AUDIO_BYTES):
        part = audio[start : start + MAX_AUDIO_BYTES]
        yield _text(
            {
                "type": "audio",
                "audio_content": base64.b64encode(part).decode("ascii"),
                "audio_timestamps": timestamps(times if start == 0 else None),
                "sample_rate": rate_hz,
                "request_id": request_id,
            }
        )


def binary_frames(audio: bytes) -> Iterator[bytes]:
    """Frames of bytes that carry `audio`."""
    for start in range(0, len(audio), MAX_AUDIO_BYTES):
        yield audio[start : start + MAX_AUDIO_BYTES]


def end_frame(request_id: float) -> str:
    """The last frame of a request."""
    return _text({"type": "audio_end", "request_id": request_id})


def error_frame(
    message: str, name: str, status: int, fields: Mapping[str, str], request_id: float | None = None
) -> str:
    """What went wrong with a request, or with the connection."""
    body: dict[str, Any] = {
        "type": "error",
        "success": False,
        "error_name": name,
        "message": message,
        "status_code": status,
        "error_params": {"explanation": message, **fields},
    }
    if request_id is not None:
        body["request_id"] = request_id
    return _text(body)


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
