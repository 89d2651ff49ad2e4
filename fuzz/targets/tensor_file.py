"""Files of tensors: safetensors and GGUF. One that is inert ends where it ends, and nowhere else."""

from bartizan.supply.formats import gguf, safetensors
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.built import gguf_model, tensors

TARGET = Target(
    modules=(
        "bartizan.supply.formats.gguf",
        "bartizan.supply.formats.safetensors",
        "bartizan.supply.parsers.cursor",
    ),
    run=chosen((safetensors.FORMAT, gguf.FORMAT), ended=frozenset({"safetensors", "gguf"})),
    seeds=(b"\0" + tensors(), b"\1" + gguf_model()),
    words=(
        b'"dtype":"F32"',
        b'"shape":[',
        b'"data_offsets":[',
        b"general.alignment",
        b"chat_template",
        b"\xff" * 8,
    ),
    longest=2048,
)
