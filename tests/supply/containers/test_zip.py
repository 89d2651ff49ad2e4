"""ZIP: what real writers write is read as they meant it; whatever readers could take for two things is refused."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.supply.containers.zip import members
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from fuzz.targets.zip_archive import made, run

NAMES = st.lists(
    st.text("abcäß漢0-_.", min_size=1, max_size=8).filter(lambda name: name.strip(".")),
    unique_by=lambda name: name.casefold().rstrip(". "),
    max_size=5,
)


def read(octets: bytes, budget: Budget | None = None) -> dict[str, bytes]:
    return {each.name: bytes(each.expand().view) for each in members(Octets(octets), budget or Budget())}


def refusal(octets: bytes) -> str:
    with pytest.raises(Damaged) as fault:
        read(octets)
    return fault.value.word


def archive(*files: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as made_here:
        for name, octets in files:
            made_here.writestr(zipfile.ZipInfo(name), octets, method)
    return kept.getvalue()


TWO = archive(("data.pkl", b"x" * 20), ("b", b"y" * 9))
DIRECTORY = TWO.index(b"PK\x01\x02")
END = TWO.index(b"PK\x05\x06")


def put(octets: bytes, at: int, value: bytes) -> bytes:
    return octets[:at] + value + octets[at + len(value) :]


# ---- what is read -------------------------------------------------------------------------------------------
@settings(max_examples=60)
@given(
    names=NAMES,
    octets=st.binary(max_size=200),
    stored=st.booleans(),
    wide=st.booleans(),
    comment=st.booleans(),
)
def test_what_zipfile_writes_is_read_as_it_was_meant(
    *, names: list[str], octets: bytes, stored: bool, wide: bool, comment: bool
) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made_here:
        for place, name in enumerate(names):
            with made_here.open(name, "w", force_zip64=wide) as member:
                member.write(octets * place)
        made_here.comment = b"4bc1d2" if comment else b""
    assert read(kept.getvalue()) == {name: octets * place for place, name in enumerate(names)}


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_sizes_may_follow_what_is_stored(*, stored: bool, wide: bool) -> None:
    octets = made(stored=stored, seekable=False, wide=wide)
    assert read(octets) == {"a/b": b"words words words", "cü": b"xyz" * 9}


def test_a_stored_member_is_a_part_of_the_archive_and_no_copy() -> None:
    octets = bytearray(TWO)
    first = next(members(Octets(memoryview(octets)), Budget()))
    assert (first.name, first.size, first.offset) == ("data.pkl", 20, 38)
    assert first.stored is not None
    octets[38] = ord("z")
    assert bytes(first.stored.view) == b"z" + b"x" * 19
    with pytest.raises(Damaged, match="checksum"):
        first.expand()


def test_an_archive_of_nothing_has_no_members() -> None:
    assert read(archive()) == {}


def test_a_directory_in_another_order_than_its_members_is_one() -> None:
    first, second = (
        TWO[DIRECTORY : TWO.index(b"PK\x01\x02", DIRECTORY + 1)],
        TWO[TWO.index(b"PK\x01\x02", DIRECTORY + 1) : END],
    )
    assert read(TWO[:DIRECTORY] + second + first + TWO[END:]) == read(TWO)


def test_pytorchs_padding_is_known() -> None:
    name, octets, padding = b"archive/data/0", b"\1\2\3\4", b"FB\x06\x00ZZZZZZ"
    crc = zlib.crc32(octets)
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 0, 0x808, 0, 0, 0, 0, 0, 0, len(name), len(padding))
    after = struct.pack("<4s3I", b"PK\x07\x08", crc, 4, 4)
    member = local + name + padding + octets + after
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 0, 0, 0x808, 0, 0, 0, crc, 4, 4, len(name), *(0,) * 6)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central + name), len(member), 0)
    assert read(member + central + name + end) == {"archive/data/0": octets}
    assert run(member + central + name + end) == "1 members"


# ---- what is refused ----------------------------------------------------------------------------------------
def test_a_name_that_the_directory_gives_otherwise() -> None:
    assert refusal(put(TWO, DIRECTORY + 46, b"data.txt")) == "zip-headers-differ"


@pytest.mark.parametrize(
    "flag", [0x1, 0x2, 0x4, 0x10, 0x20, 0x40, 0x80, 0x100, 0x400, 0x1000, 0x2000, 0x4000, 0x8000]
)
@pytest.mark.parametrize("where", ["both", "local", "directory"])
def test_a_flag_that_means_nothing_here(flag: int, where: str) -> None:
    octets = TWO
    for at, name in ((6, "local"), (DIRECTORY + 8, "directory")):
        if where in {name, "both"}:
            octets = put(octets, at, struct.pack("<H", flag))
    assert refusal(octets) in {"encrypted", "zip-flag", "zip-headers-differ"}


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 97, 98, 99, 8])
def test_a_method_that_is_not_read(method: int) -> None:
    said = struct.pack("<H", method)
    octets = put(put(TWO, 8, said), DIRECTORY + 10, said)
    assert refusal(octets) == ("deflate-damaged" if method == zipfile.ZIP_DEFLATED else "zip-method")


def test_a_checksum_that_is_wrong() -> None:
    octets = put(put(TWO, 14, b"\0\1\2\3"), DIRECTORY + 16, b"\0\1\2\3")
    assert refusal(octets) == "checksum-wrong"


def test_a_checksum_that_the_two_headers_give_otherwise() -> None:
    assert refusal(put(TWO, DIRECTORY + 16, b"\0\1\2\3")) == "zip-headers-differ"


@pytest.mark.parametrize(("at", "word"), [(22, "zip-headers-differ"), (DIRECTORY + 24, "zip-size")])
def test_a_size_that_only_one_header_gives(at: int, word: str) -> None:
    assert refusal(put(TWO, at, struct.pack("<I", 19))) == word


@pytest.mark.parametrize(
    ("mend", "word"),
    [
        (lambda octets: b"\x80\x02." + octets, "zip-end"),
        (lambda octets: octets + b"\0", "zip-end"),
        (lambda octets: octets + octets, "zip-end"),
        (lambda octets: octets[:DIRECTORY] + b"\0" + octets[DIRECTORY:], "zip-end"),
        (lambda octets: octets[:END] + b"\0" + octets[END:], "zip-end"),
        (lambda octets: octets[:-1], "zip-end"),
        (lambda octets: octets[:-2] + b"\x16\0" + octets[END:], "zip-end"),
    ],
)
def test_octets_before_between_and_after(mend: Callable[[bytes], bytes], word: str) -> None:
    assert refusal(mend(TWO)) == word


def shifted(octets: bytes, more: int) -> bytes:
    """Return an archive with octets in front whose places are all counted anew, so that its frame is whole."""
    found = bytearray(bytes(more) + octets)
    at, directory = more + DIRECTORY, more + END
    struct.pack_into("<I", found, directory + 16, at)
    while found[at : at + 4] == b"PK\x01\x02":
        struct.pack_into("<I", found, at + 42, struct.unpack_from("<I", found, at + 42)[0] + more)
        at += 46 + struct.unpack_from("<H", found, at + 28)[0]
    return bytes(found)


def test_octets_in_front_that_the_directory_counts_in() -> None:
    assert refusal(shifted(TWO, 7)) == "zip-gap"


def test_a_member_that_the_directory_leaves_out() -> None:
    second = TWO.index(b"PK\x01\x02", DIRECTORY + 1)
    octets = TWO[:DIRECTORY] + TWO[second:END] + TWO[END:]
    octets = put(octets, len(octets) - 14, struct.pack("<2H", 1, 1)[:4])
    end = octets.index(b"PK\x05\x06")
    octets = put(octets, end + 8, struct.pack("<2HI", 1, 1, END - second))
    assert refusal(octets) == "zip-gap"


def test_a_member_that_is_listed_twice() -> None:
    entry = TWO[DIRECTORY : TWO.index(b"PK\x01\x02", DIRECTORY + 1)]
    octets = TWO[:END] + entry + TWO[END:]
    octets = put(octets, END + len(entry) + 8, struct.pack("<2HI", 3, 3, END - DIRECTORY + len(entry)))
    assert refusal(octets) == "zip-gap"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a", "A"),
        ("ß", "SS"),
        ("ä", "a\u0308"),
        ("ﬁ", "fi"),
        ("a", "a."),
        ("a", "a "),
        ("a", "a/b"),
        ("A/b", "a"),
    ],
)
def test_two_names_that_fall_together(first: str, second: str) -> None:
    assert refusal(archive((first, b"1"), (second, b"2"))) == "name-twice"


def test_one_name_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        octets = archive(("a", b"1"), ("a", b"2"))
    assert refusal(octets) == "name-twice"


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "a/../../b",
        "/a",
        "a//b",
        "./a",
        "a/.",
        "C:a",
        "c:/a",
        "a\\b",
        "..\\a",
        "a\nb",
        "a\x1bb",
        "x" * 1025,
        "/",
        "a/./",
    ],
)
def test_a_name_that_leads_elsewhere(name: str) -> None:
    assert refusal(archive((name, b""))) == "name-unsafe"


def test_a_name_that_ends_early_for_some() -> None:
    octets = archive(("data.pkl", b"x")).replace(b"data.pkl", b"data\0pkl")
    assert refusal(octets) == "name-unsafe"


def test_a_name_of_no_known_alphabet() -> None:
    octets = archive(("data.pkl", b"x")).replace(b"data.pkl", b"d\xe4ta.pkl")
    assert refusal(octets) == "name-unsafe"


def test_another_name_in_an_extra_field() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made_here:
        info = zipfile.ZipInfo("a")
        info.extra = struct.pack("<2HBI", 0x7075, 6, 1, zlib.crc32(b"a")) + b"b"
        made_here.writestr(info, b"")
    assert refusal(kept.getvalue()) == "zip-extra"


@pytest.mark.parametrize(
    "extra", [b"\1\0\x08\0" + bytes(8), b"\1\0\x09\0" + bytes(9), b"UT\1\0", b"UT", b"UT\0\0UT\0\0"]
)
def test_extra_fields_that_say_nothing_or_too_much(extra: bytes) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made_here:
        info = zipfile.ZipInfo("a")
        info.extra = extra
        made_here.writestr(info, b"")
    assert refusal(kept.getvalue()) == "zip-extra"


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060666, 0o010666, 0o140777])
def test_a_link_or_a_device(mode: int) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made_here:
        info = zipfile.ZipInfo("a")
        info.external_attr, info.create_system = mode << 16, 3
        made_here.writestr(info, b"/etc/passwd")
    assert refusal(kept.getvalue()) == "link"


def test_a_comment_that_could_be_an_end() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made_here:
        made_here.writestr("a", b"")
        made_here.comment = archive(("b", b""))
    assert refusal(kept.getvalue()) == "zip-end"


@pytest.mark.parametrize("at", [4, 6])
def test_an_archive_of_several_parts(at: int) -> None:
    assert refusal(put(TWO, END + at, b"\1")) == "zip-end"


def test_an_end_of_zip64_that_contradicts_the_other() -> None:
    size = END - DIRECTORY
    wide = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, size, DIRECTORY)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, END, 1)
    good = TWO[:END] + wide + locator + TWO[END:]
    assert read(good) == read(TWO)
    assert run(good) == "2 members"
    for place, value in ((32, 1), (40, size - 1), (48, DIRECTORY - 1), (4, 45), (24, 1)):
        assert refusal(put(good, END + place, struct.pack("<Q", value))) == "zip-end"
    assert refusal(put(good, END + len(wide) + 8, struct.pack("<Q", END - 1))) == "zip-end"


def test_a_descriptor_of_another_member() -> None:
    octets = made(seekable=False)
    at = octets.index(b"PK\x07\x08")
    assert refusal(put(octets, at + 8, b"\1")) == "zip-gap"


# ---- what it may cost ---------------------------------------------------------------------------------------
def test_what_expands_too_far_is_given_up() -> None:
    octets = archive(("a", bytes(1 << 22)), method=zipfile.ZIP_DEFLATED)
    with pytest.raises(Exhausted):
        read(octets, Budget(expanded=(1 << 22) - 1))
    assert len(read(octets, Budget(expanded=1 << 22))["a"]) == 1 << 22


@pytest.mark.parametrize("size", [0, 1, (1 << 22) - 1, (1 << 22) + 1, 0xFFFFFFFE])
def test_what_expands_to_another_size_than_it_says(size: int) -> None:
    octets = archive(("a", bytes(1 << 22)), method=zipfile.ZIP_DEFLATED)
    said = struct.pack("<I", size)
    octets = put(put(octets, 22, said), octets.index(b"PK\x01\x02") + 24, said)
    assert refusal(octets) == "deflate-damaged"


def test_many_members_are_work() -> None:
    octets = archive(*((str(place), b"") for place in range(100)))
    with pytest.raises(Exhausted):
        read(octets, Budget(operations=99 * 64))


# ---- whatever becomes of a real one -------------------------------------------------------------------------
REAL = [
    made(stored=stored, seekable=seekable, wide=wide, folder=folder)
    for stored in (True, False)
    for seekable in (True, False)
    for wide in (True, False)
    for folder in (True, False)
]


@settings(max_examples=400)
@given(st.sampled_from(REAL), st.data())
def test_however_octets_are_turned_nothing_is_read_that_zipfile_reads_otherwise(
    octets: bytes, data: st.DataObject
) -> None:
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    run(bytes(changed))


@settings(max_examples=200)
@given(st.sampled_from(REAL), st.sampled_from(REAL), st.data())
def test_however_archives_are_cut_and_joined_nothing_is_read_that_zipfile_reads_otherwise(
    first: bytes, second: bytes, data: st.DataObject
) -> None:
    head, tail = data.draw(st.integers(0, len(first))), data.draw(st.integers(0, len(second)))
    run(first[:head] + data.draw(st.binary(max_size=8)) + second[tail:])


@pytest.mark.parametrize("octets", REAL)
def test_a_cut_off_archive_is_never_read(octets: bytes) -> None:
    for end in range(len(octets)):
        with pytest.raises((Damaged, TooShort)):
            read(octets[:end])
