"""Small files of each format, built octet by octet as the real libraries write them."""

import json
import struct
from collections.abc import Mapping, Sequence

U64 = struct.Struct("<Q")
U32 = struct.Struct("<I")


def safetensors(header: object, data: bytes, *, pad: bytes = b"") -> bytes:
    text = (header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()) + pad
    return U64.pack(len(text)) + text + data


def tensors() -> bytes:
    """Return two tensors, as safetensors 0.8 lays them out."""
    header = {
        "__metadata__": {"format": "pt"},
        "b": {"dtype": "I64", "shape": [4], "data_offsets": [0, 32]},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [32, 56]},
        "none": {"dtype": "F16", "shape": [0], "data_offsets": [56, 56]},
    }
    return safetensors(header, bytes(56), pad=b"   ")


def text(said: str | bytes) -> bytes:
    octets = said.encode() if isinstance(said, str) else said
    return U64.pack(len(octets)) + octets


def value(name: str, kind: int, octets: bytes) -> bytes:
    return text(name) + U32.pack(kind) + octets


def array(kind: int, octets: Sequence[bytes]) -> bytes:
    return U32.pack(kind) + U64.pack(len(octets)) + b"".join(octets)


def info(name: str, shape: Sequence[int], kind: int, offset: int) -> bytes:
    return (
        text(name) + U32.pack(len(shape)) + b"".join(map(U64.pack, shape)) + U32.pack(kind) + U64.pack(offset)
    )


def gguf(
    values: Sequence[bytes], infos: Sequence[bytes], data: bytes, *, version: int = 3, align: int = 32
) -> bytes:
    head = (
        b"GGUF"
        + U32.pack(version)
        + U64.pack(len(infos))
        + U64.pack(len(values))
        + b"".join(values)
        + b"".join(infos)
    )
    return head + bytes(-len(head) % align) + data


def gguf_model(template: str = "{{ messages[0]['content'] }}", **more: bytes) -> bytes:
    """Return a model with a value of each kind and tensors of three, as gguf-py 0.19 lays it out."""
    values = [
        value("general.architecture", 8, text("llama")),
        value("llama.block_count", 4, U32.pack(1)),
        value("general.flag", 7, b"\1"),
        value("general.small", 0, b"\1"),
        value("general.real", 12, bytes(8)),
        value("tokenizer.ggml.tokens", 9, array(8, [text("<s>"), text("a"), text(b"\xff")])),
        value("tokenizer.ggml.scores", 9, array(6, [bytes(4)] * 3)),
        value("x.nested", 9, array(9, [array(4, [bytes(4)]), array(7, [b"\0", b"\1"])])),
        value("tokenizer.chat_template", 8, text(template)),
        value("tokenizer.chat_templates", 9, array(8, [text("rag")])),
        *more.values(),
    ]
    infos = [info("t", [32, 2], 0, 0), info("h", [5], 1, 256), info("q", [32, 1], 2, 288)]
    return gguf(values, infos, bytes(256) + bytes(32) + bytes(32))


def settings(**members: object) -> bytes:
    return json.dumps(members).encode()


def mapping(document: Mapping[str, object]) -> bytes:
    return json.dumps(document).encode()
