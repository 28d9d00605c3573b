"""Text + voice -> a stream of waveforms, phrase by phrase, the first one soon."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.audio.level import gain_of, limited
from sayso.audio.stretch import Pace, stretched
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Mark, Spoken
from sayso.engines.kokoro import ipa, network, symbols
from sayso.engines.kokoro.network import Deltas, Kokoro, LowRank
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.engines.torch_thread import Place
from sayso.text.english.phonemes import Word, join, phonemize
from sayso.text.script import PLAIN, Cut, Line, Manner, Script, script_of_text
from sayso.text.sentences import Piece, split

_FIRST_CHARACTERS = 70
"""The first piece is cut shorter than the others, so that its sound is there sooner."""
_EARLY_FRAMES = (24, 60)
"""Where the first piece may be cut so that its beginning can be heard while the rest is made: 0.6 to 1.5 s."""
_WORTH_FRAMES = 110
"""Pieces shorter than 2.75 s are made soon enough in one go."""
_AROUND = 8
"""Frames decoded on either side of such a cut and thrown away: the decoder hears that far."""
LEAD_S, _TAIL_S = 0.03, 0.06
"""Silence left before and after the speech of a piece, at the usual rate."""
_SLOWEST_READ, _FASTEST_READ = 0.75, 1.5
"""Rates that the network reads well at. Beyond them it drawls or swallows (a symbol has one frame at least), so the rest is
made by stretching what it said: words missed by Whisper base at 0.25, 0.5, 2, 3 (three sentences): 22, 9, 13 and 33 % before."""
_QUIET = 0.004
_FADE_S = 0.005
_AHEAD_S = 0.05
"""Sounds are heard so much before the frames of their symbols; measured by benchmarks/timestamps.py."""


@dataclass(frozen=True, slots=True, eq=False)
class _Score:
    """A stretch of speech as the decoder takes it. L frames of 25 ms."""

    asr: Tensor
    """(1, 512, L)."""
    f0: Tensor
    """(1, 2 L), Hz."""
    energy: Tensor
    """(1, 2 L)."""
    noise: Tensor
    """(1, 600 L, 9)."""
    frames: NDArray[np.int64]
    """(T,): how long each symbol lasts, the padding at both ends included."""
    gains: NDArray[np.float32] | None
    """(L,): how many times as loud each frame is to be; None where nothing changes."""
    lasting: NDArray[np.float64] | None
    """(L,): how many times as long each frame is to be; None where nothing changes."""


class KokoroSpeaker:
    """See `sayso.engines.base.Speaker`. Pieces of all callers take turns on the resident network."""

    rate_hz = network.RATE_HZ

    def __init__(self, net: Kokoro, voice: KokoroVoice, place: Place) -> None:
        """`place` is where the network works, for one piece at a time: it uses all cores."""
        self._net, self._voice, self._place = net, voice, place
        self._affines = torch.from_numpy(voice.affines)[None]
        self._deltas = low_rank(voice)

    def speak(self, text: str | Script, *, seed: int = 0) -> Iterator[Spoken]:
        """See Speaker."""
        script, number, was_exact = script_of_text(text), 0, False
        for line in script.lines(_cut_at_sentences(self._voice.pause_ratio)):
            if line.ends_sentence:  # as markup said, which the cut knows nothing of
                line = replace(line, pause_s=self._voice.pause_ratio * line.pause_s)
            words = _ending(phonemize(line.text, line.readings), line)
            if words:
                lead_s = LEAD_S if was_exact else LEAD_S / line.manner_at(0).rate
                yield from self._say(line, words, noise_seed(seed, number), lead_s, is_first=number == 0)
                number += 1
            was_exact = line.is_exact
            if line.is_exact:
                lead_s = LEAD_S if script.text[line.end :].strip() else 0.0
                yield from _silence(line.pause_s - (_kept_s(line) if words else 0.0) - lead_s)

    def _say(
        self, line: Line, words: Sequence[Word], seed: int, lead_s: float, *, is_first: bool
    ) -> Iterator[Spoken]:
        parts = list(_fitting(words))
        starts = [0, *(part[0].start for part in parts[1:]), len(line.text)]
        ends = _Ends(lead_s, _kept_s(line))
        for i, part in enumerate(parts):
            own = line.text[starts[i] : starts[i + 1]]
            pause_s = line.pause_s if i == len(parts) - 1 and not line.is_exact else 0.0
            manners = [line.manner_at(word.start) for word in part]
            begin = functools.partial(self._begun, part, manners, seed, may_cut=is_first and i == 0)
            score, cut, samples = self._place.run(begin)
            gains = _envelope(score.gains, 0, len(samples))
            if cut is None:
                yield _spoken(samples, score.frames, part, own.strip(), pause_s, ends, gains, score.lasting)
                continue
            n_words, at = cut
            border = part[n_words].start - starts[i]
            head = own[:border].strip()
            yield _spoken(samples, score.frames, part[:n_words], head, 0.0, ends, gains, goes_on=True)
            samples = self._place.run(functools.partial(self._decode, score, at, None))
            gains = _envelope(score.gains, at, len(samples))
            rest = part[n_words:]
            n_symbols = sum(len(word.phonemes) + len(word.trailing) for word in part[:n_words])
            # In the place of the padding symbol: what is left of the gap that was cut.
            gap = int(score.frames[: 1 + n_symbols].sum()) - at
            frames = np.concatenate([[gap], score.frames[1 + n_symbols :]])
            after = own[border:].strip()
            yield _spoken(samples, frames, rest, after, pause_s, ends, gains, goes_back=True)

    def _begun(
        self, part: Sequence[Word], manners: Sequence[Manner], seed: int, *, may_cut: bool
    ) -> tuple[_Score, tuple[int, int] | None, Samples]:
        """The score of a part; where it was cut to be heard soon; the samples up to there, or all of them."""
        score = self._score(part, manners, seed)
        # What is stretched is stretched whole: two pieces would not meet in phase.
        cut = _early_cut(part, score.frames) if may_cut and score.lasting is None else None
        return score, cut, self._decode(score, 0, cut[1] if cut else None)

    @torch.inference_mode()
    def _score(self, words: Sequence[Word], manners: Sequence[Manner], seed: int) -> _Score:
        """What the decoder needs to say the words, each in its manner."""
        ids = torch.tensor([symbols.ids(join(words))])
        style = torch.from_numpy(self._voice.row(ids.shape[1]))[None]
        net = self._net
        hidden, text = net.read(ids)
        encoded = net.predictor.encode(hidden, style)
        lengths = net.predictor.durations(encoded, self._deltas)[0] / self._voice.rate_ratio
        is_plain = all(manner == PLAIN for manner in manners)
        frames, lasting = whole_frames(lengths), None
        if not is_plain:
            rates = _by_symbol(words, [manner.rate for manner in manners], ids.shape[1])
            usual, read = frames, np.clip(rates, _SLOWEST_READ, _FASTEST_READ)
            frames = _read_at(lengths, read, usual)
            lasting = _lasting(rates, read, usual.numpy(), frames.numpy())
        f0, energy = net.predictor.curves(network.spread(encoded, frames), style, self._deltas)
        f0 = f0 * self._voice.pitch_ratio
        gains = None
        if not is_plain:
            pitches = _by_symbol(words, [manner.pitch_ratio for manner in manners], ids.shape[1])
            f0 = f0 * torch.from_numpy(_by_frame(pitches, frames)).repeat_interleave(2)
            loud = _by_symbol(words, [gain_of(manner.gain_db) for manner in manners], ids.shape[1])
            gains = _by_frame(loud, frames)
        asr = network.spread(text.transpose(1, 2), frames).transpose(1, 2)
        noise = source_noise(int(frames.sum()), seed)
        return _Score(asr, f0, energy, noise, frames.numpy(), gains, lasting)

    @torch.inference_mode()
    def _decode(self, score: _Score, start: int, end: int | None) -> Samples:
        """Samples (600 n,) of the frames from `start` to `end`, heard with a little of what is around them."""
        total = score.asr.shape[-1]
        last = total if end is None else end
        first, stop = max(0, start - _AROUND), min(total, last + _AROUND)
        inputs = (
            score.asr[:, :, first:stop],
            score.f0[:, 2 * first : 2 * stop],
            score.energy[:, 2 * first : 2 * stop],
            self._affines,
            score.noise[:, network.FRAME * first : network.FRAME * stop],
        )
        said = self._net.decoder(*inputs, self._deltas)
        samples: Samples = said[0, network.FRAME * (start - first) : network.FRAME * (last - first)].numpy()
        return samples


def pieces(text: str) -> list[Piece]:
    """What a plain text is said in."""
    return split(text, first_longest=_FIRST_CHARACTERS)


def _cut_at_sentences(pause_ratio: float) -> Cut:
    """Cuts text into what is said in one go; the first piece of all is shorter. Pauses are `pause_ratio` times as long as usual."""
    first: int | None = _FIRST_CHARACTERS

    def cut(text: str) -> list[tuple[int, int, float]]:
        nonlocal first
        pieces = split(text, first_longest=first)
        if pieces:
            first = None
        return [(piece.start, piece.end, pause_ratio * piece.pause_s) for piece in pieces]

    return cut


def _ending(words: tuple[Word, ...], line: Line) -> Sequence[Word]:
    """`words` with a full stop where the line ends a sentence that was written without a mark."""
    if not (words and line.ends_sentence) or set(words[-1].trailing) & set(".!?…:;"):
        return words
    return (*words[:-1], replace(words[-1], trailing=words[-1].trailing.rstrip(" ,—(“") + "."))


def _kept_s(line: Line) -> float:
    """Silence that is left after the speech of a line: less before a pause that is shorter."""
    if line.is_exact:
        return min(_TAIL_S, max(0.0, line.pause_s - LEAD_S))
    return _TAIL_S / line.manner_at(len(line.text) - 1).rate


def _silence(duration_s: float) -> Iterator[Spoken]:
    size = round(duration_s * network.RATE_HZ)
    if size > 0:
        yield Spoken(Waveform(np.zeros(size, np.float32), network.RATE_HZ), "")


def _by_symbol(words: Sequence[Word], values: Sequence[float], size: int) -> NDArray[np.float32]:
    """The value of each word for each of its symbols, (size,); the padding at the ends goes with its neighbour."""
    counts = [len(word.phonemes) + len(word.trailing) for word in words]
    spread = np.repeat(np.asarray(values, np.float32), counts)
    spread = np.concatenate([spread[:1], spread, spread[-1:]])
    return np.pad(spread, (0, max(0, size - len(spread))), mode="edge")[:size]


def _by_frame(values: NDArray[np.float32], frames: Tensor) -> NDArray[np.float32]:
    """The same for each frame, (L,), with a step of 75 ms from one to the next."""
    steps = np.repeat(values, frames.numpy())
    padded = np.pad(steps, 1, mode="edge")
    smooth: NDArray[np.float32] = ((padded[:-2] + padded[1:-1] + padded[2:]) / 3).astype(np.float32)
    return smooth


def _read_at(lengths: Tensor, rates: NDArray[np.float32], usual: Tensor) -> Tensor:
    """Whole frames (T,) of predicted durations at `rates`, each stretch of one rate as long as its `usual` frames ask for.

    Dividing by the rate alone would not do: a symbol has one frame at least, and half a frame up or down adds up.
    """
    frames = usual.clone()
    for run in _runs(rates):
        if rates[run[0]] == 1.0:
            continue
        own, aim = lengths[run[0] : run[-1] + 1], float(usual[run[0] : run[-1] + 1].sum() / rates[run[0]])
        slow, fast = 0.5, 4.0
        for _ in range(12):
            middle = (slow + fast) / 2
            slow, fast = (middle, fast) if float(whole_frames(own / middle).sum()) > aim else (slow, middle)
        frames[run[0] : run[-1] + 1] = whole_frames(own / fast)
    return frames


def _runs(rates: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """The places (T,) in stretches of one rate."""
    return np.split(np.arange(len(rates)), np.flatnonzero(np.diff(rates)) + 1)


def _lasting(
    rates: NDArray[np.float32],
    read: NDArray[np.float32],
    usual: NDArray[np.int64],
    frames: NDArray[np.int64],
) -> NDArray[np.float64] | None:
    """How many times as long each of `frames` (T,) is to be, (L,), so that stretches of one rate last as they should.

    `usual` are their frames at rate 1; `read` is the rate the network read at. None where that was what was asked for.
    """
    if np.array_equal(rates, read):
        return None
    by_symbol = np.ones(len(rates))
    for run in _runs(rates):
        if rates[run[0]] != read[run[0]]:
            by_symbol[run] = usual[run].sum() / rates[run[0]] / frames[run].sum()
    return np.repeat(by_symbol, frames)


def _envelope(gains: NDArray[np.float32] | None, start: int, size: int) -> Samples | None:
    """The gain of each of `size` samples that begin with frame `start`, without steps."""
    if gains is None:
        return None
    middles = (np.arange(len(gains)) + 0.5 - start) * network.FRAME
    return np.interp(np.arange(size), middles, gains).astype(np.float32)


def low_rank(voice: KokoroVoice) -> Deltas:
    """What `voice` adds to the resident network."""
    return {
        name: LowRank(torch.from_numpy(down), torch.from_numpy(up))
        for name, (down, up) in voice.deltas.items()
    }


def whole_frames(lengths: Tensor) -> Tensor:
    """Predicted durations (T,) -> whole frames, at least one each, as the published graph rounds them."""
    return torch.clamp(torch.round(lengths), min=1).long()


def source_noise(frames: int, seed: int) -> Tensor:
    """The breath of the harmonic source, (1, 600 frames, 9), standard normal."""
    return torch.randn(1, frames * network.FRAME, 9, generator=torch.Generator().manual_seed(seed))


def noise_seed(seed: int, piece: int) -> int:
    """A seed of its own for each piece of a text."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{piece}".encode()).digest()[:7], "big")


def _fitting(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words in groups that the network takes at once."""
    start = 0
    while start < len(words):
        end, size = start, 0
        while end < len(words) and (end == start or size <= network.MAX_PHONEMES):
            size += len(words[end].phonemes) + len(words[end].trailing)
            end += 1
        if size > network.MAX_PHONEMES and end - start > 1:
            end -= 1
        yield words[start:end]
        start = end


def _early_cut(words: Sequence[Word], frames: NDArray[np.int64]) -> tuple[int, int] | None:
    """Before which word, and at which frame, the first piece is cut; None where that gains nothing.

    Prosody is made for the whole, so the cut is none for the ear; at a pause it is the safest.
    """
    borders = np.cumsum(frames)
    if borders[-1] < _WORTH_FRAMES:
        return None
    found: list[tuple[int, int, int]] = []
    at = 1
    for i, word in enumerate(words[:-1]):
        at += len(word.phonemes) + len(word.trailing)
        # In the middle of what stands between two words: a space, or a mark with its pause.
        gap = int(frames[at - len(word.trailing) : at].sum())
        frame = int(borders[at - 1]) - gap // 2
        if _EARLY_FRAMES[0] <= frame <= min(_EARLY_FRAMES[1], int(borders[-1]) - _EARLY_FRAMES[0] // 2):
            found.append((gap, i + 1, frame))
    if not found:
        return None
    _, n_words, frame = max(found)
    return n_words, frame


@dataclass(frozen=True, slots=True)
class _Ends:
    """Seconds of silence that are left before and after the speech of a piece."""

    lead_s: float
    tail_s: float


def _pace(lasting: NDArray[np.float64], start: int, end: int, first: int, last: int) -> Pace:
    """When each sample of `[start:end]` comes; the silence before `first` and after `last` stays as long as it is."""
    borders = np.arange(1, len(lasting)) * network.FRAME
    inside = borders[(borders > first) & (borders < last)]
    before = np.concatenate([[start], [first], inside, [last], [end]]).astype(np.float64)
    frames = np.minimum(before[1:-2] // network.FRAME, len(lasting) - 1).astype(int)
    times_as_long = np.concatenate([[1.0], lasting[frames], [1.0]])
    after = np.concatenate([[0.0], np.cumsum(np.diff(before) * times_as_long)])
    return Pace(before - start, after)


def _spoken(
    samples: Samples,
    frames: NDArray[np.int64],
    words: Sequence[Word],
    text: str,
    pause_s: float,
    ends: _Ends,
    gains: Samples | None,
    lasting: NDArray[np.float64] | None = None,
    *,
    goes_on: bool = False,
    goes_back: bool = False,
) -> Spoken:
    """Trimmed, faded and followed by its pause; with the words' times. Not trimmed where it goes on or back."""
    rate = network.RATE_HZ
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    start, end = 0, len(samples)
    if len(loud) and not goes_back:
        start = max(0, int(loud[0]) - round(ends.lead_s * rate))
    if len(loud) and not goes_on:
        end = min(end, int(loud[-1]) + round(ends.tail_s * rate))
    cut = samples[start:end].copy()
    if gains is not None:
        # After the trimming: what is to be soft is speech all the same.
        cut = limited(cut * gains[start:end]).astype(np.float32)
    pace = None
    if lasting is not None and len(loud):
        pace = _pace(lasting, start, end, int(loud[0]), int(loud[-1]))
        cut = stretched(Waveform(cut, rate), pace).samples
    n = min(len(cut) // 2, round(_FADE_S * rate))
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    cut[:n] *= ramp
    cut[len(cut) - n :] *= ramp[::-1]
    silence = np.zeros(0 if goes_on else round(max(0.0, pause_s - ends.tail_s) * rate), np.float32)
    borders = np.concatenate([[0], np.cumsum(frames)]) * network.FRAME

    def place_s(symbol: int) -> float:
        # Position 0 is the padding symbol.
        border = int(borders[min(1 + symbol, len(borders) - 1)]) - round(_AHEAD_S * rate)
        place = border - start if pace is None else pace.place(border - start)
        return min(max(place, 0), len(cut)) / rate

    marks, at = [], 0
    for word in words:
        marks.append(Mark(word.text, place_s(at), place_s(at + len(word.phonemes))))
        at += len(word.phonemes) + len(word.trailing)
    wave = Waveform(np.concatenate([cut, silence]), rate)
    return Spoken(wave, text, tuple(marks), ipa.sounds(words, place_s))
