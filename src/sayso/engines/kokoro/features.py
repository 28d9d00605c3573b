"""What the network was trained to follow: mel spectra and energy, as StyleTTS 2 defines them."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

HOP = 300
_N_FFT, _WINDOW = 2048, 1200
# StyleTTS 2 left the filter bank at its library's default rate of 16 kHz while the audio has 24 kHz; the
# decoder has learnt that scale, so we keep it.
_BANK_RATE_HZ = 16_000


@functools.cache
def mel_bank(n_fft: int, n_mels: int, rate_hz: int) -> Tensor:
    """HTK mel triangles, (n_mels, n_fft // 2 + 1), not normalised."""
    top_mel = 2595 * np.log10(1 + rate_hz / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top_mel, n_mels + 2) / 2595) - 1)
    hz = np.linspace(0, rate_hz / 2, n_fft // 2 + 1)
    rise = (hz[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hz[None]) / (edges[2:] - edges[1:-1])[:, None]
    return torch.from_numpy(np.maximum(0, np.minimum(rise, fall)).astype(np.float32))


def mel_power(samples: Tensor) -> Tensor:
    """samples (B, n) at 24 kHz -> mel power (B, 80, n // 300)."""
    n = samples.shape[-1] // HOP
    spectrum = torch.stft(samples, _N_FFT, HOP, _WINDOW, torch.hann_window(_WINDOW), return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    return (mel_bank(_N_FFT, 80, _BANK_RATE_HZ) @ power)[..., :n]


def energy(samples: Tensor) -> Tensor:
    """samples (B, n) -> log of the norm of the mel power, (B, n // 300), natural log."""
    return torch.log((mel_power(samples) + 1e-5).norm(dim=1))


def cepstra(samples: Tensor, n_cepstra: int = 20) -> Tensor:
    """samples (n,) -> mean- and variance-normalised cepstra with deltas, (n // 300, 2 n_cepstra)."""
    log_mel = torch.log(mel_power(samples[None])[0] + 1e-5)
    x = (_dct(80, n_cepstra) @ log_mel)[1:]
    x = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + 1e-5)
    wide = F.pad(x[None], (2, 2), mode="replicate")[0]
    delta = (2 * (wide[:, 4:] - wide[:, :-4]) + (wide[:, 3:-1] - wide[:, 1:-3])) / 10
    return torch.cat([x, 2 * delta]).T.contiguous()


@functools.cache
def _dct(n: int, k: int) -> Tensor:
    """Orthonormal cosine transform, (k, n)."""
    at = torch.arange(n)[None] + 0.5
    basis: Tensor = torch.cos(torch.pi / n * at * torch.arange(k)[:, None]) * (2 / n) ** 0.5
    basis[0] *= 0.5**0.5
    return basis
