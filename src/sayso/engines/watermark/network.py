"""The stacks of convolutions of the watermark, and the converter of their published weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from sayso.errors import BadArtifact

WEIGHTS = "perth/perth.safetensors"
REACH = 15
"""How many frames a stack sees on either side of a frame."""

_LAYERS = 7


class Stack:
    """Seven convolutions over time with leaky ReLUs between them: (T, 128) -> (T, c).

    As products of matrices, time first: on the processor that is faster than a convolution, most of all for
    the short pieces of a stream.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """`tensors` by the names that `convert` gives them; each weight is (taps * inputs, outputs)."""
        self._layers = [(tensors[f"{i}.weight"], tensors[f"{i}.bias"]) for i in range(_LAYERS)]

    def __call__(self, levels: Tensor) -> Tensor:
        """(T, 128) -> (T, c), with silence beyond both ends."""
        hidden = levels
        for i, (weight, bias) in enumerate(self._layers):
            taps = len(weight) // hidden.shape[1]
            if taps > 1:
                # Each row beside its neighbours: one long product instead of `taps` short ones.
                padded = functional.pad(hidden, (0, 0, taps // 2, taps // 2))
                hidden = padded.as_strided((len(hidden), len(weight)), (hidden.shape[1], 1))
            hidden = torch.addmm(bias, hidden, weight)
            if i < _LAYERS - 1:
                hidden = functional.leaky_relu_(hidden)
        return hidden


def load(file: Path, prefix: str) -> Stack:
    """One stack of the converted weights: `encoder`, or `slow`, `normal`, `fast` of the detector."""
    from safetensors import safe_open

    # Whoever asks first may be in inference mode, whose tensors are of no use outside it.
    with torch.inference_mode(False), safe_open(str(file), framework="pt") as tensors:
        return Stack(
            {
                name.removeprefix(f"{prefix}."): tensors.get_tensor(name)
                for name in tensors.keys()  # noqa: SIM118 - a safe_open file is no mapping
                if name.startswith(f"{prefix}.")
            }
        )


def convert(pickle_file: Path, out_file: Path) -> None:
    """Take the weights out of the published checkpoint; same input, same bytes.

    The checkpoint is a pickle: torch reads it with an unpickler that builds tensors and nothing else,
    once, when the weights are fetched.
    """
    from pickle import UnpicklingError

    from safetensors.torch import save

    stacks = {
        "encoder": "encoder.layers",
        "slow": "decoder.slow_layers",
        "normal": "decoder.normal_layers",
        "fast": "decoder.fast_layers",
    }
    try:
        state = torch.load(pickle_file, map_location="cpu", weights_only=True)["model"]
        wanted: dict[str, Tensor] = {}
        for ours, theirs in stacks.items():
            for i in range(_LAYERS):
                # (outputs, inputs, taps) -> (taps * inputs, outputs)
                weight = state[f"{theirs}.{i}.conv.weight"].permute(2, 1, 0)
                wanted[f"{ours}.{i}.weight"] = weight.reshape(-1, weight.shape[2]).contiguous()
                wanted[f"{ours}.{i}.bias"] = state[f"{theirs}.{i}.conv.bias"].contiguous()
    except (UnpicklingError, KeyError, RuntimeError, ValueError, AttributeError, TypeError) as problem:
        raise BadArtifact("this is not the watermark's checkpoint: it holds more than tensors") from problem
    out_file.write_bytes(save(wanted, metadata={"format": "sayso-perth-1"}))
