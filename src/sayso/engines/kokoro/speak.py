"""Text + voice -> a stream of waveforms, phrase by phrase, the first one soon."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Mark, Spoken
from sayso.engines.kokoro import network, symbols
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.text.english.phonemes import Word, join, phonemize
from sayso.text.sentences import split

_FIRST_CHARACTERS = 70
"""The first piece is cut shorter than the others, so that its sound is there sooner."""
_LEAD_S, _TAIL_S = 0.03, 0.06
"""Silence left before and after the speech of a piece."""
_QUIET = 0.004
_FADE_S = 0.005


class KokoroSpeaker:
    """See `sayso.engines.base.Speaker`. Pieces of all callers take turns on the resident network."""

    rate_hz = network.RATE_HZ

    def __init__(self, net: Kokoro, voice: KokoroVoice, turn: threading.Lock) -> None:
        """`turn` is held while the network works: it uses all cores for one piece."""
        self._net, self._voice, self._turn = net, voice, turn
        self._affines = torch.from_numpy(voice.affines)[None]

    def speak(self, text: str, *, seed: int = 0) -> Iterator[Spoken]:
        """See Speaker."""
        for number, piece in enumerate(split(text, first_longest=_FIRST_CHARACTERS)):
            parts = list(_fitting(phonemize(piece.text)))
            starts = [0, *(part[0].start for part in parts[1:]), len(piece.text)]
            for i, part in enumerate(parts):
                with self._turn:
                    samples, frames = self.synthesise(join(part), noise_seed(seed, number))
                pause_s = piece.pause_s if i == len(parts) - 1 else 0.0
                text = piece.text[starts[i] : starts[i + 1]].strip()
                yield _spoken(samples, frames, part, text, pause_s)

    @torch.inference_mode()
    def synthesise(self, phonemes: str, seed: int) -> tuple[Samples, NDArray[np.int64]]:
        """Phoneme symbols -> samples (600 L,) at 24 kHz, frames of 25 ms each symbol lasts, padding included."""
        ids = torch.tensor([symbols.ids(phonemes)])
        style = torch.from_numpy(self._voice.row(ids.shape[1]))[None]
        net = self._net
        hidden, text = net.read(ids)
        encoded = net.predictor.encode(hidden, style)
        lengths = net.predictor.durations(encoded)[0] / self._voice.rate_ratio
        frames = whole_frames(lengths)
        f0, energy = net.predictor.curves(network.spread(encoded, frames), style)
        f0 = f0 * self._voice.pitch_ratio
        asr = network.spread(text.transpose(1, 2), frames).transpose(1, 2)
        samples = self._decode(asr, f0, energy, source_noise(int(frames.sum()), seed))
        return samples[0].numpy(), frames.numpy()

    def _decode(self, asr: Tensor, f0: Tensor, energy: Tensor, noise: Tensor) -> Tensor:
        if not self._voice.weights:
            return self._net.decoder(asr, f0, energy, self._affines, noise)  # type: ignore[no-any-return]
        swapped = {name: torch.from_numpy(values) for name, values in self._voice.weights.items()}
        out: Tensor = torch.func.functional_call(
            self._net.decoder, swapped, (asr, f0, energy, self._affines, noise)
        )
        return out


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


def _spoken(
    samples: Samples, frames: NDArray[np.int64], words: Sequence[Word], text: str, pause_s: float
) -> Spoken:
    """Trimmed, faded and followed by its pause; with the words' times."""
    rate = network.RATE_HZ
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    start = max(0, int(loud[0]) - round(_LEAD_S * rate)) if len(loud) else 0
    end = min(len(samples), int(loud[-1]) + round(_TAIL_S * rate)) if len(loud) else len(samples)
    cut = samples[start:end].copy()
    n = min(len(cut) // 2, round(_FADE_S * rate))
    ramp = np.linspace(0, 1, n, dtype=np.float32)
    cut[:n] *= ramp
    cut[len(cut) - n :] *= ramp[::-1]
    silence = np.zeros(round(max(0.0, pause_s - _TAIL_S) * rate), np.float32)
    borders = np.concatenate([[0], np.cumsum(frames)]) * network.FRAME
    marks, at = [], 1  # position 0 is the padding symbol
    for word in words:
        first, last = (
            min(max(int(borders[min(i, len(borders) - 1)]) - start, 0), len(cut))
            for i in (at, at + len(word.phonemes))
        )
        marks.append(Mark(word.text, first / rate, last / rate))
        at += len(word.phonemes) + len(word.trailing)
    return Spoken(Waveform(np.concatenate([cut, silence]), rate), text, tuple(marks))
