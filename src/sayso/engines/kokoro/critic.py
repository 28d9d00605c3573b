"""A critic that learns to tell what the decoder says from what was recorded, and so what still gives it away.

Spectral distances are content with the mean of what could have been said, which buzzes. The critic looks at log magnitudes at
three resolutions, at one of them in each step, as the least-squares critics of vocoders do (Mao et al. 2016, arXiv 1611.04076; Jang et al. 2021, arXiv
2106.07889), and is small: its looks must cost less than the decoder's. Its figures are in docs/lab/professional.md.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sayso.engines.kokoro.descent import Values, kept_state, restore_state
from sayso.engines.kokoro.losses import magnitude

_RESOLUTIONS = ((512, 120, 480), (1024, 240, 960), (2048, 300, 1200))
"""FFT size, hop, window."""
_CHANNELS = 16
_RATE, _BETAS = 3e-4, (0.8, 0.99)
_FLOOR = 1e-4
_QUIETEST = 1e-5
"""Power of a stretch in which there is nothing to judge."""


class Critic:
    """Three small networks and their optimiser; see `Companion` of descent.py for how it is kept."""

    def __init__(self, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._views = nn.ModuleList(_View(*resolution) for resolution in _RESOLUTIONS)
        self._optimiser = torch.optim.AdamW(self._views.parameters(), _RATE, betas=_BETAS, weight_decay=0.0)

    def learn(self, step: int, said: Tensor, recorded: Tensor) -> None:
        """One step from samples (1, n) at 24 kHz of either kind. `said` gets no gradient."""
        if not _is_loud(recorded):
            return
        view = self._view(step)
        right, _ = view(recorded)
        wrong, _ = view(said.detach())
        loss = (1 - right).square().mean() + wrong.square().mean()
        self._optimiser.zero_grad()
        loss.backward()
        if torch.isfinite(loss):
            self._optimiser.step()

    def disbelief(self, step: int, said: Tensor, recorded: Tensor) -> Tensor:
        """How far `said` (1, n) is from being taken for a recording, and its features from those of what was `recorded`."""
        if not _is_loud(recorded):
            return said.new_zeros(())
        view = self._view(step)
        view.requires_grad_(False)
        with torch.no_grad():
            _, wanted = view(recorded)
        verdict, found = view(said)
        view.requires_grad_(True)
        apart = [(a - b).abs().mean() / (b.abs().mean() + 1e-4) for a, b in zip(found, wanted, strict=True)]
        total: Tensor = (1 - verdict).square().mean() + torch.stack(apart).mean()
        return total

    def _view(self, step: int) -> nn.Module:
        return self._views[step % len(self._views)]

    def arrays(self) -> Values:
        """See Companion."""
        return kept_state(dict(self._views.named_parameters()), self._optimiser)

    def restore(self, arrays: Values) -> None:
        """See Companion."""
        restore_state(dict(self._views.named_parameters()), self._optimiser, arrays)


class _View(nn.Module):
    """Log magnitudes (1, bins, frames) -> a verdict for each patch, 1 a recording; and what it saw on the way."""

    def __init__(self, n_fft: int, hop: int, window: int) -> None:
        super().__init__()
        self._stft = n_fft, hop, window
        C = _CHANNELS
        self.layers = nn.ModuleList(
            [
                _conv(1, C, (9, 3), (1, 1)),
                *(_conv(C, C, (9, 3), (2, 1)) for _ in range(3)),
                _conv(C, C, (3, 3), (1, 1)),
            ]
        )
        self.last = _conv(C, 1, (3, 3), (1, 1))

    def forward(self, samples: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = torch.log(magnitude(samples, *self._stft).clamp(min=_FLOOR)).unsqueeze(1) / 3
        seen = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.1)
            seen.append(x)
        return self.last(x), seen


def _conv(c_in: int, c_out: int, kernel: tuple[int, int], stride: tuple[int, int]) -> nn.Module:
    padding = kernel[0] // 2, kernel[1] // 2
    layer: nn.Module = nn.utils.parametrizations.weight_norm(nn.Conv2d(c_in, c_out, kernel, stride, padding))
    return layer


def _is_loud(samples: Tensor) -> bool:
    return float(samples.square().mean()) >= _QUIETEST
