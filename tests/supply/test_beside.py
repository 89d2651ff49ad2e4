"""Tensors that lie in a file beside a graph: inert where each octet is one that an inert file beside says, or a zero between two."""

import json
from pathlib import Path

import pytest

from bartizan.supply.beside import DESCRIBED
from bartizan.supply.scan import Scanned, scan
from bartizan.supply.subject import Standing
from tests.supply.formats.wired import external, node, onnx, sub

RAW = bytes(range(128, 160)) * 4
"""Octets of no format."""


def model(*tensors: bytes) -> bytes:
    return onnx(node("Relu"), *(sub(5, each) for each in tensors))


def scanned(folder: Path) -> dict[str, Scanned]:
    return {each.path.name: each for each in scan([folder])}


def written(folder: Path, raw: bytes, *tensors: bytes) -> Scanned:
    (folder / "model.onnx").write_bytes(model(*tensors))
    (folder / "weights.bin").write_bytes(raw)
    found = scanned(folder)
    assert found["model.onnx"].file.standing is Standing.INERT
    return found["weights.bin"]


@pytest.mark.parametrize(
    ("raw", "tensors"),
    [
        (RAW, [external("weights.bin", offset="0", length="128")]),
        (RAW, [external("weights.bin")]),
        (RAW, [external("weights.bin", offset="64", length="64"), external("weights.bin", length="64")]),
        (
            RAW + bytes(64) + RAW,
            [external("weights.bin", length="128"), external("weights.bin", offset="192", length="128")],
        ),
        (RAW, [external("weights.bin", length="100"), external("weights.bin", offset="28", length="100")]),
    ],
)
def test_what_is_described_to_the_last_octet_is_inert(
    raw: bytes, tensors: list[bytes], tmp_path: Path
) -> None:
    found = written(tmp_path, raw, *tensors)
    assert (found.file.format, found.file.standing, found.findings) == (DESCRIBED, Standing.INERT, ())


@pytest.mark.parametrize(
    ("raw", "tensors"),
    [
        (RAW + b"\1", [external("weights.bin", length="128")]),
        (RAW + b"\0", [external("weights.bin", length="128")]),
        (RAW, [external("weights.bin", length="129")]),
        (
            RAW + RAW,
            [external("weights.bin", length="127"), external("weights.bin", offset="128", length="128")],
        ),
        (RAW, [external("other.bin", length="128")]),
        (RAW, []),
        (
            RAW + bytes(2 << 20) + RAW,
            [
                external("weights.bin", length="128"),
                external("weights.bin", offset=str(128 + (2 << 20)), length="128"),
            ],
        ),
    ],
)
def test_what_nobody_describes_is_not_understood(raw: bytes, tensors: list[bytes], tmp_path: Path) -> None:
    found = written(tmp_path, raw, *tensors)
    assert [each.word for each in found.file.reasons] == ["format-unknown"]


def test_a_file_of_tensors_that_is_named_alone_is_judged_by_its_folder(tmp_path: Path) -> None:
    written(tmp_path, RAW, external("weights.bin"))
    (found,) = scan([tmp_path / "weights.bin"])
    assert found.file.standing is Standing.INERT


@pytest.mark.parametrize(
    ("weights", "standing"),
    [
        ([{"name": "a", "shape": [4, 8], "dtype": "float32"}], Standing.INERT),
        (
            [
                {
                    "name": "a",
                    "shape": [64],
                    "dtype": "float32",
                    "quantization": {"dtype": "uint8", "min": 0, "scale": 1},
                },
                {"name": "b", "shape": [16], "dtype": "int32"},
            ],
            Standing.INERT,
        ),
        ([{"name": "a", "shape": [4, 7], "dtype": "float32"}], Standing.UNKNOWN),
        ([{"name": "a", "shape": [4, 9], "dtype": "float32"}], Standing.UNKNOWN),
        ([{"name": "a", "shape": [-1], "dtype": "string"}], Standing.UNKNOWN),
        ([{"name": "a", "shape": [True, 128], "dtype": "uint8"}], Standing.UNKNOWN),
    ],
)
def test_a_manifest_of_weights_describes_a_file_too(
    weights: list[object], standing: Standing, tmp_path: Path
) -> None:
    (tmp_path / "weights_manifest.json").write_text(json.dumps([{"weights": weights, "paths": ["w.bin"]}]))
    (tmp_path / "w.bin").write_bytes(RAW)
    found = scanned(tmp_path)
    assert found["weights_manifest.json"].file.standing is Standing.INERT
    assert found["w.bin"].file.standing is standing


def test_a_graph_that_is_not_inert_vouches_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(onnx(node("Evil", domain="evil"), sub(5, external("weights.bin"))))
    (tmp_path / "weights.bin").write_bytes(RAW)
    found = scanned(tmp_path)
    assert found["model.onnx"].file.standing is Standing.CODE
    assert found["weights.bin"].file.standing is Standing.UNKNOWN


def test_what_is_described_and_is_something_else_is_judged_as_that(tmp_path: Path) -> None:
    for raw, standing in (
        (b"\x80\x04cos\nsystem\nX\2\0\0\0id\x85R.", Standing.MALICIOUS),
        (b"I0x1\n0cos\nsystem\n(S'id'\ntR.\0\1\2", Standing.UNKNOWN),
    ):
        assert written(tmp_path, raw, external("weights.bin")).file.standing is standing
