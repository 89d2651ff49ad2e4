"""Messages of Protocol Buffers that are files: a tensor of ONNX alone, and a vocabulary of SentencePiece."""

from bartizan.supply.formats import onnx_tensor, sentencepiece
from fuzz.model_files import chosen
from fuzz.target import Target
from tests.supply.formats.wired import tensor, vocabulary

TARGET = Target(
    modules=(
        "bartizan.supply.formats.onnx_tensor",
        "bartizan.supply.formats.sentencepiece",
        "bartizan.supply.parsers.protobuf",
    ),
    run=chosen((onnx_tensor.FORMAT, sentencepiece.FORMAT)),
    seeds=(b"\0" + tensor(), b"\1" + vocabulary()),
    words=(
        b"\x15\0\0\0\0",
        b"\x12\0",
        b"\x1a\0",
        b"\x6a",
        b"\x70\1",
        b"\x08\2",
        b"\x0a\x05\x0a",
        b"\xff" * 9 + b"\1",
    ),
    longest=1024,
)
