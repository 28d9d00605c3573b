"""Text + voice -> sound in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sayso.audio import codec
from sayso.audio.resample import StreamResampler, resample
from sayso.audio.waveform import Waveform
from sayso.domain.clip import SoundFormat
from sayso.engines.base import Mark, Speaker
from sayso.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file."""

    audio: bytes
    duration_s: float
    marks: tuple[Mark, ...]
    """Words with their times from the start of the file, if the engine knows them."""


def say(speaker: Speaker, text: str, sound: SoundFormat, *, seed: int = 0) -> Made:
    """All of `text` as one file. Raises BadRequest when the voice finds nothing to say in it."""
    parts = []
    marks: list[Mark] = []
    at_s = 0.0
    for piece in speaker.speak(text, seed=seed):
        parts.append(piece.wave.samples)
        marks += [Mark(m.text, m.start_s + at_s, m.end_s + at_s) for m in piece.marks]
        at_s += piece.wave.duration_s
    if not parts:
        raise _nothing()
    wave = resample(Waveform(np.concatenate(parts), speaker.rate_hz), sound.rate_hz)
    audio = codec.encode(wave, container=sound.container.value, precision=sound.precision.value)
    return Made(audio, wave.duration_s, tuple(marks))


def stream(speaker: Speaker, text: str, sound: SoundFormat, *, seed: int = 0) -> Iterator[bytes]:
    """The samples of `text` without a header, a piece as soon as it is spoken.

    Whatever the pieces, their sum is what the whole resampled at once would be.
    """
    resampler = StreamResampler(speaker.rate_hz, sound.rate_hz)
    for piece in speaker.speak(text, seed=seed):
        ready = resampler.push(piece.wave.samples)
        if len(ready):
            yield codec.pcm(ready, sound.precision.value)
    rest = resampler.push(np.zeros(0, np.float32), last=True)
    if len(rest):
        yield codec.pcm(rest, sound.precision.value)


def _nothing() -> BadRequest:
    return BadRequest("there is nothing to say in this text: expected at least one word")
