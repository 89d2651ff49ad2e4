"""Inert files of every format that is ours, for properties that hold for all of them."""

from bartizan.supply.format import Format
from bartizan.supply.formats import gguf, jinja, safetensors
from tests.supply.formats import built

SAMPLES: dict[str, tuple[Format, bytes]] = {
    "safetensors": (safetensors.FORMAT, built.tensors()),
    "gguf": (gguf.FORMAT, built.gguf_model()),
    "jinja": (jinja.FORMAT, b"{% for m in messages %}{{ m['content'] }}{% endfor %}"),
}
TEXTS = {"jinja"}
"""Formats that may end anywhere."""
EXACT = [name for name in SAMPLES if name not in TEXTS]
