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

from sayso.audio.level import with_rms
from sayso.audio.resample import resample
from sayso.audio.spans import trim
from sayso.audio.waveform import Waveform
from sayso.engines.base import Progress, Take
from sayso.engines.kokoro import align, features, network, pitch, speak, stock, symbols
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.engines.likeness import SpeakerEncoder
from sayso.errors import TooLittleSpeech
from sayso.text.english.phonemes import join, phonemize


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


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """One take as the decoder is to say it. L frames of 25 ms."""

    samples: Tensor
    """(600 L,)."""
    asr: Tensor
    """(1, 512, L)."""
    f0: Tensor
    """(2 L,), Hz."""
    energy: Tensor
    """(2 L,), natural log."""
    predicted_energy: Tensor
    """(2 L,): what the starting voice would have."""
    frames: int
    stock_frames: int
    """How long the starting voice takes for the same words."""


_LEVEL_DBFS = -23.0
_SHORTEST_S = 0.4


def rapid(
    net: Kokoro,
    encoder: SpeakerEncoder,
    takes: Sequence[Take],
    seed: int,
    progress: Progress,
    recipe: Recipe | None = None,
) -> KokoroVoice:
    """A voice from 6 to 30 s of speech with its words. Raises TooLittleSpeech where no take can be used."""
    recipe = recipe or Recipe()
    clock = _Clock(progress, recipe.steps)
    waves = [_prepared(take.wave) for take in takes]
    usable = [
        (w, t.text)
        for w, t in zip(waves, takes, strict=True)
        if w.duration_s >= _SHORTEST_S and phonemize(t.text)
    ]
    if not usable:
        raise TooLittleSpeech(
            "no recording holds speech with words we can say: record at least 10 s of clear speech"
        )
    f0s = [pitch.track(wave.samples) for wave, _ in usable]
    voiced = np.concatenate(f0s)
    voiced = voiced[voiced > 0]
    pitch_hz = float(np.median(voiced)) if len(voiced) else 150.0
    embedding = _embedding(encoder, [wave for wave, _ in usable])
    timbre = stock.nearest(embedding, pitch_hz, english=False)
    prosody = stock.nearest(embedding, pitch_hz, english=True)
    lessons = []
    for i, ((wave, text), f0) in enumerate(zip(usable, f0s, strict=True)):
        clock.aligning(i, len(usable))
        lessons.append(_lesson(net, prosody, wave, text, f0))
    offset = _energy_offset(lessons)
    affines = _fit(net, timbre, lessons, offset, _speaker_loss(encoder, embedding), seed, clock, recipe)
    rate = sum(lesson.stock_frames for lesson in lessons) / sum(lesson.frames for lesson in lessons)
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


def _prepared(wave: Waveform) -> Waveform:
    """24 kHz, without silence at the ends, at one level."""
    return with_rms(trim(resample(wave, network.RATE_HZ), keep_s=0.1), _LEVEL_DBFS)


def _embedding(encoder: SpeakerEncoder, waves: Sequence[Waveform]) -> NDArray[np.float32]:
    """Of all takes together."""
    joined = Waveform(np.concatenate([wave.samples for wave in waves]), network.RATE_HZ)
    return encoder.embed(joined)


@torch.inference_mode()
def _lesson(
    net: Kokoro, start: stock.StockVoice, wave: Waveform, text: str, f0: NDArray[np.float32]
) -> _Lesson:
    ids = torch.tensor([symbols.ids(join(phonemize(text)))[: network.MAX_PHONEMES + 2]])
    style = torch.from_numpy(start.prosody[stock.TIMBRE_ROW])[None]
    hidden, read = net.read(ids)
    encoded = net.predictor.encode(hidden, style)
    stock_frames = speak.whole_frames(net.predictor.durations(encoded)[0])
    synthetic = _said(net, start, style, read, encoded, stock_frames)
    frames = torch.from_numpy(
        align.durations(torch.from_numpy(wave.samples), synthetic, stock_frames.numpy())
    )
    L = int(frames.sum())
    samples = torch.from_numpy(_fitted(wave.samples, L * network.FRAME))
    _, energy = net.predictor.curves(network.spread(encoded, frames), style)
    return _Lesson(
        samples=samples,
        asr=network.spread(read.transpose(1, 2), frames).transpose(1, 2).contiguous(),
        f0=torch.from_numpy(_fitted(f0, 2 * L)),
        energy=features.energy(samples[None])[0],
        predicted_energy=energy[0],
        frames=L,
        stock_frames=int(stock_frames.sum()),
    )


def _said(
    net: Kokoro, start: stock.StockVoice, style: Tensor, read: Tensor, encoded: Tensor, frames: Tensor
) -> Tensor:
    """The same words by the starting voice, (600 L,)."""
    f0, energy = net.predictor.curves(network.spread(encoded, frames), style)
    asr = network.spread(read.transpose(1, 2), frames).transpose(1, 2)
    affines = net.decoder.affines(torch.from_numpy(start.timbre)[None])
    return net.decoder(asr, f0, energy, affines, speak.source_noise(int(frames.sum()), 0))[0]  # type: ignore[no-any-return]


def _fitted(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Cut or padded with zeros to n."""
    return np.pad(values, (0, max(0, n - len(values))))[:n].astype(np.float32)


def _energy_offset(lessons: Sequence[_Lesson]) -> float:
    """What to add to the recordings' log energy so that their loud half is as loud as the predictor's."""
    loud = [
        torch.cat(curves) for curves in ([x.energy for x in lessons], [x.predicted_energy for x in lessons])
    ]
    real, predicted = (float(x[x > x.median()].mean()) for x in loud)
    return predicted - real


def _fit(
    net: Kokoro,
    start: stock.StockVoice,
    lessons: Sequence[_Lesson],
    offset: float,
    speaker_loss: Callable[[Tensor], Tensor],
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
    lengths = np.array([lesson.frames for lesson in lessons], float)
    for step in range(recipe.steps):
        clock.adapting(step)
        lesson = lessons[rng.choice(len(lessons), p=lengths / lengths.sum())]
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
        loss = spectral_loss(said, wanted) + recipe.speaker_weight * speaker_loss(said[0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return (net.decoder.affines(style) + shift)[0].numpy()


def _speaker_loss(encoder: SpeakerEncoder, embedding: NDArray[np.float32]) -> Callable[[Tensor], Tensor]:
    """Samples (n,) at 24 kHz -> one minus the cosine to `embedding`."""
    wanted = torch.from_numpy(embedding)

    def loss(samples: Tensor) -> Tensor:
        # Two thirds of the rate by leaving out the upper third of the spectrum: exact, and gradients flow.
        n = len(samples) // 3
        spectrum = torch.fft.rfft(samples[: 3 * n])
        narrow = torch.fft.irfft(spectrum[: n + 1], 2 * n) * (2 / 3)
        return 1 - encoder.embed_tensor(narrow) @ wanted

    return loss


_RESOLUTIONS = ((512, 120, 480, 48), (1024, 240, 960, 80), (2048, 300, 1200, 80))
"""FFT size, hop, window, mel bands."""


def spectral_loss(said: Tensor, wanted: Tensor) -> Tensor:
    """Samples (B, n) at 24 kHz -> a number: log-mel distance and spectral convergence at three resolutions.

    Yamamoto et al. 2020 (arXiv 1910.11480), with mel bands in place of bins.
    """
    total = said.new_zeros(())
    for n_fft, hop, window, bands in _RESOLUTIONS:
        a, b = (_magnitude(x, n_fft, hop, window) for x in (said, wanted))
        bank = features.mel_bank(n_fft, bands, network.RATE_HZ)
        total = total + (torch.log(bank @ a + 1e-4) - torch.log(bank @ b + 1e-4)).abs().mean()
        total = total + 0.5 * (a - b).norm() / (b.norm() + 1e-6)
    return total / len(_RESOLUTIONS)


def _magnitude(x: Tensor, n_fft: int, hop: int, window: int) -> Tensor:
    spectrum = torch.stft(x, n_fft, hop, window, torch.hann_window(window), return_complex=True)
    return torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-9)
