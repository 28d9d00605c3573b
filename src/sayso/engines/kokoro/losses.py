"""What an adaptation lowers: how far what is said is from what was recorded, and how unlike the speaker it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.engines.kokoro import features, network
from sayso.engines.likeness import SpeakerEncoder


def speaker_loss(encoder: SpeakerEncoder, embedding: NDArray[np.float32]) -> Callable[[Tensor], Tensor]:
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
        a, b = (magnitude(x, n_fft, hop, window) for x in (said, wanted))
        bank = features.mel_bank(n_fft, bands, network.RATE_HZ)
        total = total + (torch.log(bank @ a + 1e-4) - torch.log(bank @ b + 1e-4)).abs().mean()
        total = total + 0.5 * (a - b).norm() / (b.norm() + 1e-6)
    return total / len(_RESOLUTIONS)


def magnitude(x: Tensor, n_fft: int, hop: int, window: int) -> Tensor:
    """Samples (B, n) -> (B, n_fft / 2 + 1, frames)."""
    spectrum = torch.stft(x, n_fft, hop, window, torch.hann_window(window), return_complex=True)
    return torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-9)
