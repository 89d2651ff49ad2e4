"""HDF5: whatever a link leads to is walked; what leads to another file, or needs a plug-in, is told."""

import json

import pytest

from bartizan.supply.format import claims
from bartizan.supply.formats import safetensors
from bartizan.supply.formats.hdf5 import FORMAT
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.hdf5 import NOWHERE
from bartizan.supply.subject import ModelFile, Reason, Standing
from tests.supply.formats.built import U64
from tests.supply.formats.built import safetensors as tensors
from tests.supply.formats.looking import known_to_none, seen, words
from tests.supply.formats.made import made


@pytest.mark.parametrize("name", ["plain.h5", "latest.h5", "gz.h5", "str.h5", "dense.h5"])
def test_files_of_the_real_library_are_inert(name: str) -> None:
    read = seen(FORMAT, made(name))
    assert read.reasons == ()
    assert read.format == ("keras-h5" if name == "dense.h5" else "")


def test_a_model_with_a_lambda_needs_a_person() -> None:
    read = seen(FORMAT, made("lambda.h5"))
    assert (read.standing, words(read)) == (Standing.CODE, {"layer-code"})
    assert {reason.member for reason in read.reasons} == {"model_config"}


@pytest.mark.parametrize(
    ("name", "standing", "word"),
    [
        ("ext.h5", Standing.MALICIOUS, "external-link"),
        ("extst.h5", Standing.UNKNOWN, "external-storage"),
        ("vds.h5", Standing.UNKNOWN, "storage-unknown"),
        ("lzf.h5", Standing.UNKNOWN, "filter-unknown"),
        ("ref.h5", Standing.UNKNOWN, "type-unknown"),
    ],
)
def test_what_leads_out_of_a_file_is_told(name: str, standing: Standing, word: str) -> None:
    read = seen(FORMAT, made(name))
    assert (read.standing, words(read)) == (standing, {word})


def test_a_link_to_a_file_beside_is_not_understood() -> None:
    read = seen(FORMAT, made("ext.h5").replace(b"/etc/passwd", b"otherfile.h"))
    assert (read.standing, words(read)) == (Standing.UNKNOWN, {"external-link"})


def replaced(name: str, old: bytes, new: bytes) -> bytes:
    octets = made(name)
    assert octets.count(old) >= 1
    assert len(old) == len(new)
    return octets.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "standing", "word"),
    [
        (b'"class_name": "Dense"', b'"class_name": "Evils"', Standing.CODE, "class-custom"),
        (b'"module": "keras.initializers", "class_name": "Zeros"', b'"module": "os.keras.initializ", "class_name": "Zeros"',
         Standing.MALICIOUS, "class-dangerous"),
        (b'"name": "dense"', b'"name": "../..', Standing.UNKNOWN, "json-malformed"),
        (b'"name": "dense"', b'"name": "/dens"', Standing.MALICIOUS, "name-outside"),
        (b'{"class_name": "Sequential"', b'!"class_name": "Sequential"', Standing.UNKNOWN, "json-malformed"),
    ],
)  # fmt: skip
def test_the_configuration_within_is_judged(old: bytes, new: bytes, standing: Standing, word: str) -> None:
    new = new.ljust(len(old)) if len(new) < len(old) else new
    read = seen(FORMAT, replaced("dense.h5", old, new))
    assert read.standing is standing
    assert word in words(read)


def test_a_file_ends_where_it_says() -> None:
    octets = made("plain.h5")
    assert words(seen(FORMAT, octets + b"\0")) == {"octets-left"}
    assert words(seen(FORMAT, octets[:-1])) == {"cut-off"}


@pytest.mark.parametrize("before", [512, 1024, 4096])
def test_one_that_begins_later_where_readers_look_is_known_and_not_understood(before: int) -> None:
    octets = bytes(before) + made("plain.h5")
    assert words(seen(FORMAT, octets)) == {"user-block"}
    assert not FORMAT.knows(Octets(b"\0" + octets))


def test_tensors_that_are_hdf5_too_are_of_two_formats() -> None:
    data = bytes(512 - 8 - 64) + made("plain.h5")
    header = {"a": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}
    octets = Octets(tensors(header, data, pad=b" " * (64 - len(json.dumps(header, separators=(",", ":"))))))
    assert claims((FORMAT, safetensors.FORMAT), octets) == (FORMAT, safetensors.FORMAT)


@pytest.mark.parametrize("name", ["plain.h5", "latest.h5"])
def test_a_version_that_is_not_known_is_not_understood(name: str) -> None:
    octets = bytearray(made(name))
    octets[8] = 9
    assert words(seen(FORMAT, bytes(octets))) == {"version-unknown"}


def test_an_address_past_the_end_is_a_cut_file() -> None:
    octets = bytearray(made("latest.h5"))
    octets[36:44] = U64.pack(NOWHERE - 1)
    assert words(seen(FORMAT, bytes(octets))) == {"cut-off"}


def test_a_group_that_holds_itself_is_walked_once() -> None:
    octets = made("latest.h5")
    root = octets[36:44]
    data = U64.pack(int.from_bytes(root, "little"))
    at = octets.index(b"\x01a") + 2  # the hard link `a`
    looped = octets[:at] + data + octets[at + 8 :]
    assert seen(FORMAT, looped).standing is Standing.INERT


def test_a_tree_that_leads_to_itself_is_not_understood() -> None:
    octets = bytearray(made("plain.h5"))
    tree = octets.index(b"TREE")
    octets[tree + 5] = 1  # a level above the lowest
    octets[tree + 32 : tree + 40] = U64.pack(tree)
    assert words(seen(FORMAT, bytes(octets))) == {"hdf5-malformed"}


def test_an_attribute_that_is_a_pickle_is_judged_as_one() -> None:
    def takes_pickles(octets: Octets, budget: Budget) -> ModelFile:
        del budget
        assert bytes(octets.view) == b"\x80exe"
        return ModelFile("pickle", Standing.MALICIOUS, (Reason("x", "it runs", Standing.MALICIOUS),))

    octets = replaced("plain.h5", b"text", b"\x80exe")
    assert words(FORMAT.read(Octets(octets), Budget(), takes_pickles)) == {"pickled-attribute"}
    assert FORMAT.read(Octets(octets), Budget(), known_to_none).standing is Standing.INERT


def test_a_header_that_goes_on_in_itself_is_not_understood() -> None:
    octets = bytearray(made("dense.h5"))
    root = int.from_bytes(octets[64:72], "little")
    start = root + 16
    continued = b"\x10\0\x10\0\0\0\0\0" + U64.pack(start) + U64.pack(24)
    octets[start : start + len(continued)] = continued
    assert words(seen(FORMAT, bytes(octets))) == {"hdf5-malformed"}


def test_a_configuration_that_is_no_text_is_not_understood() -> None:
    octets = made("dense.h5")
    at = octets.index(b"model_config\0")
    kind = octets.index(b"\x19", at)  # a text of variable length
    assert words(seen(FORMAT, octets[:kind] + b"\x10" + octets[kind + 1 :])) == {"json-malformed"}


def test_work_is_bounded() -> None:
    assert words(seen(FORMAT, made("dense.h5"), Budget(operations=200))) == {"too-much-work"}
