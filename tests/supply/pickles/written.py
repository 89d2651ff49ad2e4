"""Files as PyTorch, NumPy and joblib write them, put together from their parts; none of these libraries is needed."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping

from bartizan.supply.pickles.legacy import MAGIC

FLOATS = struct.pack("<6f", *range(6))


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def storage(key: str, count: int, class_: str = "FloatStorage", *, old: bool = False) -> bytes:
    """Return the instructions that refer to a storage, as `torch.save` writes them by protocol 2."""
    extra = b"N" if old else b""
    return (
        b"("
        + _text("storage")
        + b"ctorch\n"
        + class_.encode()
        + b"\n"
        + _text(key)
        + _text("cpu")
        + _int(count)
        + extra
        + b"tQ"
    )


def tensor(held: bytes, shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    """Return the instructions that make a tensor of a storage."""
    rows = b"".join(b"(" + b"".join(map(_int, row)) + b"t" for row in (shape, stride))
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + held
        + _int(offset)
        + rows
        + b"\x89ccollections\nOrderedDict\n)RtR"
    )


def state(tensors: Mapping[str, bytes]) -> bytes:
    """Return the pickle of a state dict, with its versions of layers beside it."""
    pairs = b"".join(_text(key) + made for key, made in tensors.items())
    metadata = b"}" + _text("_metadata") + b"ccollections\nOrderedDict\n)Rsb"
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + pairs + b"u" + metadata + b"."


def checkpoint(
    pickled: bytes, storages: Mapping[str, bytes], more: Mapping[str, bytes] | None = None
) -> bytes:
    """Return a checkpoint in a ZIP."""
    kept = io.BytesIO()
    members = {
        "data.pkl": pickled,
        "byteorder": b"little",
        **{f"data/{key}": value for key, value in storages.items()},
        "version": b"3\n",
        **(more or {}),
    }
    with zipfile.ZipFile(kept, "w") as archive:
        for name, octets in members.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), octets)
    return kept.getvalue()


def old(pickled: bytes, storages: Mapping[str, bytes], width: int = 4) -> bytes:
    """Return a file of PyTorch before version 1.6."""
    machine = {
        "protocol_version": 1001,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    heads = pickle.dumps(1001, 2) + pickle.dumps(machine, 2)
    pieces = b"".join(struct.pack("<q", len(value) // width) + value for value in storages.values())
    return MAGIC + heads + pickled + pickle.dumps(list(storages), 2) + pieces


WEIGHTS = state({"w": tensor(storage("0", 6), (2, 3), (3, 1))})
CHECKPOINT = checkpoint(WEIGHTS, {"0": FLOATS})
OLD = old(state({"w": tensor(storage("0", 6, old=True), (2, 3), (3, 1))}), {"0": FLOATS})


def npy(descr: str, shape: str, data: bytes, version: int = 1) -> bytes:
    """Return a file of NumPy with this header."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    width = 2 if version == 1 else 4
    padded = header.encode() + b" " * (-(len(header) + 7 + width + 2) % 64) + b"\n"
    return b"\x93NUMPY" + bytes((version, 0)) + len(padded).to_bytes(width, "little") + padded + data


def dtype(name: str, order: str = "<", rest: bytes = b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00") -> bytes:
    """Return the instructions that make a type of NumPy, by protocol 2."""
    return b"cnumpy\ndtype\n(" + _text(name) + b"\x89\x88tR(K\x03" + _text(order) + rest + b"tb"


def wrapper(shape: tuple[int, ...], kind: bytes, subclass: bytes = b"cnumpy\nndarray\n") -> bytes:
    """Return the instructions that stand before an array's octets in a file of joblib."""
    rows = b"(" + b"".join(map(_int, shape)) + b"t"
    said = {
        "subclass": subclass,
        "shape": rows,
        "order": _text("C"),
        "dtype": kind,
        "allow_mmap": b"\x88",
        "numpy_array_alignment_bytes": b"K\x10",
    }
    pairs = b"".join(_text(key) + value for key, value in said.items())
    return b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + pairs + b"ub"


def joblib(data: bytes, count: int) -> bytes:
    """Return a file of joblib that holds one array of floats of eight octets, in a list."""
    head = b"\x80\x02](" + wrapper((count,), dtype("f8"))
    padding = 16 - (len(head) + 1) % 16
    return head + bytes((padding,)) + b"\xff" * padding + data + b"e."
