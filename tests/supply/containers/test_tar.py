"""tar: what real writers write is read as they meant it; links, devices and whatever has two readings is refused."""

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.supply.containers.tar import knows, members
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from fuzz.targets.tar_archive import made, run

FORMS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def read(octets: bytes, budget: Budget | None = None) -> dict[str, bytes]:
    return {each.name: bytes(each.expand().view) for each in members(Octets(octets), budget or Budget())}


def refusal(octets: bytes) -> str:
    with pytest.raises(Damaged) as fault:
        read(octets)
    return fault.value.word


def archive(*files: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT, content: bytes = b"") -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w", format=form) as made_here:
        for file in files:
            file.size = len(content) if file.isreg() else 0
            made_here.addfile(file, io.BytesIO(content))
    return kept.getvalue()


def named(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = kind
    for field, value in fields.items():
        setattr(found, field, value)
    return found


def summed(header: bytes) -> bytes:
    """Return a header with its checksum made anew."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def put(octets: bytes, at: int, value: bytes) -> bytes:
    changed = octets[:at] + value + octets[at + len(value) :]
    return summed(changed[:512]) + changed[512:]


ONE = archive(named("data.pkl"), form=tarfile.USTAR_FORMAT, content=b"x" * 20)


# ---- what is read -------------------------------------------------------------------------------------------
@settings(max_examples=40)
@given(
    st.lists(st.text("abcäß漢0-_", min_size=1, max_size=60), unique_by=str.casefold, max_size=4),
    st.binary(max_size=1200),
    st.sampled_from(FORMS[1:]),
)
def test_what_tarfile_writes_is_read_as_it_was_meant(names: list[str], content: bytes, form: int) -> None:
    octets = archive(*(named(f"./{name}") for name in names), form=form, content=content)
    assert read(octets) == dict.fromkeys(names, content)
    assert not names or knows(Octets(octets))


def test_a_member_is_a_part_of_the_archive_and_no_copy() -> None:
    only = next(members(Octets(ONE), Budget()))
    assert (only.name, only.size, only.offset) == ("data.pkl", 20, 512)
    assert only.stored is only.expand()


def test_a_long_name_of_ustar_has_two_parts() -> None:
    name = f"{'d' * 90}/{'f' * 90}"
    assert list(read(archive(named(name), form=tarfile.USTAR_FORMAT))) == [name]


def test_folders_are_no_members() -> None:
    octets = archive(named(".", tarfile.DIRTYPE), named("./d/", tarfile.DIRTYPE), named("d/a"))
    assert list(read(octets)) == ["d/a"]


def test_what_has_neither_magic_nor_checksum_is_none() -> None:
    assert knows(Octets(ONE))
    assert knows(Octets(put(ONE, 257, bytes(8))))
    assert not knows(Octets(ONE[:148] + b"000000\0 " + ONE[156:]))
    assert not knows(Octets(bytes(1024)))
    assert not knows(Octets(ONE[:511]))


# ---- what is refused ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kind",
    [
        *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE),
        *(tarfile.FIFOTYPE, tarfile.CONTTYPE),
    ],
)
def test_what_is_no_file(kind: bytes) -> None:
    assert refusal(archive(named("a", kind, linkname="/etc/passwd"))) == "link"


@pytest.mark.parametrize("kind", [b"S", b"D", b"M", b"V", b"N", b"K", b"X", b"A", b"z", b"\xff"])
def test_what_is_of_a_kind_that_is_not_known(kind: bytes) -> None:
    assert refusal(put(ONE, 156, kind)) == "link"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\\b", "C:a", "a//b", "././a", "a\tb"])
def test_a_name_that_leads_elsewhere(name: str) -> None:
    assert refusal(archive(named(name))) == "name-unsafe"


@pytest.mark.parametrize(
    ("first", "second"), [("a", "a"), ("a", "A"), ("a", "./a"), ("a", "a/b"), ("ä", "a\u0308")]
)
def test_two_names_that_fall_together(first: str, second: str) -> None:
    assert refusal(archive(named(first), named(second))) == "name-twice"


@pytest.mark.parametrize(
    "fields",
    [
        {"GNU.sparse.name": "b"},
        {"GNU.sparse.size": "9"},
        {"linkpath": "b"},
        {"hdrcharset": "BINARY"},
        {"SCHILY.xattr.user.a": "b"},
        {"size": "20"},
        {"path": ""},
        {"size": "99999999999999999999"},
    ],
)
def test_a_header_of_pax_that_changes_what_is_read(fields: dict[str, str]) -> None:
    octets = archive(named("a", pax_headers=fields), content=b"x" * 20)
    with pytest.raises((Damaged, TooShort)):
        read(octets)


def test_a_header_of_pax_for_all_may_hold_a_comment_alone() -> None:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w", pax_headers={"comment": "4bc1d2"}) as made_here:
        made_here.addfile(named("a"))
    assert list(read(kept.getvalue())) == ["a"]
    assert refusal(kept.getvalue().replace(b"18 comment=4bc1d2\n", b"18 path=../../abc\n")) == "tar-damaged"


@pytest.mark.parametrize(
    "field", [b"9 path=a\n", b"99 path=a\n", b"10 path=a\0", b"10 path=a", b"0 =", b"path=abc\n"]
)
def test_a_header_of_pax_that_is_damaged(field: bytes) -> None:
    octets = archive(named("ä"))
    assert octets[512:].startswith(b"11 path=\xc3\xa4\n")
    changed = octets[:512] + field.ljust(11, b"x") + octets[523:]
    assert refusal(changed) == "tar-damaged"


def test_a_checksum_that_is_wrong() -> None:
    assert refusal(b"b" + ONE[1:]) == "tar-damaged"


@pytest.mark.parametrize(
    ("at", "value"),
    [(257, b"Ustar"), (263, b"01"), (9, b"x\0y"), (124, b"0000000002x"), (0, b"\xff"), (124, b"-1")],
)
def test_a_header_that_is_damaged(at: int, value: bytes) -> None:
    assert refusal(put(ONE, at, value)) == "tar-damaged"


@pytest.mark.parametrize("at", [100, 108, 116, 136, 329, 337])
def test_a_number_at_which_some_readers_take_the_archive_to_be_at_its_end(at: int) -> None:
    two = archive(named("a"), named("b"), form=tarfile.USTAR_FORMAT)
    second = summed(two[512 : 512 + at] + b"8" + two[513 + at : 1024])
    octets = two[:512] + second + two[1024:]
    with tarfile.open(fileobj=io.BytesIO(octets)) as opened:
        assert opened.getnames() == ["a"]
    assert refusal(octets) == "tar-damaged"


def test_a_prefix_where_some_readers_see_none() -> None:
    assert list(read(put(ONE, 345, b"d"))) == ["d/data.pkl"]
    assert refusal(put(put(ONE, 345, b"d"), 257, b"ustar  \0")) == "tar-damaged"


@pytest.mark.parametrize("size", [b"\x80" + bytes(7) + b"\1\0\0\0", b"\xff" * 12, b"\x80" + b"\xff" * 11])
def test_a_size_past_the_end(size: bytes) -> None:
    with pytest.raises((Damaged, TooShort)):
        read(put(ONE, 124, size))


@pytest.mark.parametrize("at", [532, 1023, 1024, 1536, len(ONE) - 1])
def test_octets_in_what_is_empty(at: int) -> None:
    with pytest.raises((Damaged, TooShort)):
        read(ONE[:at] + b"\1" + ONE[at + 1 :])


@pytest.mark.parametrize("end", range(0, 2048, 64))
def test_a_cut_off_archive_is_never_read(end: int) -> None:
    with pytest.raises((Damaged, TooShort)):
        read(ONE[:end])


def test_a_second_name_for_one_member() -> None:
    long = archive(named("x" * 120), form=tarfile.GNU_FORMAT)
    assert refusal(long[:1024] + long) == "tar-damaged"


def test_many_members_are_work() -> None:
    octets = archive(*(named(str(place)) for place in range(100)))
    with pytest.raises(Exhausted):
        read(octets, Budget(operations=99 * 64))


# ---- whatever becomes of a real one -------------------------------------------------------------------------
REAL = [
    made(),
    made(tarfile.USTAR_FORMAT, seconds=1),
    made(tarfile.GNU_FORMAT, "x" * 120, 1),
    made(tarfile.PAX_FORMAT, "ü" * 60, 1),
]


@settings(max_examples=400)
@given(st.sampled_from(REAL), st.data())
def test_however_octets_are_turned_nothing_is_read_that_tarfile_reads_otherwise(
    octets: bytes, data: st.DataObject
) -> None:
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for at in range(0, len(changed), 512):
        if data.draw(st.booleans()) and any(changed[at : at + 512]):
            changed[at : at + 512] = summed(bytes(changed[at : at + 512]))
    run(bytes(changed))


@settings(max_examples=200)
@given(st.sampled_from(REAL), st.integers(0, 499), st.binary(min_size=1, max_size=12))
def test_whatever_a_header_says_nothing_is_read_that_tarfile_reads_otherwise(
    octets: bytes, at: int, value: bytes
) -> None:
    run(put(octets, at, value))
