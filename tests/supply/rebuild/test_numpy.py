"""Arrays that NumPy wrote: the rebuilt file has them octet for octet; what is an object, a text or a field is told."""

import io
import zipfile
from pathlib import Path

import pytest

from bartizan.supply.rebuild.report import Rebuilt
from bartizan.supply.subject import Standing
from tests.supply.formats.made import made
from tests.supply.pickles.written import FLOATS, npy
from tests.supply.rebuild.written import Held, held, kept, rebuilt, word

PLAIN = npy("'<f4'", "(2, 3)", FLOATS)
EVIL = npy("'|O'", "(1,)", b"\x80\x02cposix\nsystem\nX\2\0\0\0id\x85R.")


def npz(*files: tuple[str, bytes], packed: bool = False) -> bytes:
    made_ = io.BytesIO()
    with zipfile.ZipFile(made_, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, octets in files:
            archive.writestr(name, octets)
    return made_.getvalue()


@pytest.mark.parametrize("name", ["arrays.npz", "packed.npz"])
def test_arrays_are_those_that_numpy_and_safetensors_write(name: str, tmp_path: Path) -> None:
    assert kept(made(name), tmp_path) == held(made("arrays.safetensors"))


def test_an_array_alone_is_the_tensor(tmp_path: Path) -> None:
    assert kept(PLAIN, tmp_path) == {"tensor": Held("F32", (2, 3), FLOATS)}


def test_the_first_axis_may_run_fastest(tmp_path: Path) -> None:
    fortran = PLAIN.replace(b"False", b"True ").replace(b"True ,", b"True,").replace(b" \n", b"  \n", 1)
    found = kept(fortran, tmp_path)["tensor"]
    assert found.octets == b"".join(FLOATS[4 * at : 4 * at + 4] for at in (0, 2, 4, 1, 3, 5))


@pytest.mark.parametrize("packed", [False, True])
def test_an_array_of_objects_is_cut_and_told(tmp_path: Path, *, packed: bool) -> None:
    said, new = rebuilt(npz(("w.npy", PLAIN), ("e.npy", EVIL), packed=packed), tmp_path)
    assert isinstance(said, Rebuilt)
    assert list(held(new)) == ["w"]
    assert (said.format, said.verdict) == ("npz", Standing.MALICIOUS)
    assert [(each.module, each.name, each.member) for each in said.cut] == [("posix", "system", "e.npy")]
    assert [each.name for each in said.left] == ["e"]


def test_texts_are_told_and_types_that_safetensors_lacks_refused(tmp_path: Path) -> None:
    texts = npy("'<U2'", "(1,)", bytes(8))
    said, new = rebuilt(npz(("w.npy", PLAIN), ("t.npy", texts)), tmp_path)
    assert isinstance(said, Rebuilt)
    assert list(held(new)) == ["w"]
    assert word(npz(("w.npy", npy("'<c16'", "(1,)", bytes(16)))), tmp_path) == "tensor-type"
    assert word(npz(("w.npy", npy("'>f4'", "(6,)", FLOATS))), tmp_path) == "tensor-type"


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    assert word(npz(("w.npy", PLAIN), ("a.txt", b"words\n")), tmp_path) == "not-rebuilt"
    assert word(npz(("w.npy", b"words\n")), tmp_path) == "npy-damaged"
    assert word(npz(("w.npy", PLAIN[:-1])), tmp_path) == "npy-damaged"
    assert word(npz(("w.npy", PLAIN + b"x")), tmp_path) == "octets-after"
    assert word(npz(("../w.npy", PLAIN)), tmp_path) == "name-unsafe"
    assert word(npz(("__metadata__.npy", PLAIN)), tmp_path) == "tensor-name"
