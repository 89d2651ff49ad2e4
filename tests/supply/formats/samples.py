"""Inert files of every format that is ours, for properties that hold for all of them."""

from bartizan.supply.format import Format
from bartizan.supply.formats import gguf, jinja, onnx, safetensors
from tests.supply.formats import built, wired

SAMPLES: dict[str, tuple[Format, bytes]] = {
    "safetensors": (safetensors.FORMAT, built.tensors()),
    "gguf": (gguf.FORMAT, built.gguf_model()),
    "onnx": (onnx.FORMAT, wired.onnx_model()),
    "jinja": (jinja.FORMAT, b"{% for m in messages %}{{ m['content'] }}{% endfor %}"),
}
OPEN = {"jinja", "onnx"}
"""Formats that may go on after any end."""
TEXTS = {"jinja"}
"""Formats that may end anywhere."""
ENDING = [name for name in SAMPLES if name not in OPEN]
EXACT = [name for name in SAMPLES if name not in TEXTS]
