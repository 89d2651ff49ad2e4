"""Graphs in Protocol Buffers: ONNX and SavedModel."""

from bartizan.supply.formats import onnx, saved_model
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.wired import entry, external, node, num, onnx_model, sub
from tests.supply.formats.wired import onnx as model

_SAVED = num(1, 1) + sub(
    2, sub(1, sub(4, "serve")), sub(2, sub(1, sub(1, "p"), sub(2, "RestoreV2"), sub(3, "q")))
)

TARGET = Target(
    modules=(
        "bartizan.supply.formats.onnx",
        "bartizan.supply.formats.saved_model",
        "bartizan.supply.parsers.protobuf",
        "bartizan.supply.parsers.saved_graph",
        "bartizan.supply.parsers.places",
    ),
    run=chosen((onnx.FORMAT, saved_model.FORMAT)),
    seeds=(
        b"\0" + onnx_model(),
        b"\0" + model(sub(5, external("../w", offset="1")), node("Evil", domain="e")),
        b"\0" + model(after=entry(14, "ort_config", "{}")),
        b"\1" + _SAVED,
    ),
    words=(b"location", b"../", b"Const", b"SaveV2", b"PartitionedCall", b"\x80", b"\xff\xff\xff\xff\x0f"),
    longest=1024,
)
