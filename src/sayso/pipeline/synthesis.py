"""Text + voice -> sound in the format that was asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from sayso.audio.file_encoder import FileEncoder
from sayso.audio.resample import StreamResampler
from sayso.audio.stream_encoder import StreamEncoder
from sayso.domain.clip import SoundFormat
from sayso.domain.timing import Times
from sayso.engines.base import Mark, Speaker
from sayso.errors import BadRequest
from sayso.pipeline.timing import Timeline
from sayso.text.reading import read_script
from sayso.text.script import Script


@dataclass(frozen=True, slots=True)
class Said:
    """What was written to a file."""

    duration_s: float
    marks: tuple[Mark, ...]
    """Words with their times from the start of the file, if the engine knows them."""
    times: Times
    """Letters and sounds with theirs."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file."""

    audio: bytes
    duration_s: float
    marks: tuple[Mark, ...]
    times: Times


@dataclass(frozen=True, slots=True)
class Bit:
    """A piece of a stream."""

    audio: bytes
    """May be empty: encoders hold sound back."""
    times: Times
    """Letters and sounds that come with it, from the start of the stream in seconds. They may be ahead of the sound
    by what resampler and encoder hold back."""


def say(
    speaker: Speaker,
    text: str | Script,
    sound: SoundFormat,
    *,
    seed: int = 0,
    between: Callable[[], None] | None = None,
) -> Made:
    """All of `text` as one file in memory; see `say_into`."""
    file = io.BytesIO()
    said = say_into(file, speaker, text, sound, seed=seed, between=between)
    return Made(file.getvalue(), said.duration_s, said.marks, said.times)


def say_into(
    file: BinaryIO,
    speaker: Speaker,
    text: str | Script,
    sound: SoundFormat,
    *,
    seed: int = 0,
    between: Callable[[], None] | None = None,
) -> Said:
    """All of `text` into an empty `file`, a piece at a time, `between` after each; a seed in the script wins. Plain text or
    SSML becomes a script here.

    Raises BadRequest when there is nothing to say in it, or its markup is malformed, and NotOffered.
    """
    marks: list[Mark] = []
    script = read_script(text) if isinstance(text, str) else text
    line = Timeline(script.text)
    at_s = 0.0
    resampler = StreamResampler(speaker.rate_hz, sound.rate_hz)
    encoder = FileEncoder(
        file, container=sound.container.value, precision=sound.precision.value, rate_hz=sound.rate_hz
    )
    for piece in speaker.speak(script, seed=_seed(script, seed)):
        encoder.push(resampler.push(piece.wave.samples))
        marks += [Mark(m.text, m.start_s + at_s, m.end_s + at_s) for m in piece.marks]
        line.add(piece, at_s)
        at_s += piece.wave.duration_s
        if between is not None:
            between()
    if not at_s:
        raise nothing_to_say()
    encoder.push(resampler.push(np.zeros(0, np.float32), last=True))
    encoder.finish()
    return Said(encoder.duration_s, tuple(marks), line.finish(encoder.duration_s))


def stream(speaker: Speaker, script: Script, sound: SoundFormat, *, seed: int = 0) -> Iterator[bytes]:
    """The samples of `script` without a header, a piece as soon as it is spoken.

    Whatever the pieces, their sum is what the whole resampled at once would be.
    """
    return (bit.audio for bit in live(speaker, script, sound, container="raw", seed=seed) if bit.audio)


def live(
    speaker: Speaker, script: Script, sound: SoundFormat, *, container: str | None = None, seed: int = 0
) -> Iterator[Bit]:
    """The sound of `script` in a container that streams, a bit as soon as it is spoken.

    `container` overrules that of `sound`; `raw` is bare samples.
    """
    resampler = StreamResampler(speaker.rate_hz, sound.rate_hz)
    encoder = StreamEncoder(container or sound.container.value, sound.precision.value, sound.rate_hz)
    line = Timeline(script.text)
    at_s = 0.0
    for piece in speaker.speak(script, seed=_seed(script, seed)):
        times = line.add(piece, at_s)
        at_s += piece.wave.duration_s
        ready = resampler.push(piece.wave.samples)
        yield Bit(encoder.push(ready) if len(ready) else b"", times)
    rest = resampler.push(np.zeros(0, np.float32), last=True)
    audio = encoder.push(rest) if len(rest) else b""
    yield Bit(audio + encoder.finish() if at_s else b"", line.rest(at_s))


def _seed(script: Script, seed: int) -> int:
    return seed if script.seed is None else script.seed


def nothing_to_say() -> BadRequest:
    """For text in which the voice finds no word."""
    return BadRequest("there is nothing to say in this text: expected at least one word")
