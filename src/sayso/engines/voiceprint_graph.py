"""The published checkpoint of CAM++ -> an ONNX graph, so that the product needs no torch to know a speaker.

CAM++ (H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware
Masking"): a small residual network over the spectrogram, a densely connected network over time whose layers
mask themselves by what the whole recording sounds like, mean and deviation over time, a linear layer.
Batch norms are folded into the convolutions before them where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sayso.errors import BadArtifact

if TYPE_CHECKING:
    from onnx import ModelProto

State = Mapping[str, NDArray[np.float32]]

N_MELS, SIZE = 80, 192
"""Bands that go in, numbers that come out."""

_DILATIONS = (1, 2, 2)
"""Of the three dense blocks."""
_CONTEXT_FRAMES = 100
_EPSILON = 1e-5
_OPSET, _IR = 17, 9


def convert(pickle_file: Path, out_file: Path) -> None:
    """Make the graph of the published checkpoint; same input, same bytes.

    The checkpoint is a pickle: torch reads it with an unpickler that builds tensors and nothing else,
    once, when the weights are fetched.
    """
    from pickle import UnpicklingError

    import torch

    try:
        loaded = torch.load(pickle_file, map_location="cpu", weights_only=True)
        state = {name: tensor.numpy() for name, tensor in loaded.items() if tensor.is_floating_point()}
        graph = build(state)
    except (UnpicklingError, KeyError, RuntimeError, ValueError, AttributeError) as problem:
        raise BadArtifact("this is not the checkpoint of CAM++: it lacks tensors or holds more") from problem
    out_file.write_bytes(graph.SerializeToString(deterministic=True))


def build(state: State) -> ModelProto:
    """The graph: `features` (batch, frames, 80), mean removed -> `embedding` (batch, 192), not of unit length.

    Raises KeyError for a tensor that is missing.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph(state)
    x = graph.node("Transpose", "features", perm=[0, 2, 1])
    x = graph.node("Unsqueeze", x, graph.constant(np.array([1], np.int64)))
    x = _head(graph, x)
    x = _dense(graph, x)
    x = _pooled(graph, x)
    x = graph.node("Gemm", x, *_folded_linear(graph), transB=1)
    graph.nodes[-1].output[0] = "embedding"
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "campplus",
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", "frames", N_MELS])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", SIZE])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
        producer_name="sayso",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes and constants as they come about; names are numbers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(
        self, x: str, weights: str, norm: str | None = None, bias: str | None = None, **how: Any
    ) -> str:
        """A convolution by the tensor `weights`, the batch norm `norm` folded into it."""
        kernel = self.state[f"{weights}.weight"]
        shift = self.state[bias] if bias else None
        if norm:
            scale, shift = self.norm(norm)
            kernel = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
        inputs = [x, self.constant(kernel)] + ([] if shift is None else [self.constant(shift)])
        return self.node("Conv", *inputs, **how)

    def norm(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scale and shift of a batch norm, (channels,) each; some have no gain of their own."""
        state = self.state
        mean = state[f"{name}.running_mean"].astype(np.float64)
        scale = 1.0 / np.sqrt(state[f"{name}.running_var"].astype(np.float64) + _EPSILON)
        shift = -mean * scale
        if f"{name}.weight" in state:
            gain = state[f"{name}.weight"].astype(np.float64)
            scale, shift = scale * gain, shift * gain + state[f"{name}.bias"]
        return scale.astype(np.float32), shift.astype(np.float32)

    def norm_relu(self, x: str, name: str) -> str:
        scale, shift = self.norm(name)
        x = self.node("Mul", x, self.constant(scale[:, None]))
        return self.node("Relu", self.node("Add", x, self.constant(shift[:, None])))


def _head(graph: _Graph, x: str) -> str:
    """(batch, 1, 80, frames) -> (batch, 320, frames)."""
    same: dict[str, Any] = {"pads": [1, 1, 1, 1]}
    x = graph.node("Relu", graph.convolve(x, "head.conv1", "head.bn1", **same))
    for layer in ("layer1", "layer2"):
        for block in (0, 1):
            name = f"head.{layer}.{block}"
            stride: dict[str, Any] = {"strides": [1 if block else 2, 1]}
            y = graph.node("Relu", graph.convolve(x, f"{name}.conv1", f"{name}.bn1", **same, **stride))
            y = graph.convolve(y, f"{name}.conv2", f"{name}.bn2", **same)
            if not block:
                x = graph.convolve(x, f"{name}.shortcut.0", f"{name}.shortcut.1", **stride)
            x = graph.node("Relu", graph.node("Add", y, x))
    x = graph.node("Relu", graph.convolve(x, "head.conv2", "head.bn2", **same, strides=[2, 1]))
    channels = graph.state["xvector.tdnn.linear.weight"].shape[1]
    return graph.node("Reshape", x, graph.constant(np.array([0, channels, -1], np.int64)))


def _dense(graph: _Graph, x: str) -> str:
    """(batch, 320, frames) -> (batch, 512, frames / 2)."""
    name = "xvector.tdnn"
    x = graph.node(
        "Relu",
        graph.convolve(x, f"{name}.linear", f"{name}.nonlinear.batchnorm", strides=[2], pads=[2, 2]),
    )
    for number, dilation in enumerate(_DILATIONS, 1):
        layer = 1
        while f"xvector.block{number}.tdnnd{layer}.linear1.weight" in graph.state:
            y = _masked(graph, x, f"xvector.block{number}.tdnnd{layer}", dilation)
            x = graph.node("Concat", x, y, axis=1)
            layer += 1
        name = f"xvector.transit{number}"
        x = graph.convolve(graph.norm_relu(x, f"{name}.nonlinear.batchnorm"), f"{name}.linear")
    return graph.norm_relu(x, "xvector.out_nonlinear.batchnorm")


def _masked(graph: _Graph, x: str, name: str, dilation: int) -> str:
    """What a layer adds: a convolution, each channel of it weighed by the sound of the whole and of this second."""
    x = graph.norm_relu(x, f"{name}.nonlinear1.batchnorm")
    x = graph.node("Relu", graph.convolve(x, f"{name}.linear1", f"{name}.nonlinear2.batchnorm"))
    cam = f"{name}.cam_layer"
    y = graph.convolve(x, f"{cam}.linear_local", pads=[dilation, dilation], dilations=[dilation])
    whole = graph.node("ReduceMean", x, axes=[-1], keepdims=1)
    part = graph.node(
        "AveragePool", x, kernel_shape=[_CONTEXT_FRAMES], strides=[_CONTEXT_FRAMES], ceil_mode=1
    )
    # The mask is the same for all frames of a part: made once for each, then spread.
    mask = graph.node("Add", whole, part)
    mask = graph.node("Relu", graph.convolve(mask, f"{cam}.linear1", bias=f"{cam}.linear1.bias"))
    mask = graph.node("Sigmoid", graph.convolve(mask, f"{cam}.linear2", bias=f"{cam}.linear2.bias"))
    mask = graph.node("Unsqueeze", mask, graph.constant(np.array([3], np.int64)))
    mask = graph.node("Expand", mask, graph.constant(np.array([1, 1, 1, _CONTEXT_FRAMES], np.int64)))
    mask = graph.node("Reshape", mask, graph.constant(np.array([0, 0, -1], np.int64)))
    frames = graph.node("Shape", x, start=2, end=3)
    zero, two = (graph.constant(np.array([n], np.int64)) for n in (0, 2))
    return graph.node("Mul", y, graph.node("Slice", mask, zero, frames, two))


def _pooled(graph: _Graph, x: str) -> str:
    """(batch, 512, frames) -> (batch, 1024): mean and sample deviation over time."""
    mean = graph.node("ReduceMean", x, axes=[-1], keepdims=1)
    apart = graph.node("Sub", x, mean)
    total = graph.node("ReduceSum", graph.node("Mul", apart, apart), graph.constant(np.array([-1], np.int64)))
    frames = graph.node("Cast", graph.node("Shape", x, start=2, end=3), to=1)
    variance = graph.node("Div", total, graph.node("Sub", frames, graph.constant(np.ones(1, np.float32))))
    both = graph.node("Concat", mean, graph.node("Sqrt", variance), axis=1)
    return graph.node("Squeeze", both, graph.constant(np.array([2], np.int64)))


def _folded_linear(graph: _Graph) -> tuple[str, str]:
    scale, shift = graph.norm("xvector.dense.nonlinear.batchnorm")
    kernel = graph.state["xvector.dense.linear.weight"][:, :, 0]
    return graph.constant(kernel * scale[:, None]), graph.constant(shift)
