"""Finds and loads the compiled kernels, picks an instruction set, and calls them on torch tensors."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from sayso.engines.kokoro.kernels.toom import DIRECT, Scheme, scheme_for

_ABI = 3
_CHUNK = 64
_MOST_POINTS_HALVED = 6
LINEAR, LEAKY, SNAKE = 0, 1, 2
_NOTHING, _MOMENTS, _GRADIENT = 0, 1, 2
INSTRUCTION_SETS = ("amx", "avx512", "avx2", "portable")
"""Best first. `portable` is for tests and other processors: torch is faster than it."""

_ints = [
    "batch",
    "n_in",
    "n_out",
    "c_in",
    "c_out",
    "dilation",
    "pad",
    "outputs",
    "points",
    "parts",
    "threads",
    "activation",
    "after",
    "affine_batch",
    "half",
]
_pointers = [
    "x",
    "moments",
    "affine",
    "alpha",
    "weights",
    "in_matrix",
    "out_matrix",
    "bias",
    "residual",
    "extra",
    "y",
    "moments_out",
    "z",
    "sums",
]


class _Conv(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in _ints),
        ("slope", ctypes.c_float),
        ("gain", ctypes.c_float),
        *((name, ctypes.c_void_p) for name in _pointers),
    ]


_p, _i = ctypes.c_void_p, ctypes.c_int64


class _Table(ctypes.Structure):
    _fields_ = [
        ("tile", ctypes.c_int64),
        ("deep", ctypes.c_int64),
        ("half", ctypes.c_int64),
        ("conv", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Conv))),
        ("moments", ctypes.CFUNCTYPE(ctypes.c_int, _p, _i, _i, _i, _i, _p)),
        ("norm_backward", ctypes.CFUNCTYPE(ctypes.c_int, _p, _p, _p, _p, _p, _p, _i, _i, _i, _i, _i, _p)),
    ]


def _at(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


@dataclass(frozen=True)
class Packed:
    """The weights of a convolution as the kernels want them."""

    scheme: Scheme
    kernel: int
    dilation: int
    pad: int
    c_in: int
    c_out: int
    weights: Tensor
    in_matrix: Tensor
    out_matrix: Tensor
    bias: Tensor | None


@dataclass(frozen=True)
class Before:
    """What happens to the rows before a convolution: normalisation and affine (both or neither), activation."""

    activation: int = LINEAR
    moments: Tensor | None = None
    affine: Tensor | None = None
    alpha: Tensor | None = None
    slope: float = 0.0


class Kernels:
    """The kernels of one instruction set. Tensors are contiguous float32 on the CPU; rows are (B, n, C)."""

    def __init__(self, name: str, table: _Table) -> None:
        self.name, self.tile, self._deep, self._table = name, int(table.tile), int(table.deep), table
        self.reads_halves = bool(table.half)

    @property
    def is_exact(self) -> bool:
        """Whether everything is multiplied in float32; otherwise in bfloat16, and added up in float32."""
        return self._deep == 0

    def pack(self, weight: Tensor, bias: Tensor | None, dilation: int, pad: int) -> Packed:
        """weight (c_out, c_in, kernel), bias (c_out,) -> packed, for zero padding `pad` on the left."""
        c_out, c_in, kernel = weight.shape
        scheme = scheme_for(kernel, c_in) if self.is_exact else DIRECT
        inside, _, outside = (torch.from_numpy(m) for m in scheme.matrices())
        weights = self._floats(weight.detach(), scheme) if self.is_exact else self._tiles(weight.detach())
        return Packed(
            scheme, kernel, dilation, pad, c_in, c_out, weights,
            inside.float().contiguous(), outside.float().contiguous(),
            None if bias is None else bias.detach().contiguous(),
        )  # fmt: skip

    def halved(self, packed: Packed) -> Packed:
        """The same with weights of half the bytes, rounded to 11 bits, where these kernels read such; else `packed`.

        Products and sums stay in float32. Kernels that were transformed to many points stay whole: the transform back
        makes thirty times as much of the rounding, 0.7 % of the largest value (docs/lab/kernels.md).
        """
        if (
            not self.reads_halves
            or packed.weights.dtype != torch.float32
            or packed.scheme.points > _MOST_POINTS_HALVED
        ):
            return packed
        weights = packed.weights.half()
        return replace(packed, weights=weights) if weights.isfinite().all() else packed

    def _tiles(self, weight: Tensor) -> Tensor:
        """In the order that product_bf16.h reads."""
        c_out, c_in, kernel = weight.shape
        half, tiles = self.tile // 2, -(-c_out // self.tile)
        w = F.pad(weight, (0, 0, 0, -c_in % self._deep, 0, tiles * self.tile - c_out)).bfloat16()
        pieces = []
        for part in w.split(_CHUNK, 1):
            # tile, half, column, block of `deep` channels, pair of them, one of the two, tap
            cut = part.view(tiles, 2, half, -1, self._deep // 2, 2, kernel)
            pieces.append(cut.permute(0, 6, 3, 1, 4, 2, 5).flatten(1))
        return torch.cat(pieces, 1).contiguous()

    def _floats(self, w: Tensor, scheme: Scheme) -> Tensor:
        """In the order that product_f32.h reads, kernels transformed."""
        c_out, c_in, kernel = w.shape
        of_kernel = torch.from_numpy(scheme.matrices()[1])
        parts = scheme.parts(kernel)
        tiles = -(-c_out // self.tile)
        if scheme.points > 1:
            taps = parts * scheme.taps
            w = F.pad(w, (0, taps - kernel)).view(c_out, c_in, parts, scheme.taps)
            w = (w @ of_kernel.T.float()).flatten(2)  # (c_out, c_in, parts * points)
        w = F.pad(w, (0, 0, 0, 0, 0, tiles * self.tile - c_out))
        # -> tile of outputs, point, part, input channel, output channel within the tile
        w = w.view(tiles, self.tile, c_in, parts, scheme.points).permute(0, 4, 3, 2, 1)
        pieces = [w[:, :, :, c : c + _CHUNK].flatten(2) for c in range(0, c_in, _CHUNK)]
        return torch.cat(pieces, 2).contiguous()

    def conv(
        self,
        packed: Packed,
        x: Tensor,
        n_out: int,
        before: Before,
        *,
        residual: Tensor | None = None,
        extra: Tensor | None = None,
        gain: float = 1.0,
        with_moments: bool = False,
        z: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """gain * (convolution of before(x) + residual + extra), and its moments (B, 2, C) or None.

        With `z`, x goes into the convolution as it is, and the result is taken for the gradient of before(z):
        returns the gradient of what goes into the activation, and sums (B, 3, C) over it, over its product with
        the normalised z, and over the gradient of alpha.
        """
        B, n_in, _ = x.shape
        y = x.new_empty(B, n_out, packed.c_out)
        out = None
        if with_moments or z is not None:
            out = x.new_zeros(B, 3 if z is not None else 2, packed.c_out)
        scheme = packed.scheme
        call = _Conv(
            B, n_in, n_out, packed.c_in, packed.c_out, packed.dilation, packed.pad,
            scheme.outputs, scheme.points, scheme.parts(packed.kernel), torch.get_num_threads(), before.activation,
            _GRADIENT if z is not None else _MOMENTS if with_moments else _NOTHING,
            1 if before.affine is None else before.affine.shape[0], packed.weights.dtype == torch.float16,
            before.slope, gain, _at(x), _at(before.moments), _at(before.affine), _at(before.alpha),
            _at(packed.weights), _at(packed.in_matrix), _at(packed.out_matrix), _at(packed.bias),
            _at(residual), _at(extra), _at(y), _at(out), _at(z), _at(out),
        )  # fmt: skip
        self._check(self._table.conv(ctypes.byref(call)))
        return y, out

    def moments(self, x: Tensor) -> Tensor:
        """Rows (B, n, C) -> mean and 1 / deviation over n, (B, 2, C)."""
        out = x.new_zeros(x.shape[0], 2, x.shape[2])
        self._check(self._table.moments(_at(x), *x.shape, torch.get_num_threads(), _at(out)))
        return out

    def norm_backward(self, g: Tensor, x: Tensor, moments: Tensor, affine: Tensor, sums: Tensor) -> Tensor:
        """Gradient of the normalised and scaled rows, and its sums from `conv` -> gradient of x."""
        dx = torch.empty_like(x)
        self._check(
            self._table.norm_backward(
                _at(g),
                _at(x),
                _at(moments),
                _at(affine),
                _at(sums),
                None,
                x.shape[0],
                affine.shape[0],
                x.shape[1],
                x.shape[2],
                torch.get_num_threads(),
                _at(dx),
            )
        )
        return dx

    @staticmethod
    def _check(code: int) -> None:
        if code == -1:
            raise MemoryError("no memory for a convolution")
        if code:
            raise RuntimeError(f"the kernels refused a convolution ({code}): sizes or scheme unknown to them")


def _loaded(file: Path) -> ctypes.CDLL | str:
    try:
        # After torch: both then share one OpenMP runtime, and one pool of threads.
        library = ctypes.CDLL(str(file))
        if library.sayso_abi() != _ABI:
            return f"{file.name} is of another version; run pip install again"
    except (OSError, AttributeError) as problem:
        return f"{file.name} does not load: {problem}"
    return library


@cache
def _library() -> ctypes.CDLL | str:
    """The loaded library, or why there is none."""
    here = Path(__file__).parent
    files = sorted(here.glob("_kernels*.so"))
    if not files:
        return "not compiled (pip install compiles them where there is a C compiler)"
    loaded = [_loaded(file) for file in files]
    library = next((found for found in loaded if isinstance(found, ctypes.CDLL)), None)
    if library is None:
        return str(loaded[0])
    library.sayso_kernels_for.restype = ctypes.POINTER(_Table)
    library.sayso_kernels_for.argtypes = [ctypes.c_char_p]
    return library


@cache
def kernels(name: str) -> Kernels | str:
    """The kernels for an instruction set, or why there are none."""
    library = _library()
    if isinstance(library, str):
        return library
    table = library.sayso_kernels_for(name.encode())
    return Kernels(name, table.contents) if table else f"this processor has no {name}"


@cache
def best() -> Kernels | str:
    """The fastest kernels this machine runs that are faster than torch, or why there are none.

    SAYSO_KERNELS names an instruction set instead, or `none`.
    """
    wanted = os.environ.get("SAYSO_KERNELS", "")
    if wanted == "none":
        return "switched off by SAYSO_KERNELS"
    if wanted:
        return kernels(wanted)
    for name in INSTRUCTION_SETS[:-1]:
        found = kernels(name)
        if isinstance(found, Kernels):
            return found
    return found
