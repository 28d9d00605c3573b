"""Takes as the network is to say them: sound, phonemes with their times, pitch and energy."""

from __future__ import annotations

import itertools
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
from sayso.engines.base import Take
from sayso.engines.kokoro import align, features, network, speak, stock, symbols
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.stock import StockVoice
from sayso.engines.likeness import SpeakerEncoder
from sayso.text.english.phonemes import join, phonemize

Clean = Callable[[Waveform], Waveform]
"""Takes the noise out of a recording."""

_SPACE = symbols.ids(" ")[1]
_SILENT = frozenset(symbols.ids(' ;:,.!?—…()“”"'))
"""Symbols that nothing is said for, the padding among them."""
_STRESSES = frozenset(symbols.ids("ˈˌ")[1:-1])
"""They stand before a sound."""
_LEVEL_DBFS = -23.0
_SHORTEST_S = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One take as the network is to say it. L frames of 25 ms, T phoneme symbols."""

    samples: Tensor
    """(600 L,)."""
    asr: Tensor
    """(1, 512, L)."""
    f0: Tensor
    """(2 L,), Hz."""
    energy: Tensor
    """(2 L,), natural log."""
    predicted_energy: Tensor
    """(2 L,): what the voice that read it for the alignment would have."""
    predicted_f0: Tensor
    """(2 L,), Hz: the same for pitch; near zero where it has none."""
    frames: int
    read_frames: int
    """How long that voice takes for the same words."""
    hidden: Tensor
    """(1, T, 512): what the predictor reads."""
    durations: Tensor
    """(T,): frames each symbol lasts."""
    read_durations: Tensor
    """(T,): what that voice would have, not rounded."""
    apart: float
    """How far the recording is from that reading, 0 to 2; far above the others: the text is not what is said."""
    tail: int = 0
    """How many symbols the end has: the last sound, what stands behind it and the padding. Their silence was cut off, as
    it is from what a voice says."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A voice that reads a take, for comparison."""

    affines: Tensor
    """(1, 37396)."""
    style: Tensor
    """(1, 128): of its prosody."""
    pitch_ratio: float = 1.0
    rate_ratio: float = 1.0

    @classmethod
    @torch.inference_mode()
    def of_stock(cls, net: Kokoro, voice: StockVoice) -> Reading:
        """A stock voice as it is."""
        style = torch.from_numpy(voice.prosody[stock.TIMBRE_ROW])[None]
        return cls(net.decoder.affines(torch.from_numpy(voice.timbre)[None]), style)


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """What of a lesson takes long to find."""

    durations: NDArray[np.int64]
    """(T,)."""
    f0: NDArray[np.float32]
    """(2 L,), Hz."""
    apart: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Between two pieces of a take."""

    real_s: float
    usual_s: float
    """What speaking would make there."""


def usable(take: Take) -> Waveform | None:
    """At 24 kHz, without silence at the ends, at one level; None where nothing can be learnt from it."""
    wave = with_rms(trim(resample(take.wave, network.RATE_HZ), keep_s=0.1), _LEVEL_DBFS)
    return wave if wave.duration_s >= _SHORTEST_S and phonemize(take.text) else None


def cleaned(wave: Waveform, clean: Clean | None) -> Waveform:
    """`wave` without its noise, as long as it was; itself where nothing cleans."""
    if clean is None:
        return wave
    return Waveform(_fitted(resample(clean(wave), wave.rate_hz).samples, len(wave.samples)), wave.rate_hz)


def embedding(encoder: SpeakerEncoder, waves: Sequence[Waveform]) -> NDArray[np.float32]:
    """Of all together."""
    return encoder.embed(Waveform(np.concatenate([wave.samples for wave in waves]), network.RATE_HZ))


@torch.inference_mode()
def times(net: Kokoro, reading: Reading, wave: Waveform, text: str, f0: NDArray[np.float32]) -> Times:
    """Where each phoneme of `text` is spoken, by comparison with the same words in another voice."""
    hidden, read = net.read(_ids(text))
    encoded = net.predictor.encode(hidden, reading.style)
    frames = speak.whole_frames(net.predictor.durations(encoded)[0] / reading.rate_ratio)
    curve, energy = net.predictor.curves(network.spread(encoded, frames), reading.style)
    asr = network.spread(read.transpose(1, 2), frames).transpose(1, 2)
    noise = speak.source_noise(int(frames.sum()), 0)
    said = net.decoder(asr, curve * reading.pitch_ratio, energy, reading.affines, noise)[0]
    durations, apart = align.durations(torch.from_numpy(wave.samples), said, frames.numpy())
    return Times(durations, _fitted(f0, 2 * int(durations.sum())), apart)


@torch.no_grad()  # no inference mode: gradients of other things pass through what this makes
def lesson(net: Kokoro, reading: Reading, wave: Waveform, text: str, found: Times) -> Lesson:
    """The whole, from its `times`."""
    ids = _ids(text)
    hidden, read = net.read(ids)
    encoded = net.predictor.encode(hidden, reading.style)
    read_durations = net.predictor.durations(encoded)[0] / reading.rate_ratio
    frames = torch.from_numpy(found.durations)
    L = int(frames.sum())
    samples = torch.from_numpy(_fitted(wave.samples, L * network.FRAME))
    curve, energy = net.predictor.curves(network.spread(encoded, frames), reading.style)
    return Lesson(
        samples=samples,
        asr=network.spread(read.transpose(1, 2), frames).transpose(1, 2).contiguous(),
        f0=torch.from_numpy(found.f0),
        energy=features.energy(samples[None])[0],
        predicted_energy=energy[0],
        predicted_f0=curve[0] * reading.pitch_ratio,
        frames=L,
        read_frames=int(speak.whole_frames(read_durations).sum()),
        hidden=hidden,
        durations=frames,
        read_durations=read_durations,
        apart=found.apart,
        tail=_tail(ids[0].tolist()),
    )


def pieces(
    net: Kokoro, reading: Reading, wave: Waveform, text: str, found: Times
) -> tuple[list[Lesson], list[Pause]]:
    """A take in the pieces that a voice would say it in, and the pauses between them; whole where it cannot be cut.

    In even noise no pause is known. A voice is asked for one piece at a time, so that is what it has to learn: a whole take has other neighbours and
    pauses inside that speaking makes itself.
    """
    spans = speak.pieces(text)
    inner = _ids(text)[0, 1:-1].tolist()
    places = _places(inner, [_ids(span.text)[0, 1:-1].tolist() for span in spans])
    if places is None or len(places) < 2:
        return [lesson(net, reading, wave, text, found)], []
    # Symbol i of the text is at borders[1 + i]; the padding is around them.
    borders = np.concatenate([[0], np.cumsum(found.durations)])
    silences = align.silences(wave.samples)
    gaps = [
        _gap(silences, borders, inner, start, end, after)
        for (start, end), (after, _) in itertools.pairwise(places)
    ]
    kept = [min(_KEPT_FRAMES, (last - first) // 2) for first, last in gaps]
    begins = [0, *(last - n for (_, last), n in zip(gaps, kept, strict=True))]
    stops = [*(first + n for (first, _), n in zip(gaps, kept, strict=True)), int(borders[-1])]
    if any(stop - begin < _FEWEST_FRAMES for begin, stop in zip(begins, stops, strict=True)):
        return [lesson(net, reading, wave, text, found)], []
    cut: list[Lesson] = []
    for k, ((start, end), begin, stop) in enumerate(zip(places, begins, stops, strict=True)):
        # The padding in front has what is before the first sound, the one behind nothing.
        own = np.clip(np.concatenate([[begin], borders[1 + start : 2 + end], [stop]]), begin, stop)
        if k > 0:
            # The silence is nobody's sound, though the search may have given its end to the first one.
            own[1] = max(own[1], min(gaps[k - 1][1], own[2] - 1))
        own[-2] = stop
        sub = Times(np.diff(own), found.f0[2 * begin : 2 * stop], found.apart)
        samples = wave.samples[begin * network.FRAME : stop * network.FRAME]
        cut.append(lesson(net, reading, Waveform(samples, wave.rate_hz), spans[k].text, sub))
    pauses = [
        Pause((last - first) * network.FRAME / network.RATE_HZ, span.pause_s)
        for (first, last), span in zip(gaps, spans, strict=False)
    ]
    return cut, pauses if silences else []


def _gap(
    silences: Sequence[tuple[int, int]],
    borders: NDArray[np.int64],
    inner: Sequence[int],
    start: int,
    end: int,
    follows: int,
) -> tuple[int, int]:
    """The silence (first frame, frame after the last) behind the piece of symbols `start` to `end`, before symbol `follows`.

    It is where the last sound of the piece, the marks behind it or the first sound of the next are said to be. Where there
    is none, both are the border.
    """
    last = end - 1
    while last > start and inner[last] in _SILENT:
        last -= 1
    border = int(borders[1 + follows])
    while follows + 1 < len(inner) and inner[follows] in _STRESSES:
        follows += 1
    first, final = int(borders[1 + last]), int(borders[2 + follows])
    inside = [(max(a, first), min(b, final)) for a, b in silences if a < final and b > first]
    return max(inside, key=lambda gap: gap[1] - gap[0], default=(border, border))


_KEPT_FRAMES = 4
"""Of the silence around a piece: 0.1 s, as around a take."""
_FEWEST_FRAMES = 4
"""In less than 0.1 s nothing is said."""


def _places(inner: list[int], parts: list[list[int]]) -> list[tuple[int, int]] | None:
    """Where in the symbols of a text those of its pieces are; None where they are said otherwise by themselves."""
    found, at = [], 0
    for part in parts:
        while at < len(inner) and inner[at] == _SPACE:
            at += 1
        if not part or inner[at : at + len(part)] != part:
            return None
        found.append((at, at + len(part)))
        at += len(part)
    return found if at == len(inner) else None


def _tail(ids: Sequence[int]) -> int:
    """How many symbols there are from the last sound on."""
    return next((n for n in range(1, len(ids) + 1) if ids[-n] not in _SILENT), len(ids))


def energy_offset(lessons: Sequence[Lesson]) -> float:
    """What to add to the recordings' log energy so that their loud half is as loud as the predictor's."""
    loud = [
        torch.cat(curves) for curves in ([x.energy for x in lessons], [x.predicted_energy for x in lessons])
    ]
    real, predicted = (float(x[x > x.median()].mean()) for x in loud)
    return predicted - real


def _ids(text: str) -> Tensor:
    return torch.tensor([symbols.ids(join(phonemize(text)))[: network.MAX_PHONEMES + 2]])


def _fitted(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Cut or padded with zeros to n."""
    return np.pad(values, (0, max(0, n - len(values))))[:n].astype(np.float32)
