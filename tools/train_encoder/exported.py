"""The encoder as it is served: a network in ONNX whose weights are octets.

Rules of this file: the graph is written out here, for one window at a time, so it needs no mask. Weights have seven bits, one
scale a column, since with eight some processors overflow; a piece's numbers have eight, and one scale a piece.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from tools.train_encoder.network import EPSILON, HEADS, LAYERS, WIDE

_OPSET: Final = 17
Numbers = Mapping[str, Any]


class _Graph:
    def __init__(self) -> None:
        self.nodes, self.weights, self._count = list[Any](), list[Any](), 0

    def constant(self, value: Any, name: str = "") -> str:  # noqa: ANN401 - an array
        name = name or f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:  # noqa: ANN401
        self._count += 1
        out = f"n{self._count}"
        self.nodes.append(helper.make_node(kind, [*inputs], [out], name=out, **attributes))
        return out

    def linear(self, told: str, numbers: Numbers, name: str) -> str:
        weight = self.constant(np.ascontiguousarray(numbers[f"{name}.weight"].T), f"{name}.weight")
        return self.node("Add", [self.node("MatMul", [told, weight]), self.constant(numbers[f"{name}.bias"])])

    def normal(self, told: str, numbers: Numbers, name: str) -> str:
        ends = [self.constant(numbers[f"{name}.{end}"]) for end in ("weight", "bias")]
        return self.node("LayerNormalization", [told, *ends], axis=-1, epsilon=EPSILON)


def export(numbers: Numbers, file: Path) -> None:
    """Write the network of a fitted encoder.

    Args:
        numbers: its state, float32 arrays by name.
        file: to be written.
    """
    graph = _Graph()
    told = _embedded(graph, numbers)
    for number in range(LAYERS):
        told = _layer(graph, told, numbers, f"layers.{number}")
    mean = graph.node("ReduceMean", [told], axes=[1], keepdims=0)
    most = graph.node("ReduceMax", [told], axes=[1], keepdims=0)
    head = graph.linear(graph.node("Concat", [mean, most], axis=1), numbers, "head")
    graph.nodes.append(helper.make_node("Squeeze", [head, graph.constant(np.array([1]))], ["sum"]))
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "pieces"])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1])],
        graph.weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    whole = file.with_suffix(".whole")
    onnx.save(model, whole)
    quantize_dynamic(
        whole,
        file,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[node.name for node in graph.nodes if "head.weight" in node.input],
    )
    whole.unlink()


def _embedded(graph: _Graph, numbers: Numbers) -> str:
    table = numbers["pieces.weight"]
    scales = np.maximum(np.abs(table).max(1, keepdims=True), 1e-9) / 127
    octets = graph.constant(np.rint(table / scales).astype(np.int8), "pieces")
    picked = graph.node("Cast", [graph.node("Gather", [octets, "ids"])], to=TensorProto.FLOAT)
    scale = graph.node("Gather", [graph.constant(scales.astype(np.float32)), "ids"])
    places = graph.constant(numbers["places.weight"] + numbers["kind"])
    size = graph.node(
        "Slice", [graph.node("Shape", ["ids"]), *(graph.constant(np.array([at])) for at in (1, 2))]
    )
    zero = graph.constant(np.array([0]))
    mine = graph.node("Slice", [places, zero, size, zero])
    return graph.normal(graph.node("Add", [graph.node("Mul", [picked, scale]), mine]), numbers, "before")


def _layer(graph: _Graph, told: str, numbers: Numbers, name: str) -> str:
    shape = graph.constant(np.array([1, -1, HEADS, WIDE // HEADS]))
    asked, keys, values = (
        graph.node(
            "Transpose",
            [graph.node("Reshape", [graph.linear(told, numbers, f"{name}.{part}"), shape])],
            perm=perm,
        )
        for part, perm in (("asked", [0, 2, 1, 3]), ("keys", [0, 2, 3, 1]), ("values", [0, 2, 1, 3]))
    )
    root = graph.constant(np.float32((WIDE // HEADS) ** -0.5))
    seen = graph.node("Softmax", [graph.node("Mul", [graph.node("MatMul", [asked, keys]), root])], axis=-1)
    mixed = graph.node("Transpose", [graph.node("MatMul", [seen, values])], perm=[0, 2, 1, 3])
    flat = graph.node("Reshape", [mixed, graph.constant(np.array([1, -1, WIDE]))])
    told = graph.normal(
        graph.node("Add", [told, graph.linear(flat, numbers, f"{name}.mixed")]), numbers, f"{name}.first"
    )
    inner = graph.linear(told, numbers, f"{name}.inner")
    part = graph.node("Erf", [graph.node("Mul", [inner, graph.constant(np.float32(2**-0.5))])])
    gate = graph.node("Add", [part, graph.constant(np.float32(1))])
    bent = graph.node("Mul", [graph.node("Mul", [inner, gate]), graph.constant(np.float32(0.5))])
    outer = graph.linear(bent, numbers, f"{name}.outer")
    return graph.normal(graph.node("Add", [told, outer]), numbers, f"{name}.second")
