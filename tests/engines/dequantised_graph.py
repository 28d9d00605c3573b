"""The published int8 graph, rewritten to run in float32 with its weights dequantised.

The graph quantises activations on the fly, which adds noise of its own. Taking that out leaves the
function our network must equal. Nothing of ours is used here but the path of the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper


def dequantised(file: Path, outputs: list[str]) -> bytes:
    """Serialised float32 graph of `file` which also gives the named intermediate tensors."""
    model = onnx.load(str(file))
    graph = model.graph
    inits = {t.name: t for t in graph.initializer}
    array = lambda name: np.array(numpy_helper.to_array(inits[name]))  # noqa: E731
    nodes = []
    made: dict[str, np.ndarray] = {}

    def constant(name: str, values: np.ndarray) -> str:
        made.setdefault(name, values.astype(np.float32))
        return name

    dynamic = {n.output[0] for n in graph.node if n.op_type == "DynamicQuantizeLinear"}
    integers = {o for n in graph.node if n.op_type in {"ConvInteger", "MatMulInteger"} for o in n.output}
    for n in graph.node:
        if n.op_type == "DynamicQuantizeLinear":
            nodes.append(helper.make_node("Identity", [n.input[0]], [n.output[0]]))
            # Scale one and zero point nought: what is multiplied back later is the weights' scale alone.
            nodes.append(helper.make_node("Identity", [constant("f32_one", np.ones(()))], [n.output[1]]))
        elif n.op_type in {"ConvInteger", "MatMulInteger"}:
            weight = array(n.input[1]).astype(np.float32) - array(n.input[3]).astype(np.float32)
            name = constant(n.input[1] + "_f32", weight)
            attributes = {a.name: helper.get_attribute_value(a) for a in n.attribute}
            kind = "Conv" if n.op_type == "ConvInteger" else "MatMul"
            nodes.append(helper.make_node(kind, [n.input[0], name], n.output, n.name, **attributes))
        elif n.op_type == "DynamicQuantizeLSTM":
            tensors = list(n.input)
            for at, scale, zero in ((1, 8, 9), (2, 10, 11)):
                values = (
                    array(tensors[at]).astype(np.float32)
                    - array(tensors[zero]).astype(np.float32)[:, None, None]
                )
                values = values * array(tensors[scale])[:, None, None]
                tensors[at] = constant(tensors[at] + "_f32", values.transpose(0, 2, 1))
            attributes = {a.name: helper.get_attribute_value(a) for a in n.attribute}
            nodes.append(helper.make_node("LSTM", tensors[:8], n.output, n.name, **attributes))
        elif (
            (n.op_type == "Floor" and "bias_quant_rounded" in n.name)
            or (n.op_type == "Cast" and "bias_quantized_node" in n.name)
            or (n.op_type == "Cast" and n.input[0] in integers)
        ):
            nodes.append(helper.make_node("Identity", n.input, n.output))
        else:
            nodes.append(n)
    assert dynamic
    assert integers
    del graph.node[:], graph.value_info[:]  # the old types of what we rewrote
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in made.items())
    graph.output.extend(helper.make_empty_tensor_value_info(name) for name in outputs)
    return model.SerializeToString()  # type: ignore[no-any-return]
