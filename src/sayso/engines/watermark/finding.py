"""Where in a recording our mark is, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.watermark import spectrum
from sayso.engines.watermark.marking import Finding
from sayso.engines.watermark.network import Stack

SPEEDS = (0.97, 1.03, 0.95, 1.05)
"""Tried besides the true one: a mark that was made faster or slower is another pattern of frequencies."""

_RATE_HZ = 16_000
_WINDOW, _STEP = 300, 50
"""Frames looked at together, and from one look to the next: 3 s and 0.5 s."""
_LOUD_DB = 12.0
"""Frames quieter than this below the loud ones of their window are mostly noise and room, and left out."""
_SILENCE = 1e-3
"""In the network's unit of level: digital silence has none."""
_MIN_LOUD = 30
"""Fewer loud frames than 0.3 s tell nothing."""
_EXCERPT_S = 4.0
"""How much is tried at other speeds: the loudest seconds."""
_BLOCK = 2_000
"""Frames that go through the network at once: 20 s, some megabytes."""
_STRETCHES = (1.25, 1.0, 0.75)
"""The three parts of the detector see time slowed down, as it is, and hurried."""

Floats = NDArray[np.float32]


def find(wave: Waveform, slow: Stack, normal: Stack, fast: Stack) -> Finding:
    """The surest stretch of `wave`, of any rate and length."""
    best = find_at_own_speed(wave, slow, normal, fast)
    if best.is_marked:
        return best
    at_s = _loudest_s(wave, _EXCERPT_S)
    excerpt = wave.cut(at_s, at_s + _EXCERPT_S)
    for speed in SPEEDS:
        found = _at_speed(excerpt, speed, (slow, normal, fast))
        if found.confidence > best.confidence:
            best = Finding(found.confidence, found.start_s + at_s, found.end_s + at_s, speed)
        if best.is_marked:
            break
    return best


def find_at_own_speed(wave: Waveform, slow: Stack, normal: Stack, fast: Stack) -> Finding:
    """The surest stretch of `wave`, if it was not played faster or slower: a fifth of the work."""
    return _at_speed(wave, 1.0, (slow, normal, fast))


def _at_speed(wave: Waveform, speed: float, stacks: tuple[Stack, Stack, Stack]) -> Finding:
    """The surest stretch, if marked sound was played `speed` times as fast."""
    slowed = Waveform(resample(wave, round(_RATE_HZ * speed)).samples, _RATE_HZ)
    nothing = Finding(0.0, 0.0, wave.duration_s, speed)
    if len(slowed.samples) < spectrum.window_size(_RATE_HZ):
        return nothing
    with torch.inference_mode():
        samples = torch.from_numpy(np.ascontiguousarray(slowed.samples))
        levels = spectrum.levels(spectrum.spectra(samples, _RATE_HZ), _RATE_HZ)
        loudness: Floats = levels.mean(1).numpy()
        weights, marks = _heard(levels, stacks)
    lowest = _LOUD_DB / spectrum.decibels(1.0)
    frame_s = speed / spectrum.FRAMES_PER_S
    best = nothing
    for start, end in _windows(len(loudness)):
        here = loudness[start:end]
        loud = here > max(float(np.percentile(here, 95)) - lowest, _SILENCE)
        if loud.sum() < _MIN_LOUD:
            continue
        weight = weights[:, start:end][:, loud].mean(1)
        weight = np.exp(weight - weight.max())
        mark = marks[:, start:end][:, loud].mean(1)
        confidence = float(np.clip((mark * weight).sum() / weight.sum(), 0.0, 1.0))
        if confidence > best.confidence:
            best = Finding(confidence, start * frame_s, min(end * frame_s, wave.duration_s), speed)
    return best


def _heard(levels: Tensor, stacks: tuple[Stack, Stack, Stack]) -> tuple[Floats, Floats]:
    """What the three parts say of each frame, (3, T): how much they are to be trusted, and the mark."""
    total = len(levels)
    said = np.zeros((2, 3, total), np.float32)
    # Stretching slows the reach down, too; the rest is for the ends of what was interpolated.
    margin = 40
    for start in range(0, total, _BLOCK):
        end = min(total, start + _BLOCK)
        first, last = max(0, start - margin), min(total, end + margin)
        block = levels[first:last]
        for part, (stack, stretch) in enumerate(zip(stacks, _STRETCHES, strict=True)):
            out = stack(_stretched(block, max(1, int(len(block) * stretch))))
            out = _stretched(out, len(block))[start - first : end - first]
            said[:, part, start:end] = out.T.numpy()
    return said[0], said[1]


def _stretched(rows: Tensor, count: int) -> Tensor:
    """(T, c) -> (count, c), linear between the rows, first and last in their places."""
    if len(rows) == count:
        return rows
    return functional.interpolate(rows.T[None], size=count, mode="linear", align_corners=True)[0].T


def _windows(frames: int) -> Iterator[tuple[int, int]]:
    """First and last frame of each look; the last one ends where the recording does."""
    last = max(0, frames - _WINDOW)
    for start in (*range(0, last, _STEP), last):
        yield start, min(frames, start + _WINDOW)


def _loudest_s(wave: Waveform, length_s: float) -> float:
    """Where the stretch of `length_s` with the most power begins."""
    size = round(length_s * wave.rate_hz)
    if size >= len(wave.samples):
        return 0.0
    power = np.concatenate([[0.0], np.square(wave.samples, dtype=np.float64).cumsum()])
    return int(np.argmax(power[size:] - power[:-size])) / wave.rate_hz
