"""Weights that h5py and Keras wrote: the rebuilt file has them octet for octet, in rows or in pieces."""

from pathlib import Path

import pytest

from bartizan.supply.rebuild.report import Rebuilt
from bartizan.supply.subject import Standing
from tests.supply.formats.made import made
from tests.supply.rebuild.written import held, kept, rebuilt, word


def test_datasets_are_those_that_h5py_reads_and_safetensors_writes(tmp_path: Path) -> None:
    said, new = rebuilt(made("weights.h5"), tmp_path)
    assert isinstance(said, Rebuilt), said
    assert held(new) == held(made("weights.safetensors"))
    assert [each.name for each in said.left] == ["soft", "t"]


@pytest.mark.parametrize("name", ["dense.h5", "dense.keras"])
def test_a_model_of_keras_becomes_its_weights(name: str, tmp_path: Path) -> None:
    shapes = sorted((each.dtype, each.shape) for each in kept(made(name), tmp_path).values())
    assert ("F32", (2, 1)) in shapes
    assert ("F32", (1,)) in shapes


@pytest.mark.parametrize("name", ["plain.h5", "latest.h5", "gz.h5"])
def test_either_kind_of_file_is_read(name: str, tmp_path: Path) -> None:
    assert len(kept(made(name), tmp_path)) == 1


@pytest.mark.parametrize("name", ["lzf.h5", "extst.h5", "vds.h5"])
def test_what_stands_elsewhere_or_needs_a_plug_in_is_refused(name: str, tmp_path: Path) -> None:
    assert word(made(name), tmp_path) in {"filter-unknown", "external-storage", "storage-unknown"}


def test_a_layer_of_code_without_weights_leaves_nothing_to_keep(tmp_path: Path) -> None:
    assert word(made("lambda.h5"), tmp_path) == "no-tensors"


def test_what_is_cut_off_or_goes_on_is_refused(tmp_path: Path) -> None:
    whole = made("weights.h5")
    assert word(whole[:-1], tmp_path) == "cut-off"
    assert word(whole + b"x", tmp_path) == "octets-left"


def test_a_piece_that_does_not_expand_to_what_it_is_is_refused(tmp_path: Path) -> None:
    whole = bytearray(made("weights.h5"))
    place = whole.index(b"\x78\x5e") if b"\x78\x5e" in whole else whole.index(b"\x78\x9c")
    whole[place + 12] ^= 0xFF
    assert word(bytes(whole), tmp_path) == "deflate-damaged"


def test_a_model_with_code_and_weights_keeps_the_weights(tmp_path: Path) -> None:
    said, _ = rebuilt(made("dense.keras"), tmp_path)
    assert isinstance(said, Rebuilt)
    assert said.verdict is Standing.INERT
    assert {"config.json", "metadata.json"} <= {each.name for each in said.left}
