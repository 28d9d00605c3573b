"""Recordings -> a rapid voice: the decoder's gains and offsets move until it says the recordings as they sound.

Nothing but those 37,396 numbers and the start's timbre style is adapted. The recordings' own pitch, energy
and timing are fed in, so that the loss is about timbre alone: spectra at three resolutions, and the cosine
of a speaker encoder. The encoder is therefore no judge of these voices; benchmarks/judge.py is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.engines.base import Progress, Take
from sayso.engines.kokoro import lessons, network, pitch, speak, stock
from sayso.engines.kokoro.lessons import Clean, Lesson, Reading
from sayso.engines.kokoro.losses import speaker_loss, spectral_loss
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.engines.likeness import SpeakerEncoder
from sayso.errors import TooLittleSpeech


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a rapid voice is adapted; chosen on speakers that no figure is reported on (docs/lab/LOG.md)."""

    steps: int = 40
    crop_frames: int = 32
    """0.8 s. Many short steps beat few long ones of the same cost, though the speaker encoder sees half a window."""
    style_rate: float = 1.5e-2
    affine_rate: float = 1.5e-2
    """Learning rates of AdamW, after a warm-up of three steps, falling as half a cosine."""
    speaker_weight: float = 0.75
    """Of one minus the speaker encoder's cosine, against the spectral loss."""
    rates: tuple[float, float] = (0.8, 1.25)
    """How slow and fast a clone may speak against its starting voice."""


def rapid(
    net: Kokoro,
    encoder: SpeakerEncoder,
    takes: Sequence[Take],
    seed: int,
    progress: Progress,
    recipe: Recipe | None = None,
    clean: Clean | None = None,
    begin_with: stock.StockVoice | None = None,
) -> KokoroVoice:
    """A voice from 6 to 30 s of speech with its words. Raises TooLittleSpeech where no take can be used.

    `clean` takes the noise out of a recording, in step with it: what a microphone adds is not the voice. The
    timbre begins with the nearest stock voice, or with `begin_with`.
    """
    recipe = recipe or Recipe()
    clock = _Clock(progress, recipe.steps)
    usable = [(wave, take.text) for take in takes if (wave := lessons.usable(take)) is not None]
    if not usable:
        raise TooLittleSpeech(
            "no recording holds speech with words we can say: record at least 10 s of clear speech"
        )
    f0s = [pitch.track(wave.samples) for wave, _ in usable]
    voiced = np.concatenate(f0s)
    voiced = voiced[voiced > 0]
    pitch_hz = float(np.median(voiced)) if len(voiced) else 150.0
    embedding = lessons.embedding(encoder, [wave for wave, _ in usable])
    timbre = begin_with or stock.nearest(embedding, pitch_hz, english=False)
    prosody = stock.nearest(embedding, pitch_hz, english=True)
    reading = Reading.of_stock(net, prosody)
    learnt = []
    for i, ((wave, text), f0) in enumerate(zip(usable, f0s, strict=True)):
        clock.aligning(i, len(usable))
        times = lessons.times(net, reading, wave, text, f0)
        learnt.append(lessons.lesson(net, reading, lessons.cleaned(wave, clean), text, times))
    offset = lessons.energy_offset(learnt)
    affines = _fit(net, timbre, learnt, offset, speaker_loss(encoder, embedding), seed, clock, recipe)
    rate = sum(lesson.read_frames for lesson in learnt) / sum(lesson.frames for lesson in learnt)
    return KokoroVoice(
        affines,
        prosody.prosody,
        stock.SYMBOLS,
        pitch_ratio=pitch_hz / prosody.pitch_hz,
        rate_ratio=float(np.clip(rate, *recipe.rates)),
        notes={
            "kind": "rapid",
            "seed": seed,
            "steps": recipe.steps,
            "timbre_from": timbre.name,
            "prosody_from": prosody.name,
            "pitch_hz": round(pitch_hz, 1),
            "speech_s": round(sum(wave.duration_s for wave, _ in usable), 2),
        },
    )


class _Clock:
    """Turns work done into progress with an estimate of what is left."""

    _ALIGN = 0.3  # part of the whole that the alignment takes

    def __init__(self, progress: Progress, steps: int) -> None:
        self._progress, self._steps, self._start = progress, steps, time.monotonic()

    def _tell(self, stage: str, fraction: float) -> None:
        spent = time.monotonic() - self._start
        self._progress(stage, fraction, spent / fraction * (1 - fraction) if fraction > 0.05 else None)

    def aligning(self, done: int, total: int) -> None:
        self._tell("aligning", self._ALIGN * done / total)

    def adapting(self, step: int) -> None:
        self._tell("adapting", self._ALIGN + (1 - self._ALIGN) * step / self._steps)


def _fit(
    net: Kokoro,
    start: stock.StockVoice,
    learnt: Sequence[Lesson],
    offset: float,
    unlike: Callable[[Tensor], Tensor],
    seed: int,
    clock: _Clock,
    recipe: Recipe,
) -> NDArray[np.float32]:
    """Adapted gains and offsets, (37396,)."""
    rng = np.random.default_rng(seed)
    gain = float(np.exp(offset / 2))  # energy is of power, samples are amplitudes
    style = torch.from_numpy(start.timbre.copy())[None].requires_grad_(True)
    shift = torch.zeros(1, sum(net.decoder.widths()), requires_grad=True)
    optimiser = torch.optim.AdamW(
        [{"params": [style], "lr": recipe.style_rate}, {"params": [shift], "lr": recipe.affine_rate}],
        betas=(0.8, 0.95),
        weight_decay=0.0,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1.0, (s + 1) / 3) * 0.5 * (1 + np.cos(np.pi * s / recipe.steps))
    )
    lengths = np.array([lesson.frames for lesson in learnt], float)
    for step in range(recipe.steps):
        clock.adapting(step)
        lesson = learnt[rng.choice(len(learnt), p=lengths / lengths.sum())]
        n = min(recipe.crop_frames, lesson.frames)
        at = int(rng.integers(0, lesson.frames - n + 1))
        said = net.decoder(
            lesson.asr[:, :, at : at + n],
            lesson.f0[None, 2 * at : 2 * (at + n)],
            lesson.energy[None, 2 * at : 2 * (at + n)] + offset,
            net.decoder.affines(style) + shift,
            speak.source_noise(n, int(rng.integers(2**40))),
        )
        wanted = lesson.samples[None, at * network.FRAME : (at + n) * network.FRAME] * gain
        loss = spectral_loss(said, wanted) + recipe.speaker_weight * unlike(said[0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return (net.decoder.affines(style) + shift)[0].numpy()
