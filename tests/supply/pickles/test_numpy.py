"""NumPy's arrays in pickles, npy files and joblib's: as NumPy writes them they are inert; what contradicts itself is not."""

import struct

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.arrays import read_joblib
from bartizan.supply.pickles.contracts.numpy import Array
from bartizan.supply.pickles.reading import read
from bartizan.supply.pickles.values import Blob, Made
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.pickles.built import reading
from tests.supply.pickles.written import dtype, joblib, npy, wrapper

ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\1b\x87R"


def array(kind: bytes, shape: bytes, data: bytes, protocol: int = 3) -> bytes:
    return bytes((0x80, protocol)) + ARRAY + b"(K\1" + shape + kind + b"\x89" + data + b"tb."


def octets(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def looked(data: bytes, name: str = "a.bin") -> ModelFile:
    return looker(known())(Octets(data, name), Budget())


FIELDS = (
    b"N(X\1\0\0\0aX\1\0\0\0bt}(X\1\0\0\0a"
    + dtype("f4")
    + b"K\0\x86X\1\0\0\0b"
    + dtype("i8")
    + b"K\4\x86uK\x0cK\1K\x10"
)


@pytest.mark.parametrize(
    "stream",
    [
        array(dtype("f8"), b"K\2\x85", octets(bytes(16))),
        array(dtype("f4", ">"), b"K\2K\3\x86", octets(bytes(24))),
        array(dtype("f8"), b")", octets(bytes(8))),
        array(dtype("U2", "<", b"NNNK\x08K\4K\x08"), b"K\1\x85", octets(bytes(8))),
        array(dtype("S5", "|", b"NNNK\5K\1K\0"), b"K\1\x85", octets(bytes(5))),
        array(dtype("O8", "|", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?"), b"K\2\x85", b"](K\1Ne"),
        array(dtype("V12", "|", FIELDS), b"K\2\x85", octets(bytes(24))),
        b"\x80\x03cnumpy.core.multiarray\nscalar\n" + dtype("f8") + octets(bytes(8)) + b"\x86R.",
    ],
)
def test_what_numpy_writes_is_inert(stream: bytes) -> None:
    assert reading(stream).reasons == ()


OBJECT = dtype("O8", "|", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?")
FAR = FIELDS.replace(b"K\4\x86", b"K\x09\x86")


@pytest.mark.parametrize(
    "stream",
    [
        array(dtype("f8"), b"K\3\x85", octets(bytes(16))),
        array(dtype("f8"), b"J\xff\xff\xff\xff\x85", octets(bytes(16))),
        array(dtype("f8"), b"](K\2e", octets(bytes(16))),
        array(dtype("f8"), b"(K\0\x8a\x08" + b"\xff" * 7 + b"\x0f\x8a\x08" + b"\xff" * 7 + b"\x0ft", octets(b"")),
        array(OBJECT, b"K\1\x85", octets(bytes(8))),
        array(OBJECT, b"K\3\x85", b"](K\1Ne"),
        array(dtype("V12", "|", FAR), b"K\2\x85", octets(bytes(24))),
        array(dtype("V12", "|", FIELDS.replace(dtype("f4"), OBJECT)), b"K\2\x85", octets(bytes(24))),
        array(dtype("f8", "<", b"NNNK\x10K\1K\0"), b"K\2\x85", octets(bytes(32))),
        array(dtype("f8", "<", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?"), b"K\2\x85", octets(bytes(16))),
        array(b"cnumpy\ndtype\nX\2\0\0\0f8\x89\x89\x87R(K\3X\1\0\0\0>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb", b"K\2\x85", octets(bytes(16))),
        array(dtype("f8")[:-1] + b"q\x09" + b"b(K\3X\1\0\0\0>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb", b"K\2\x85", octets(bytes(16))),
        b"\x80\x03cnumpy.core.multiarray\nscalar\n" + dtype("f8") + octets(bytes(7)) + b"\x86R.",
        b"\x80\x03cnumpy.core.multiarray\nscalar\n" + OBJECT + octets(bytes(8)) + b"\x86R.",
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmatrix\nK\0\x85C\1b\x87R.",
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x09\x85C\1b\x87R.",
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\nccollections\nOrderedDict\nK\0\x85C\1b\x87R.",
    ],
)  # fmt: skip
def test_a_state_that_contradicts_itself_is_refused_since_numpy_trusts_it(stream: bytes) -> None:
    found = reading(stream)
    assert found.reasons
    assert not {each.standing for each in found.reasons} & {Standing.INERT}


def test_a_type_that_an_array_relies_on_cannot_change_under_it() -> None:
    kind = dtype("f8")
    later = b"h\7(K\3X\1\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    bare = kind[: kind.index(b"R") + 1] + b"q\7"
    stream = b"\x80\x03(" + ARRAY + b"(K\1K\2\x85" + bare + b"\x89" + octets(bytes(16)) + b"tb"
    assert reading(stream + b"t.").reasons == ()
    assert [each.word for each in reading(stream + later + b"t.").reasons] == ["state-refused"]


# ---- npy ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "file",
    [
        npy("'<f8'", "(2, 3)", bytes(48)), npy("'|u1'", "(3,)", bytes(3)), npy("'<f4'", "()", bytes(4)), npy("'<M8[ns]'", "(0,)", b""),
        npy("[('a', '<f4'), ('b', '<i8', (2,))]", "(2,)", bytes(40)), npy("'<U3'", "(1,)", bytes(12), 2), npy("[('ä', '<f4')]", "(1,)", bytes(4), 3),
        npy("'|O'", "(2,)", array(OBJECT, b"K\2\x85", b"](K\1Ne")),
    ],
)  # fmt: skip
def test_an_npy_file_is_inert(file: bytes) -> None:
    found = looked(file)
    assert (found.format, found.standing, found.reasons) == ("npy", Standing.INERT, ())


@pytest.mark.parametrize(
    "file",
    [
        npy("'<f8'", "(2, 3)", bytes(47)), npy("'<f8'", "(2, 3)", bytes(49)), npy("'<q8'", "(1,)", bytes(8)), npy("'<f3'", "(1,)", bytes(3)), npy("__import__('os')", "(1,)", b""),
        npy("'<f8'", "(-1,)", b""), npy("'<f8'", "(1,)", bytes(8)).replace(b"False", b"Maybe"), npy("'<f8'", "(1,)", bytes(8), 1).replace(b"\x93NUMPY\1", b"\x93NUMPY\4"),
        npy("'<f8'", "(" + "1, " * 4000 + ")", bytes(8)), b"\x93NUMPY", npy("[[('a', '<f4')]]", "(1,)", bytes(4)), npy("'|O'", "(1,)", array(OBJECT, b"K\2\x85", b"](K\1Ne") + b"x"),
    ],
)  # fmt: skip
def test_an_npy_file_that_numpy_does_not_write_so_is_not_understood(file: bytes) -> None:
    assert looked(file).standing is Standing.UNKNOWN


def test_an_array_of_objects_is_judged_as_the_pickle_that_it_is() -> None:
    file = looked(npy("'|O'", "(1,)", b"\x80\x03cos\nsystem\nX\2\0\0\0id\x85R."))
    assert (file.format, file.standing) == ("npy", Standing.MALICIOUS)


# ---- joblib ---------------------------------------------------------------------------------------------------
NUMBERS = struct.pack("<3d", 1, 2, 3)


def test_a_file_of_joblib_is_inert_and_tells_where_its_arrays_are() -> None:
    stream = joblib(NUMBERS, 3)
    file = looked(stream)
    assert (file.format, file.standing, file.reasons) == ("joblib", Standing.INERT, ())
    plain = read(memoryview(stream), Budget())
    root = read_joblib(memoryview(stream), Budget(), plain).root
    assert isinstance(root, list)
    (made,) = root
    assert isinstance(made, Made)
    assert isinstance(made.detail, Array)
    assert isinstance(made.detail.data, Blob)
    assert stream[made.detail.data.start :][:24] == NUMBERS


def test_objects_of_a_joblib_file_are_a_pickle_of_their_own() -> None:
    head = b"\x80\x02](" + wrapper((2,), OBJECT)
    assert looked(head + array(OBJECT, b"K\2\x85", b"](K\1Ne") + b"e.").reasons == ()
    evil = looked(head + b"\x80\x03cos\nsystem\nX\2\0\0\0id\x85R." + b"e.")
    assert evil.standing is Standing.MALICIOUS


@pytest.mark.parametrize(
    "stream",
    [
        joblib(NUMBERS, 3)[:-1], joblib(NUMBERS, 3) + b"x", joblib(NUMBERS, 300), joblib(NUMBERS, 2), joblib(NUMBERS, 3).replace(b"\xff\xff", b"\xff\0", 1),
        joblib(NUMBERS, 3).replace(b"X\1\0\0\0C", b"X\1\0\0\0K"), joblib(NUMBERS, 3).replace(b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"),
        joblib(NUMBERS, 3).replace(b"allow_mmap", b"allow_more"), b"\x80\x02" + wrapper((3,), dtype("f8")) + b".",
    ],
)  # fmt: skip
def test_an_array_that_is_not_as_its_wrapper_says_is_not_understood(stream: bytes) -> None:
    assert looked(stream).standing is Standing.UNKNOWN


def test_what_joblib_reads_as_an_array_and_pickle_would_run_is_not_inert() -> None:
    payload = b"cos\nsystem\nX\2\0\0\0id\x85R."
    hidden = b"K\1" + payload + b"." * (24 - len(payload))
    head = b"\x80\x02](" + wrapper((4,), dtype("f8")).replace(
        b"X\x1b\0\0\0numpy_array_alignment_bytesK\x10", b""
    )
    file = looked(head + hidden.ljust(32, b".") + b"e.")
    assert file.standing is Standing.MALICIOUS
    assert "two-readings" in {each.word for each in file.reasons}


def test_an_estimator_that_no_table_has_needs_code_in_a_file_of_joblib_too() -> None:
    tree = b"csklearn.tree._classes\nDecisionTreeOfMine\n)\x81}X\1\0\0\0a" + wrapper((3,), dtype("f8"))
    head = b"\x80\x02" + tree
    padding = 16 - (len(head) + 1) % 16
    file = looked(head + bytes((padding,)) + b"\xff" * padding + NUMBERS + b"sb.")
    assert (file.format, file.standing) == ("joblib", Standing.CODE)
    assert [each.word for each in file.reasons] == ["code-named"]


def test_a_matrix_in_a_file_of_joblib_is_an_array_too() -> None:
    whole = joblib(NUMBERS, 3)
    plain, matrix = b"cnumpy\nndarray\n", b"cnumpy.matrixlib.defmatrix\nmatrix\n"
    assert looked(whole).standing is Standing.INERT
    head = b"\x80\x02](" + wrapper((3,), dtype("f8"), matrix)
    padding = 16 - (len(head) + 1) % 16
    stream = head + bytes((padding,)) + b"\xff" * padding + NUMBERS + b"e."
    assert looked(stream).standing is Standing.INERT
    assert plain in whole
    called = b"\x80\x02" + matrix + b"X\1\0\0\0a\x85R."
    assert [each.word for each in looked(called).reasons] == ["call-refused"]


def test_several_arrays_in_a_row_are_one_file() -> None:
    one = npy("'<f8'", "(3,)", NUMBERS)
    for row in (one * 2, one * 5, one + npy("'<f8'", "(0,)", b"")):
        assert looked(row, "a.npy").standing is Standing.INERT
    for row in (
        one * 2 + b"\0",
        one + one[:-1],
        one + b"\x93NUMPY",
        one + npy("'|O'", "(1,)", b"cos\nsystem\n."),
    ):
        assert looked(row, "a.npy").standing is not Standing.INERT


def test_whole_numbers_of_python_2_stand_in_headers() -> None:
    assert looked(npy("'<f8'", "(3L,)", NUMBERS), "a.npy").standing is Standing.INERT
