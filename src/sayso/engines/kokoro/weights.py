"""Pinned weights -> tensors of our network.

The weights come as an ONNX graph whose matrices are 8-bit integers: one scale and zero point an output of
a matrix, a direction of an LSTM, or a tensor of the rest. `convert` takes them out once, at fetch time, and writes them under our
names, still as integers: 82 MB on disk. `load` dequantises them: w = scale * (q - zero_point), exact in
float32. Nothing is unpickled; the file is safetensors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.errors import BadArtifact

FORMAT = "sayso-kokoro-weights-1"

# Longest first; the left side is how the exporter spelt the module, the right side is ours.
_RENAMES = (
    (
        r"^encoder\.bert\.encoder\.albert_layer_groups\.0\.albert_layers\.0\.attention\.LayerNorm",
        "bert.layer.attention_norm",
    ),
    (
        r"^encoder\.bert\.encoder\.albert_layer_groups\.0\.albert_layers\.0\.full_layer_layer_norm",
        "bert.layer.output_norm",
    ),
    (r"^encoder\.bert\.encoder\.albert_layer_groups\.0\.albert_layers\.0\.(attention\.)?", "bert.layer."),
    (r"^encoder\.bert\.encoder\.embedding_hidden_mapping_in", "bert.project"),
    (r"^encoder\.bert\.embeddings\.LayerNorm", "bert.norm"),
    (r"^encoder\.bert\.embeddings\.(word|position|token_type)_embeddings", r"bert.\1"),
    (r"^encoder\.bert_encoder", "bert_to_hidden"),
    (r"^encoder\.text_encoder\.cnn\.(\d)\.0", r"text_encoder.cnn.\1.conv"),
    (r"^encoder\.text_encoder\.cnn\.(\d)\.cnn\.\d\.0", r"text_encoder.cnn.\1.conv"),
    (r"^encoder\.text_encoder\.cnn\.(\d)\.1\.gamma", r"text_encoder.cnn.\1.norm.weight"),
    (r"^encoder\.text_encoder\.cnn\.(\d)\.1\.beta", r"text_encoder.cnn.\1.norm.bias"),
    (r"^encoder\.text_encoder", "text_encoder"),
    (r"^encoder\.predictor\.duration_proj\.linear_layer", "predictor.duration"),
    (r"^encoder\.predictor\.text_encoder\.lstms", "predictor.text_encoder"),
    (r"^encoder\.predictor", "predictor"),
    (r"^encoder\.", "predictor."),
    (r"^decoder\.decoder\.asr_res(\.asr_res)?\.0", "decoder.asr_res"),
    (r"^decoder\.decoder\.generator\.m_source\.l_linear", "decoder.generator.source"),
    (r"^decoder\.decoder", "decoder"),
)


def our_name(theirs: str) -> str:
    """The name of a module or parameter in our network, from its name in the exported graph."""
    for pattern, ours in _RENAMES:
        renamed, n = re.subn(pattern, ours, theirs)
        if n:
            return renamed
    return theirs


def _gates(matrix: NDArray[Any]) -> NDArray[Any]:
    """(..., 4h) with gates in ONNX order i, o, f, c -> torch order i, f, c, o."""
    i, o, f, c = np.split(matrix, 4, axis=-1)
    return np.concatenate([i, f, c, o], axis=-1)


def extract(onnx_file: Path) -> dict[str, NDArray[Any]]:
    """Read the graph: our names -> arrays.

    Integer arrays come with `<name>#scale` and `<name>#zero`, of one value or one a row.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(onnx_file)).graph
    inits = {t.name: t for t in graph.initializer}

    def array(name: str) -> NDArray[Any]:
        return np.array(numpy_helper.to_array(inits[name]))

    out: dict[str, NDArray[Any]] = {}

    def put(name: str, source: str, transpose: bool = False) -> None:
        values = array(source)
        if values.dtype in (np.int8, np.uint8):
            stem = source.removesuffix("_quantized")
            out[name + "#scale"] = array(stem + "_scale").astype(np.float32).reshape(-1)
            # The exporter merged equal zero points under one tensor's name: the node knows which.
            out[name + "#zero"] = zero_points[source].reshape(-1)
        out[name] = np.ascontiguousarray(values.T if transpose else values)

    zero_points: dict[str, NDArray[Any]] = {}
    for node in graph.node:
        if node.op_type in {"ConvInteger", "MatMulInteger"} and node.input[1] in inits:
            zero_points[node.input[1]] = array(node.input[3])
        elif node.op_type == "DynamicQuantizeLSTM":
            zero_points[node.input[1]] = array(node.input[9])
            zero_points[node.input[2]] = array(node.input[11])
    for node in graph.node:
        module = our_name(node.name.lstrip("/").rsplit("/", 1)[0].replace("/", "."))
        if node.op_type == "MatMulInteger" and node.input[1] in inits:
            if re.search(r"\.(query|key|value|dense|ffn|ffn_output)_\d+$", module):
                continue  # ALBERT says the same layer twelve times
            put(module + ".weight", node.input[1], transpose=True)
        elif node.op_type in {"ConvInteger", "Conv", "ConvTranspose"} and node.input[1] in inits:
            if "istft" not in node.name:
                put(module + ".weight", node.input[1])
        elif node.op_type == "DynamicQuantizeLSTM":
            bias = array(node.input[3])  # (2, 8h): input biases, then recurrent ones
            for kind, source in (("ih", node.input[1]), ("hh", node.input[2])):
                matrix, scale, zero = (
                    array(source),
                    array(source.replace("_quantized", "_scale")),
                    zero_points[source],
                )
                for direction, suffix in enumerate(("", "_reverse")):
                    name = f"{module}.weight_{kind}_l0{suffix}"
                    out[name] = np.ascontiguousarray(_gates(matrix[direction]).T)
                    out[name + "#scale"], out[name + "#zero"] = (
                        scale[direction : direction + 1],
                        zero[direction : direction + 1],
                    )
                    half = np.split(bias[direction], 2)[0 if kind == "ih" else 1]
                    out[f"{module}.bias_{kind}_l0{suffix}"] = _gates(half)
        elif node.op_type == "DequantizeLinear" and node.input[0].endswith("_quantized"):
            _embedding(node, graph, inits, array, out)
    for name in inits:
        if re.fullmatch(
            r"(encoder|decoder)\..*\.(bias|gamma|beta|alpha[12]\.\d|LayerNorm\.weight|full_layer_layer_norm\.weight)",
            name,
        ):
            out.setdefault(our_name(name), array(name).astype(np.float32))
    linear = next(n for n in graph.node if n.name.endswith("m_source/l_linear/MatMul"))
    out["decoder.generator.source.weight"] = array(linear.input[1]).T.copy()
    return out


def _embedding(node: Any, graph: Any, inits: Any, array: Any, out: dict[str, NDArray[Any]]) -> None:
    """An embedding is gathered as integers and dequantised after; find its table."""
    gather = next(n for n in graph.node if node.input[0] in n.output)
    table = gather.input[0]
    if table in inits:
        name = our_name(table.removesuffix("_quantized"))
        out[name] = array(table)
        out[name + "#scale"], out[name + "#zero"] = (
            array(node.input[1]).reshape(-1),
            array(node.input[2]).reshape(-1),
        )


def convert(onnx_file: Path, out_file: Path) -> None:
    """Write the weights of `onnx_file` as safetensors under our names; same input, same bytes."""
    from safetensors.numpy import save

    tensors = extract(onnx_file)
    # Raw bytes first and rename after: a killed fetch leaves no half file under the final name.
    aside = out_file.with_suffix(".part")
    aside.write_bytes(save(dict(sorted(tensors.items())), metadata={"format": FORMAT}))
    aside.replace(out_file)


def load(file: Path) -> dict[str, NDArray[Any]]:
    """Our names -> float32 arrays. Raises BadArtifact when the file is not ours."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="np") as weights:
            if (weights.metadata() or {}).get("format") != FORMAT:
                raise BadArtifact(f"{file.name} is not {FORMAT}; run `sayso models fetch`")
            raw = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError) as problem:
        raise BadArtifact(f"cannot read {file.name}: {problem}; run `sayso models fetch`") from problem
    out = {}
    for name, values in raw.items():
        if "#" in name:
            continue
        if values.dtype == np.float32:
            out[name] = values
        else:
            rows = (-1,) + (1,) * (values.ndim - 1)
            scale, zero = (raw[name + kind].astype(np.float32).reshape(rows) for kind in ("#scale", "#zero"))
            out[name] = (values.astype(np.float32) - zero) * scale
    return out
