"""Phonemes against recorded speech by a small network of our own that hears which symbol is being said.

The engine is a source of perfectly labelled speech: it decides itself how many frames each symbol lasts. On its
readings, made worse in many ways, the network learnt which symbol each moment belongs to, in the engine's own
sense of where a stress mark or a space begins. A Viterbi search then walks through the known symbols.
`aligner.safetensors` is made by scripts/make_aligner.py; no human speech went into it.

B batch, L frames of 25 ms, 2L of 12.5 ms, T symbols, C channels.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import resources

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from sayso.engines.kokoro import features, network

WEIGHTS = "aligner.safetensors"
_C = 96
_DILATIONS = (1, 2, 1, 2, 1)
"""350 ms to either side are heard."""
_FLOOR = -13.0
"""Natural log of power below the loudest: what is softer (56 dB) is silence."""
_LEAST_SPREAD = 0.7
"""A band that hardly changes, as above the limit of a narrow recording, is not blown up to noise."""


class Listener(nn.Module):
    """Spectra (B, 80, 2L) and symbols (B, T) -> log posteriors of each symbol by its sound and by its place."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(80, _C, 6, stride=2, padding=2)
        self.convs = nn.ModuleList(nn.Conv1d(_C, _C, 5, padding=2 * d, dilation=d) for d in _DILATIONS)
        self.norms = nn.ModuleList(nn.BatchNorm1d(_C) for _ in _DILATIONS)
        self.symbol = nn.Conv1d(_C, network.N_SYMBOLS, 1)
        self.query = nn.Conv1d(_C, _C, 1)
        self.embedding = nn.Embedding(network.N_SYMBOLS, 64)
        self.context = nn.ModuleList([nn.Conv1d(64, _C, 3, padding=1), nn.Conv1d(_C, _C, 3, padding=1)])

    def forward(self, spectra: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """-> (B, 178, L) of all symbols, and (B, T, L) of the places in `ids`; not normalised."""
        x = F.gelu(self.first(spectra))
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = x + F.gelu(norm(conv(x)))
        # Beside the symbol alone, the symbol among its neighbours: a stress mark before an "a" is
        # another sound than before an "i".
        keys = self.context[1](F.gelu(self.context[0](self.embedding(ids).transpose(1, 2))))
        return self.symbol(x), keys.transpose(1, 2) @ self.query(x) / _C**0.5


def spectra(samples: Tensor) -> Tensor:
    """samples (n,) at 24 kHz -> log mel spectra (80, n // 300), each band about 0 and of spread 1."""
    x = torch.log(features.mel_power(samples[None])[0] + 1e-9)
    x = (x - x.max()).clamp(min=_FLOOR)
    return (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True).clamp(min=_LEAST_SPREAD)


def durations(real: Tensor, ids: Sequence[int]) -> tuple[NDArray[np.int64], float]:
    """Frames of 25 ms each symbol lasts in `real`, and how badly the symbols fit what is heard.

    real: samples (n,) at 24 kHz; ids: T symbols, the padding symbol at both ends, which takes the silence there.
    Returns (T,), each at least 1, together n // 600 (or T, if that is more); and the mean negative log
    posterior: the network's surprise, in nats. Infinite where there is too little sound for the symbols.
    """
    L, T = len(real) // network.FRAME, len(ids)
    if L < T or L < 2:
        return np.ones(T, np.int64), float("inf")
    by_sound, by_place = _posteriors(_listener(), real[: L * network.FRAME], ids)
    path = _walk(by_sound + by_place)
    misfit = -float(by_sound[np.arange(L), path].mean())
    return np.bincount(path, minlength=T).astype(np.int64), misfit


@torch.inference_mode()
def _posteriors(
    listener: Listener, real: Tensor, ids: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(L, T) each: of the symbol by its sound, and of its place."""
    at = torch.tensor([ids])
    by_sound, by_place = listener(spectra(real)[None], at)
    by_sound = F.log_softmax(by_sound[0], 0)[at[0]]
    by_place = F.log_softmax(by_place[0], 0)
    return by_sound.T.contiguous().numpy(), by_place.T.contiguous().numpy()


def _walk(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Scores (L, T), L >= T -> for each frame its symbol: from the first to the last, none left out."""
    L, T = scores.shape
    total = np.full(T + 1, -np.inf, np.float32)  # shifted by one, so that nothing precedes the first
    total[1] = scores[0, 0]
    came = np.zeros((L, T), bool)
    for i in range(1, L):
        stay, step = total[1:], total[:-1]
        came[i] = step > stay
        total[1:] = np.maximum(stay, step) + scores[i]
    path = np.zeros(L, np.int64)
    at = T - 1
    for i in range(L - 1, -1, -1):
        path[i] = at
        at -= int(came[i, at])
    return path


@functools.cache
def _listener() -> Listener:
    from safetensors.numpy import load

    data = load(resources.files(__package__).joinpath(WEIGHTS).read_bytes())
    # Loaded from inside inference mode, the weights would be of another kind.
    with torch.inference_mode(False):
        made = Listener()
        made.load_state_dict({name: torch.from_numpy(x.astype(np.float32)) for name, x in data.items()})
        return made.eval().requires_grad_(False)
