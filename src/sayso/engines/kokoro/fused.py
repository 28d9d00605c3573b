"""Normalise, scale, activate, convolve: one step of the decoder as one pass, where our kernels are there.

`available()` says why not where they are not; everything then runs as plain torch operations, which are also the
reference the kernels are tested against. Convolution weights are constants for the kernels: a module whose weights
want a gradient goes through torch.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from sayso.engines.kokoro.kernels import library
from sayso.engines.kokoro.kernels.library import LEAKY, LINEAR, SNAKE, Before, Kernels, Packed

__all__ = [
    "LEAKY",
    "LINEAR",
    "SNAKE",
    "adain_snake",
    "available",
    "conv_rows",
    "from_rows",
    "keep_packed_only",
    "linear",
    "moments",
    "to_rows",
    "ups_rows",
    "usable",
]


def adain_snake(x: Tensor, affine: Tensor, alpha: Tensor) -> Tensor:
    """snake((1 + gamma) * norm(x) + beta) with snake(u) = u + sin(alpha * u)^2 / alpha, in plain torch.

    x (B, C, n); affine (B or 1, 2C): gamma, then beta; alpha (1, C, 1).
    """
    gamma, beta = affine.unsqueeze(-1).chunk(2, dim=1)
    u = (1 + gamma) * F.instance_norm(x, eps=1e-5) + beta
    return u + torch.sin(alpha * u).square() / alpha


def available() -> tuple[bool, str]:
    """Whether our kernels are used, and the instruction set, or why not."""
    best = library.best()
    return (True, best.name) if isinstance(best, Kernels) else (False, best)


def usable(x: Tensor, module: nn.Module) -> bool:
    """Whether `module`'s convolutions can run on x through our kernels."""
    return (
        isinstance(library.best(), Kernels)
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and x.shape[-1] > 1  # torch refuses to normalise a single value: let it say so
        and not (torch.is_grad_enabled() and _learns(module))
    )


def _learns(module: nn.Module) -> bool:
    convs = (m for m in module.modules() if isinstance(m, nn.Conv1d | nn.ConvTranspose1d))
    return any(p.requires_grad for conv in convs for p in conv.parameters(recurse=False))


def to_rows(x: Tensor) -> Tensor:
    """(B, C, n) -> contiguous (B, n, C)."""
    return x.transpose(1, 2).contiguous()


def from_rows(x: Tensor) -> Tensor:
    """(B, n, C) -> (B, C, n), the same memory."""
    return x.transpose(1, 2)


def moments(x: Tensor) -> Tensor:
    """Rows (B, n, C) -> mean and 1 / deviation, (B, 2, C), for `conv_rows`. Outside of the graph of gradients."""
    return _kernels().moments(x.detach())


def conv_rows(
    conv: nn.Module,
    x: Tensor,
    *,
    moments: Tensor | None = None,
    affine: Tensor | None = None,
    activation: int = LINEAR,
    alpha: Tensor | None = None,
    slope: float = 0.0,
    residual: Tensor | None = None,
    extra: Tensor | None = None,
    gain: float = 1.0,
    with_moments: bool = False,
) -> tuple[Tensor, Tensor]:
    """gain * (conv(activation(affine(normalised x))) + residual + extra), and its moments where asked for.

    x rows (B, n, C_in), contiguous; `moments` of that x and `affine` (B or 1, 2 C_in) come together, or not at
    all; alpha with SNAKE, slope with LEAKY; residual and extra like the result (B, n_out, C_out).
    Gradients reach x, affine, alpha, residual and extra. The second result is empty unless `with_moments`.
    """
    if (
        not isinstance(conv, nn.Conv1d)
        or conv.stride != (1,)
        or conv.groups != 1
        or not isinstance(conv.padding, tuple)
    ):
        raise ValueError("a Conv1d of stride 1, one group and a padding in numbers, please")
    return _apply(
        _packed(conv), x, moments, affine, alpha, residual, extra, _How(activation, slope, gain, with_moments)
    )


def ups_rows(conv: nn.Module, x: Tensor, slope: float) -> Tensor:
    """conv(leaky_relu(x, slope)) for a kernel of twice the stride: rows (B, n, C_in) -> (B, n_out, C_out).

    Every input row then spreads over two strides, so a stride of outputs is a convolution of two taps that gives
    stride * C_out channels: the rows of the result, side by side.
    """
    if not isinstance(conv, nn.ConvTranspose1d):
        raise ValueError("a ConvTranspose1d, please")
    stride, pad = conv.stride[0], int(conv.padding[0])
    y, _ = _apply(_packed(conv), x, None, None, None, None, None, _How(LEAKY, slope, 1.0, False))
    y = y.view(x.shape[0], -1, conv.out_channels)
    return y[:, pad : pad + (x.shape[1] - 1) * stride - 2 * pad + conv.kernel_size[0]]


def linear(module: nn.Linear, x: Tensor) -> Tensor:
    """module(x), (B, n, C_in) -> (B, n, C_out): in tiles of bfloat16 where this machine has them, else torch's own."""
    best = library.best()
    tiles = isinstance(best, Kernels) and not best.is_exact
    if not tiles or x.dtype != torch.float32 or torch.is_grad_enabled():
        return module(x)  # type: ignore[no-any-return]
    return _apply(_packed(module), x, None, None, None, None, None, _How(LINEAR, 0.0, 1.0, False))[0]


@dataclass(frozen=True)
class _How:
    activation: int
    slope: float
    gain: float
    with_moments: bool


@dataclass
class _Pair:
    """A convolution packed for both directions; the way back when it is first needed."""

    key: object
    weight: Tensor | None
    """None once only the packed form is kept."""
    forward: Packed
    backward: Packed | None = None


_pairs: WeakKeyDictionary[nn.Module, _Pair] = WeakKeyDictionary()
_lock = threading.Lock()


def _kernels() -> Kernels:
    best = library.best()
    if isinstance(best, str):
        raise RuntimeError(f"no kernels: {best}")
    return best


def _packed(conv: nn.Conv1d | nn.ConvTranspose1d | nn.Linear) -> _Pair:
    weight = conv.weight
    key = tuple(
        (p.data_ptr(), 0 if p.is_inference() else p._version) for p in (weight, conv.bias) if p is not None
    )
    with _lock:
        pair = _pairs.get(conv)
        if pair is not None and pair.weight is None:
            return pair
        if pair is None or pair.key != key:
            pair = _pairs[conv] = _pack(conv, key)
        return pair


def _pack(conv: nn.Conv1d | nn.ConvTranspose1d | nn.Linear, key: object) -> _Pair:
    weight, bias = conv.weight.detach(), None if conv.bias is None else conv.bias.detach()
    if isinstance(conv, nn.Linear):
        weight, dilation, pad = weight.unsqueeze(-1), 1, 0
    elif isinstance(conv, nn.Conv1d):
        dilation, pad = conv.dilation[0], int(conv.padding[0])
    else:
        stride = conv.stride[0]
        if conv.kernel_size[0] != 2 * stride or conv.groups != 1 or conv.output_padding != (0,):
            raise ValueError("a kernel of twice the stride and one group, please")
        dilation, pad = 1, 1
        # (c_in, c_out, 2 stride) -> (stride * c_out, c_in, 2): the later half of the kernel meets the earlier row.
        halves = weight.reshape(*weight.shape[:2], 2, stride).flip(2)
        weight = halves.permute(3, 1, 0, 2).flatten(0, 1)
        bias = None if bias is None else bias.repeat(stride)
    packed = _kernels().pack(weight, bias, dilation, pad)
    return _Pair(key, weight, packed)


def keep_packed_only(root: nn.Module) -> int:
    """Give up the plain weights of every convolution in `root` that has been packed; returns bytes freed.

    What is left speaks through the kernels as before, with weights of half the size where the kernels read such, and
    can neither be adapted nor saved.
    """
    freed, kernels = 0, library.best()
    with _lock:
        for conv in root.modules():
            pair = _pairs.get(conv)
            if pair is None or pair.weight is None or not isinstance(conv, nn.Conv1d | nn.ConvTranspose1d):
                continue
            freed += conv.weight.numel() * conv.weight.element_size()
            whole = pair.forward.weights
            if isinstance(kernels, Kernels):
                pair.forward = kernels.halved(pair.forward)
            freed += whole.nbytes - pair.forward.weights.nbytes
            pair.weight = None
            conv.weight = nn.Parameter(conv.weight.new_empty(0), requires_grad=False)
    return freed


def _backward(pair: _Pair) -> Packed:
    """The convolution that takes gradients back: kernel turned round, channels swapped."""
    with _lock:
        if pair.backward is None:
            if pair.weight is None:
                raise RuntimeError("this network kept its packed weights only: load it anew to adapt a voice")
            forward = pair.forward
            pad = forward.dilation * (forward.kernel - 1) - forward.pad
            turned = pair.weight.transpose(0, 1).flip(2)
            pair.backward = _kernels().pack(turned, None, forward.dilation, pad)
        return pair.backward


def _apply(
    pair: _Pair,
    x: Tensor,
    moments: Tensor | None,
    affine: Tensor | None,
    alpha: Tensor | None,
    residual: Tensor | None,
    extra: Tensor | None,
    how: _How,
) -> tuple[Tensor, Tensor]:
    return _Step.apply(x, moments, affine, alpha, residual, extra, pair, how)  # type: ignore[no-any-return, no-untyped-call]


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        moments: Tensor | None,
        affine: Tensor | None,
        alpha: Tensor | None,
        residual: Tensor | None,
        extra: Tensor | None,
        pair: _Pair,
        how: _How,
    ) -> tuple[Tensor, Tensor]:
        packed = pair.forward
        x, affine = x.contiguous(), None if affine is None else affine.contiguous()
        alpha = None if alpha is None else alpha.contiguous()
        reach = packed.dilation * (packed.kernel - 1)
        n_out = x.shape[1] + 2 * packed.pad - reach
        before = Before(how.activation, moments, affine, alpha, how.slope)
        y, out = _kernels().conv(
            packed, x, n_out, before,
            residual=None if residual is None else residual.contiguous(),
            extra=None if extra is None else extra.contiguous(),
            gain=how.gain, with_moments=how.with_moments,
        )  # fmt: skip
        if out is None:
            out = x.new_empty(0)
        ctx.save_for_backward(x, moments, affine, alpha)
        ctx.pair, ctx.how = pair, how
        ctx.mark_non_differentiable(out)
        return y, out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        x, moments, affine, alpha = ctx.saved_tensors
        how: _How = ctx.how
        needs_x, _, needs_affine, needs_alpha, needs_residual, needs_extra, _, _ = ctx.needs_input_grad
        dy = dy.contiguous()
        direct = (dy if how.gain == 1.0 else dy * how.gain) if needs_residual or needs_extra else None
        dx = d_affine = d_alpha = None
        if needs_x or needs_affine or needs_alpha:
            kernels = _kernels()
            before = Before(how.activation, moments, affine, alpha, how.slope)
            plain = how.activation == LINEAR and affine is None
            dx, sums = kernels.conv(
                _backward(ctx.pair), dy, x.shape[1], before, gain=how.gain, z=None if plain else x
            )
            if needs_affine and sums is not None:
                d_affine = sums[:, :2].flip(1).flatten(1)
                if affine.shape[0] == 1:
                    d_affine = d_affine.sum(0, keepdim=True)
            if needs_alpha and sums is not None:
                d_alpha = sums[:, 2].sum(0).view_as(alpha)
            if needs_x and affine is not None and sums is not None:
                dx = kernels.norm_backward(dx, x, moments, affine, sums)
        return (
            dx if needs_x else None, None, d_affine, d_alpha,
            direct if needs_residual else None, direct if needs_extra else None, None, None,
        )  # fmt: skip
