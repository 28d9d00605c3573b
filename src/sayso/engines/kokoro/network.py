"""The Kokoro-82M network (StyleTTS 2 family), our own definition, one file.

Phoneme ids -> ALBERT and a text encoder -> durations, F0 and energy in the speaker's prosody style ->
an AdaIN decoder with an iSTFTNet head in the speaker's timbre style -> 24 kHz samples.

B batch, T phonemes, L frames of 600 samples (25 ms), 2L frames of 300 samples (F0 and energy), C channels.
Checked stage by stage against the published graph by tests/engines/test_kokoro_graph.py.

Sources: StyleTTS 2 (Li et al. 2023, arXiv 2306.07691), iSTFTNet (Kaneko et al. 2022, arXiv 2203.02395),
the harmonic source of Wang et al. 2019 (arXiv 1904.12088), Snake (Liu et al. 2020, arXiv 2006.08195).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from sayso.engines.kokoro import fused

RATE_HZ = 24_000
FRAME = 600
"""Samples a phone-level frame."""
STYLE = 128
N_SYMBOLS = 178
MAX_PHONEMES = 510
"""ALBERT has 512 positions; two go to the padding symbol at either end."""

_N_FFT, _HOP = 20, 5
_HARMONICS = 9
_SINE_AMPLITUDE = 0.1
_NOISE_VOICED = 0.003
VOICED_HZ = 10.0
"""Where pitch is below this, the source is noise alone."""


@dataclass(frozen=True, slots=True, eq=False)
class LowRank:
    """What a voice adds to a convolution of the resident network: two thin convolutions beside it (Hu et al. 2021,
    arXiv 2106.09685). The network's own weights stay as they are, so that voices can share them."""

    down: Tensor
    """(r, C_in, k), padded as the convolution is."""
    up: Tensor
    """(C_out, r)."""

    def __call__(self, x: Tensor) -> Tensor:
        """(B, C_in, n) -> (B, C_out, n), for odd k and no dilation."""
        return F.conv1d(F.conv1d(x, self.down, padding=self.down.shape[-1] // 2), self.up.unsqueeze(-1))


Deltas = Mapping[str, LowRank]
"""Module -> what is added to it, e.g. `decoder.encode.conv1`, `predictor.F0.0.conv2`, `predictor.duration`."""

NO_DELTAS: Deltas = {}


# --- text ---------------------------------------------------------------------------------------------


class _AlbertLayer(nn.Module):
    def __init__(self, hidden: int = 768, inner: int = 2048, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.dense = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.ffn, self.ffn_output = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        q, k, v = (
            fused.linear(f, x).view(B, T, self.heads, -1).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, C)
        x = self.attention_norm(x + fused.linear(self.dense, attended))
        inner = F.gelu(fused.linear(self.ffn, x), approximate="tanh")
        x = self.output_norm(x + fused.linear(self.ffn_output, inner))
        return x


class Albert(nn.Module):
    """Phoneme ids (B, T) -> (B, T, 768). One layer applied twelve times."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.position, self.token_type = (
            nn.Embedding(N_SYMBOLS, 128),
            nn.Embedding(512, 128),
            nn.Embedding(2, 128),
        )
        self.norm = nn.LayerNorm(128, eps=1e-12)
        self.project = nn.Linear(128, 768)
        self.layer = _AlbertLayer()

    def forward(self, ids: Tensor) -> Tensor:
        at = torch.arange(ids.shape[1], device=ids.device)
        x = self.project(self.norm(self.word(ids) + self.position(at) + self.token_type.weight[0]))
        for _ in range(12):
            x = self.layer(x)
        return x  # type: ignore[no-any-return]


class _TextConv(nn.Module):
    def __init__(self, C: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv1d(C, C, 5, padding=2), nn.LayerNorm(C)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x).transpose(1, 2)).transpose(1, 2)
        return F.leaky_relu(x, 0.2)


class TextEncoder(nn.Module):
    """Phoneme ids (B, T) -> what the decoder says, (B, 512, T)."""

    def __init__(self, C: int = 512) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, C)
        self.cnn = nn.ModuleList(_TextConv(C) for _ in range(3))
        self.lstm = nn.LSTM(C, C // 2, batch_first=True, bidirectional=True)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).transpose(1, 2)
        for block in self.cnn:
            x = block(x)
        return self.lstm(x.transpose(1, 2))[0].transpose(1, 2)  # type: ignore[no-any-return]


# --- style --------------------------------------------------------------------------------------------


class AdaIN(nn.Module):
    """Instance norm whose gain and offset come from the style: (1 + gamma) * norm(x) + beta.

    `affine` is (B or 1, 2C): gamma, then beta. It may be given from outside, since for one voice it is
    a constant: that is what a voice of ours adapts.
    """

    def __init__(self, C: int) -> None:
        super().__init__()
        self.fc = nn.Linear(STYLE, 2 * C)

    def forward(self, x: Tensor, affine: Tensor) -> Tensor:
        gamma, beta = affine.unsqueeze(-1).chunk(2, dim=1)
        return (1 + gamma) * F.instance_norm(x, eps=1e-5) + beta


class AdainResBlock(nn.Module):
    """(B, in, L) -> (B, out, L), or 2L where it upsamples."""

    def __init__(self, c_in: int, c_out: int, upsample: bool = False) -> None:
        super().__init__()
        self.norm1, self.norm2 = AdaIN(c_in), AdaIN(c_out)
        self.conv1, self.conv2 = nn.Conv1d(c_in, c_out, 3, padding=1), nn.Conv1d(c_out, c_out, 3, padding=1)
        self.conv1x1 = nn.Conv1d(c_in, c_out, 1, bias=False) if c_in != c_out else None
        self.pool = nn.ConvTranspose1d(c_in, c_in, 3, 2, 1, 1, groups=c_in) if upsample else None

    def forward(
        self, x: Tensor, affines: Iterator[Tensor], deltas: Deltas = NO_DELTAS, at: str = ""
    ) -> Tensor:
        """`deltas` of `at`.conv1 and `at`.conv2 are added."""
        more = deltas.get(f"{at}.conv1"), deltas.get(f"{at}.conv2")
        if fused.usable(x, self):
            return self._fused(x, next(affines), next(affines), *more)
        y = F.leaky_relu(self.norm1(x, next(affines)), 0.2)
        if self.pool is not None:
            x, y = F.interpolate(x, scale_factor=2.0, mode="nearest"), self.pool(y)
        y = self.conv1(y) if more[0] is None else self.conv1(y) + more[0](y)
        y = F.leaky_relu(self.norm2(y, next(affines)), 0.2)
        y = self.conv2(y) if more[1] is None else self.conv2(y) + more[1](y)
        if self.conv1x1 is not None:
            x = self.conv1x1(x)
        out: Tensor = (x + y) * math.sqrt(0.5)
        return out

    def _fused(
        self, x: Tensor, first: Tensor, second: Tensor, more1: LowRank | None, more2: LowRank | None
    ) -> Tensor:
        """The same through our kernels; what a delta convolves is activated a second time, in torch."""
        if self.pool is not None:
            y = self.pool(F.leaky_relu(self.norm1(x, first), 0.2))
            x = fused.to_rows(F.interpolate(x, scale_factor=2.0, mode="nearest"))
            y, moments = fused.conv_rows(
                self.conv1,
                fused.to_rows(y),
                with_moments=True,
                extra=None if more1 is None else fused.to_rows(more1(y)),
            )
        else:
            extra = None
            if more1 is not None:
                extra = fused.to_rows(more1(F.leaky_relu(self.norm1(x, first), 0.2)))
            x = fused.to_rows(x)
            y, moments = fused.conv_rows(
                self.conv1,
                x,
                moments=fused.moments(x),
                affine=first,
                activation=fused.LEAKY,
                slope=0.2,
                with_moments=True,
                extra=extra,
            )
        extra = None
        if more2 is not None:
            extra = fused.to_rows(more2(F.leaky_relu(self.norm2(fused.from_rows(y), second), 0.2)))
        if self.conv1x1 is not None:
            x, _ = fused.conv_rows(self.conv1x1, x)
        y, _ = fused.conv_rows(
            self.conv2,
            y,
            moments=moments,
            affine=second,
            activation=fused.LEAKY,
            slope=0.2,
            residual=x,
            extra=extra,
            gain=math.sqrt(0.5),
        )
        return fused.from_rows(y)


def _affines(block: nn.Module, style: Tensor) -> Iterator[Tensor]:
    """Gains and offsets of every AdaIN in `block` for a style (B, 128), in the order of use."""
    return iter([m.fc(style) for m in block.modules() if isinstance(m, AdaIN)])


# --- prosody ------------------------------------------------------------------------------------------


class _AdaLayerNorm(nn.Module):
    def __init__(self, C: int) -> None:
        super().__init__()
        self.fc = nn.Linear(STYLE, 2 * C)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        gamma, beta = self.fc(style).unsqueeze(1).chunk(2, dim=-1)
        out: Tensor = (1 + gamma) * F.layer_norm(x, x.shape[-1:], eps=1e-5) + beta
        return out


def _bi_lstm(c_in: int, C: int) -> nn.LSTM:
    return nn.LSTM(c_in, C // 2, batch_first=True, bidirectional=True)


class Predictor(nn.Module):
    """Durations, F0 and energy in a prosody style."""

    def __init__(self, C: int = 512) -> None:
        super().__init__()
        self.text_encoder = nn.ModuleList(
            m for _ in range(3) for m in (_bi_lstm(C + STYLE, C), _AdaLayerNorm(C))
        )
        self.lstm, self.shared = _bi_lstm(C + STYLE, C), _bi_lstm(C + STYLE, C)
        self.duration = nn.Linear(C, 50)
        self.F0, self.N = (
            nn.ModuleList(
                [AdainResBlock(C, C), AdainResBlock(C, C // 2, upsample=True), AdainResBlock(C // 2, C // 2)]
            )
            for _ in range(2)
        )
        self.F0_proj, self.N_proj = nn.Conv1d(C // 2, 1, 1), nn.Conv1d(C // 2, 1, 1)

    def encode(self, hidden: Tensor, style: Tensor) -> Tensor:
        """hidden (B, T, 512), style (B, 128) -> (B, T, 640)."""
        tail = style.unsqueeze(1).expand(-1, hidden.shape[1], -1)
        x = torch.cat([hidden, tail], -1)
        for lstm, norm in zip(self.text_encoder[::2], self.text_encoder[1::2], strict=True):
            x = torch.cat([norm(lstm(x)[0], style), tail], -1)
        return x

    def durations(self, encoded: Tensor, deltas: Deltas = NO_DELTAS) -> Tensor:
        """(B, T, 640) -> frames of 25 ms a phoneme, (B, T), not rounded."""
        x = self.lstm(encoded)[0]
        logits = self.duration(x)
        if (more := deltas.get("predictor.duration")) is not None:
            logits = logits + more(x.transpose(1, 2)).transpose(1, 2)
        return torch.sigmoid(logits).sum(-1)

    def curves(self, spread: Tensor, style: Tensor, deltas: Deltas = NO_DELTAS) -> tuple[Tensor, Tensor]:
        """Encoded phonemes spread over frames (B, L, 640) -> F0 in Hz (B, 2L) and log energy (B, 2L)."""
        shared = self.shared(spread)[0].transpose(1, 2)
        out = []
        for name, blocks, project in (("F0", self.F0, self.F0_proj), ("N", self.N, self.N_proj)):
            x, affines = shared, _affines(blocks, style)
            for i, block in enumerate(blocks):
                x = block(x, affines, deltas, f"predictor.{name}.{i}")
            out.append(project(x).squeeze(1))
        return out[0], out[1]


# --- decoder ------------------------------------------------------------------------------------------


class SnakeResBlock(nn.Module):
    """Three times AdaIN, Snake, dilated convolution, AdaIN, Snake, convolution, each added to its input."""

    def __init__(self, C: int, kernel: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(C, C, kernel, dilation=d, padding=d * (kernel - 1) // 2) for d in (1, 3, 5)
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(C, C, kernel, padding=(kernel - 1) // 2) for _ in range(3))
        self.adain1, self.adain2 = (nn.ModuleList(AdaIN(C) for _ in range(3)) for _ in range(2))
        self.alpha1, self.alpha2 = (
            nn.ParameterList(nn.Parameter(torch.ones(1, C, 1)) for _ in range(3)) for _ in range(2)
        )

    def forward(self, x: Tensor, affines: Iterator[Tensor]) -> Tensor:
        # The order in which `modules()` meets the AdaINs: first adain1.*, then adain2.*.
        first, second = [next(affines) for _ in range(3)], [next(affines) for _ in range(3)]
        if fused.usable(x, self):
            rows = fused.to_rows(x)
            return fused.from_rows(self.rows(rows, fused.moments(rows), [*first, *second]))
        for i in range(3):
            y = self.convs1[i](fused.adain_snake(x, first[i], self.alpha1[i]))
            x = x + self.convs2[i](fused.adain_snake(y, second[i], self.alpha2[i]))
        return x

    def rows(
        self,
        x: Tensor,
        moments: Tensor,
        affines: list[Tensor],
        extra: Tensor | None = None,
        gain: float = 1.0,
    ) -> Tensor:
        """gain * (the same on rows (B, n, C) + extra), through our kernels; `moments` are those of x."""
        for i in range(3):
            y, of_y = fused.conv_rows(
                self.convs1[i], x, moments=moments, affine=affines[i],
                activation=fused.SNAKE, alpha=self.alpha1[i], with_moments=True,
            )  # fmt: skip
            last = i == 2
            x, moments = fused.conv_rows(
                self.convs2[i], y, moments=of_y, affine=affines[3 + i],
                activation=fused.SNAKE, alpha=self.alpha2[i], residual=x, with_moments=not last,
                extra=extra if last else None, gain=gain if last else 1.0,
            )  # fmt: skip
        return x


class Generator(nn.Module):
    """(B, 512, 2L) and F0 -> samples (B, 600 L)."""

    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Linear(_HARMONICS, 1)
        self.noise_convs = nn.ModuleList([nn.Conv1d(22, 256, 12, 6, 3), nn.Conv1d(22, 128, 1)])
        self.noise_res = nn.ModuleList([SnakeResBlock(256, 7), SnakeResBlock(128, 11)])
        self.ups = nn.ModuleList(
            [nn.ConvTranspose1d(512, 256, 20, 10, 5), nn.ConvTranspose1d(256, 128, 12, 6, 3)]
        )
        self.resblocks = nn.ModuleList(SnakeResBlock(C, k) for C in (256, 128) for k in (3, 7, 11))
        self.conv_post = nn.Conv1d(128, 22, 7, padding=3)

    def harmonics(self, f0: Tensor, noise: Tensor | None) -> Tensor:
        """F0 in Hz (B, 2L) -> spectrum of the source, magnitude and phase: (B, 22, 120 L + 1).

        `noise` (B, 600 L, 9), standard normal, or None for none: the published graph has none, the
        published training code has it.
        """
        rate = (
            f0.unsqueeze(1)
            * torch.arange(1, _HARMONICS + 1, device=f0.device, dtype=f0.dtype).view(1, -1, 1)
            / RATE_HZ
        )
        # F0 is held for 300 samples; phase runs linearly between the middles of those stretches.
        phase = torch.cumsum((rate % 1.0).double(), -1) * (2 * math.pi * 300)
        sines = (
            torch.sin(F.interpolate(phase, scale_factor=300.0, mode="linear").float()).transpose(1, 2)
            * _SINE_AMPLITUDE
        )
        voiced = (f0.repeat_interleave(300, -1) > VOICED_HZ).unsqueeze(-1).to(f0.dtype)
        sines = sines * voiced
        if noise is not None:
            sines = sines + noise * (voiced * _NOISE_VOICED + (1 - voiced) * (_SINE_AMPLITUDE / 3))
        source = torch.tanh(self.source(sines)).squeeze(-1)
        spectrum = torch.stft(
            source.float(), _N_FFT, _HOP, window=torch.hann_window(_N_FFT), return_complex=True
        )
        return torch.cat([spectrum.abs(), spectrum.angle()], 1)

    def forward(self, x: Tensor, har: Tensor, affines: Iterator[Tensor]) -> Tensor:
        noise_affines = [[next(affines) for _ in range(6)] for _ in range(2)]
        if fused.usable(x, self):
            return self._samples(self._fused(x, har, noise_affines, affines))
        for i in range(2):
            source = self.noise_res[i](self.noise_convs[i](har), iter(noise_affines[i]))
            x = self.ups[i](F.leaky_relu(x, 0.1))
            if i == 1:
                x = F.pad(x, (1, 0), mode="reflect")
            x = x + source
            total = self.resblocks[3 * i](x, affines)
            for block in self.resblocks[3 * i + 1 : 3 * i + 3]:
                total = total + block(x, affines)
            x = total / 3
        return self._samples(self.conv_post(F.leaky_relu(x, 0.01)))

    def _fused(
        self, x: Tensor, har: Tensor, noise_affines: list[list[Tensor]], affines: Iterator[Tensor]
    ) -> Tensor:
        """What goes into `_samples`, through our kernels."""
        x = fused.to_rows(x)
        for i in range(2):
            source = fused.to_rows(self.noise_convs[i](har))
            source = cast(SnakeResBlock, self.noise_res[i]).rows(
                source, fused.moments(source), noise_affines[i]
            )
            x = fused.ups_rows(self.ups[i], x, 0.1)
            if i == 1:
                x = torch.cat([x[:, 1:2], x], 1)
            x = x + source
            moments, total = fused.moments(x), None
            blocks: list[SnakeResBlock] = list(self.resblocks[3 * i : 3 * i + 3])  # type: ignore[arg-type]
            for block in blocks:
                own = [next(affines) for _ in range(6)]
                total = block.rows(x, moments, own, total, 1 / 3 if block is blocks[-1] else 1.0)
            x = cast(Tensor, total)
        return fused.from_rows(fused.conv_rows(self.conv_post, x, activation=fused.LEAKY, slope=0.01)[0])

    def _samples(self, x: Tensor) -> Tensor:
        """Log magnitude and phase (B, 22, 120 L + 1) -> samples (B, 600 L)."""
        x = x.float()
        magnitude, phase = torch.exp(x[:, : _N_FFT // 2 + 1]), torch.sin(x[:, _N_FFT // 2 + 1 :])
        return torch.istft(torch.polar(magnitude, phase), _N_FFT, _HOP, window=torch.hann_window(_N_FFT))


class Decoder(nn.Module):
    """What is said, how high and how loud, in a timbre -> samples."""

    def __init__(self) -> None:
        super().__init__()
        self.F0_conv, self.N_conv = nn.Conv1d(1, 1, 3, 2, 1), nn.Conv1d(1, 1, 3, 2, 1)
        self.asr_res = nn.Conv1d(512, 64, 1)
        self.encode = AdainResBlock(514, 1024)
        self.decode = nn.ModuleList(
            [*(AdainResBlock(1090, 1024) for _ in range(3)), AdainResBlock(1090, 512, upsample=True)]
        )
        self.generator = Generator()

    def adains(self) -> list[AdaIN]:
        """Every AdaIN in the order in which `forward` takes its gains and offsets."""
        return [m for m in self.modules() if isinstance(m, AdaIN)]

    def affines(self, style: Tensor) -> Tensor:
        """Timbre style (B, 128) -> all gains and offsets, (B, 37396)."""
        return torch.cat([m.fc(style) for m in self.adains()], -1)

    def widths(self) -> list[int]:
        """How many values of `affines` each AdaIN takes."""
        return [m.fc.out_features for m in self.adains()]

    def forward(
        self,
        asr: Tensor,
        f0: Tensor,
        energy: Tensor,
        affines: Tensor,
        noise: Tensor | None = None,
        deltas: Deltas = NO_DELTAS,
    ) -> Tensor:
        """asr (B, 512, L), f0 and energy (B, 2L), affines (B or 1, 37396) -> samples (B, 600 L)."""
        parts = iter(affines.split(self.widths(), dim=-1))
        pitch, loud = self.F0_conv(f0.unsqueeze(1)), self.N_conv(energy.unsqueeze(1))
        x = self.encode(torch.cat([asr, pitch, loud], 1), parts, deltas, "decoder.encode")
        residue = self.asr_res(asr)
        for i, block in enumerate(self.decode):
            x = block(torch.cat([x, residue, pitch, loud], 1), parts, deltas, f"decoder.decode.{i}")
        har = self.generator.harmonics(f0, noise)
        return self.generator(x, har, parts)  # type: ignore[no-any-return]


class Kokoro(nn.Module):
    """All of it. `eval()` and no gradients unless somebody adapts a voice."""

    def __init__(self) -> None:
        super().__init__()
        self.bert, self.bert_to_hidden = Albert(), nn.Linear(768, 512)
        self.text_encoder, self.predictor, self.decoder = TextEncoder(), Predictor(), Decoder()

    @classmethod
    def from_weights(cls, arrays: Mapping[str, NDArray[np.float32]]) -> Kokoro:
        """The network around `arrays`, which it shares; for inference, with no gradients."""
        # Loaded from inside inference mode, the weights could never take part in an adaptation.
        with torch.inference_mode(False):
            with torch.device("meta"):  # no time spent on initialising what is replaced at once
                net = cls()
            net.load_state_dict(
                {name: torch.from_numpy(values) for name, values in arrays.items()}, assign=True
            )
            return net.eval().requires_grad_(False)

    def read(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Phoneme ids (B, T), 0 at both ends -> hidden (B, T, 512) for the predictor, (B, 512, T) for the decoder."""
        return self.bert_to_hidden(self.bert(ids)), self.text_encoder(ids)


def spread(x: Tensor, frames: Tensor) -> Tensor:
    """Repeat each of T steps of x (B, T, C) for `frames` (T,) frames -> (B, L, C)."""
    return torch.repeat_interleave(x, frames, dim=1)
