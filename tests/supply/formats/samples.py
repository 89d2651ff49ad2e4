"""Inert files of every format that is ours, for properties that hold for all of them."""

from bartizan.supply.format import Format
from bartizan.supply.formats import (
    catboost,
    gguf,
    hdf5,
    jinja,
    json,
    lightgbm,
    onnx,
    safetensors,
    saved_model,
    tensor_bundle,
    xgboost,
    yaml,
)
from tests.supply.formats import built, wired
from tests.supply.formats.made import made

SAMPLES: dict[str, tuple[Format, bytes]] = {
    "safetensors": (safetensors.FORMAT, built.tensors()),
    "gguf": (gguf.FORMAT, built.gguf_model()),
    "onnx": (onnx.FORMAT, wired.onnx_model()),
    "hdf5": (hdf5.FORMAT, made("plain.h5")),
    "hdf5 of the latest kind": (hdf5.FORMAT, made("latest.h5")),
    "keras-h5": (hdf5.FORMAT, made("dense.h5")),
    "xgboost": (xgboost.FORMAT, made("booster.ubj")),
    "lightgbm": (lightgbm.FORMAT, made("booster.txt").rstrip(b"\n")),
    "catboost": (catboost.FORMAT, made("classifier.cbm")),
    "saved-model": (saved_model.FORMAT, made("dense.pb")),
    "tensor-bundle": (tensor_bundle.FORMAT, made("variables.index")),
    "json": (
        json.FORMAT,
        b'{"model_type":"llama","chat_template":"{{ a }}","x":[1,{"_target_":"torch.nn.Linear"}]}',
    ),
    "yaml": (yaml.FORMAT, b"a: &x [1, {b: c}]\nd: *x\n"),
    "jinja": (jinja.FORMAT, b"{% for m in messages %}{{ m['content'] }}{% endfor %}"),
}
OPEN = {"jinja", "json", "lightgbm", "onnx", "saved-model", "yaml"}
"""Formats that may go on after any end."""
TEXTS = {"jinja", "yaml"}
"""Formats that may end anywhere."""
ENDING = [name for name in SAMPLES if name not in OPEN]
EXACT = [name for name in SAMPLES if name not in TEXTS]
