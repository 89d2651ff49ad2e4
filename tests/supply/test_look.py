"""What a file is: by its octets, never better for its name, and never by one of two readings."""

import gzip
import io
import tarfile
import zipfile

import pytest

from bartizan.supply.format import Damaged, Format, Read
from bartizan.supply.look import LOADED, looker
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.scan import known
from bartizan.supply.subject import MOST_REASONS, ModelFile, Reason, Standing


def look(octets: bytes, name: str = "a", budget: Budget | None = None) -> ModelFile:
    return looker(known())(Octets(octets, name), budget or Budget())


def words(file: ModelFile) -> set[str]:
    return {each.word for each in file.reasons}


def zipped(*files: tuple[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, octets in files:
            archive.writestr(zipfile.ZipInfo(name), octets)
    return kept.getvalue()


def tarred(name: str, octets: bytes) -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(octets)
        archive.addfile(info, io.BytesIO(octets))
    return kept.getvalue()


BINARY = b"\0\1\2\3 of no format"


@pytest.mark.parametrize(
    "octets", [b"", b"words\n", "öäü 漢\n".encode(), b"a\tb\r\n", b"x" * 5000 + "ü".encode()]
)
def test_text_is_inert(octets: bytes) -> None:
    assert look(octets, "README.md") == ModelFile("text", Standing.INERT, (), len(octets), ".md")


@pytest.mark.parametrize(
    ("octets", "name"), [(b"import os\n", "a.py"), (b"#!/bin/sh\n", "run"), (b"int a;\n", "a.C")]
)
def test_source_is_text_that_nothing_runs_by_itself(octets: bytes, name: str) -> None:
    file = look(octets, name)
    assert (file.format, file.standing) == ("source", Standing.INERT)


@pytest.mark.parametrize(
    "octets", [BINARY, b"\xff\xfea\0", b"words\x1b[2J", b"x" * 5000 + b"\0", b"x" * 5000 + b"\xc3"]
)
def test_what_is_no_text_to_its_end_is_not_understood(octets: bytes) -> None:
    file = look(octets)
    assert file.standing is Standing.UNKNOWN
    assert words(file) <= {"format-unknown", "text-damaged"}


@pytest.mark.parametrize("extension", sorted(LOADED))
def test_text_that_is_called_as_a_loader_expects_is_not_understood(extension: str) -> None:
    assert "named-otherwise" in words(look(b"words\n", f"model{extension}"))
    assert "named-otherwise" in words(look(b"words\n", f"model{extension.upper()}"))
    assert "named-otherwise" in words(look(b"words\n", f"\udcff\nmodel{extension}. "))


@pytest.mark.parametrize("name", ["weights", "weights.txt2", "model.v1"])
@pytest.mark.parametrize(
    "octets", [b"cos\nsystem\n(S'id'\ntR.", b"(S'id'\nios\nsystem\n.", b"I1\n0cos\nsystem\n."]
)
def test_text_that_a_loader_of_pickles_would_run_is_not_inert(octets: bytes, name: str) -> None:
    assert look(octets, name).standing is not Standing.INERT


@pytest.mark.parametrize(
    "text", ["hello world\n", "# a\n", "const a = 1;\nfoo\n", "I am\n", "All rights reserved.\n", "Nothing\n"]
)
def test_text_that_no_loader_of_pickles_would_run_is_inert(text: str) -> None:
    assert look(text.encode(), "LICENSE").standing is Standing.INERT


# ---- archives -----------------------------------------------------------------------------------------------
def test_an_archive_stands_as_its_worst_member_does() -> None:
    file = look(zipped(("a.txt", b"words"), ("b/c", BINARY), ("d.pt", b"words")))
    assert (file.format, file.standing) == ("zip", Standing.UNKNOWN)
    assert {(each.word, each.member) for each in file.reasons} == {
        ("format-unknown", "b/c"),
        ("named-otherwise", "d.pt"),
    }
    assert look(zipped(("a.txt", b"words"))).standing is Standing.INERT


def test_members_of_members_are_judged_and_named() -> None:
    inner = gzip.compress(tarred("d/bad", BINARY))
    file = look(zipped(("x.tar.gz", inner)))
    assert [(each.word, each.member) for each in file.reasons] == [("format-unknown", "x.tar.gz!x.tar!d/bad")]
    assert look(zipped(("x.tar.gz", gzip.compress(tarred("d/good", b"words"))))).standing is Standing.INERT


def test_archives_within_archives_end() -> None:
    octets = b"words"
    for depth in range(8):
        assert look(octets, "a.txt").standing is (Standing.INERT if depth < 7 else Standing.UNKNOWN), depth
        octets = zipped(("a.txt", octets))
    assert words(look(octets)) == {"too-deep"}


@pytest.mark.parametrize("letter", "a(0N2.l")
def test_a_row_of_letters_that_are_instructions_too_is_text(letter: str) -> None:
    assert look(letter.encode() * 300, "note").format == "text"


def test_expanding_the_same_again_and_again_is_counted_together() -> None:
    octets = gzip.compress(b"words\nwo\n" * 10_000 + b"a" * 10_000)
    archive = zipped(*((f"{place}.txt.gz", octets) for place in range(4)))
    assert look(archive, budget=Budget(expanded=400_000)).standing is Standing.INERT
    assert words(look(archive, budget=Budget(expanded=399_999))) == {"too-much-work"}


@pytest.mark.parametrize(
    "octets", [b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\x07\1\0", b"\x28\xb5\x2f\xfd\0\0", b"\x04\x22\x4d\x18\0"]
)
def test_an_archive_that_is_not_read_is_named_and_not_understood(octets: bytes) -> None:
    file = look(octets)
    assert file.format in {"7z", "rar", "zstd", "lz4"}
    assert (file.standing, words(file)) == (Standing.UNKNOWN, {"archive-not-read"})


def test_no_more_reasons_are_told_than_a_person_reads_and_the_worst_is_among_them() -> None:
    bad = Format(
        "bad", lambda octets: octets.begins(b"bad"), lambda *_: Read((Reason("bad", "", Standing.MALICIOUS),))
    )
    octets = zipped(*((str(place), BINARY) for place in range(2000)), ("last", b"bad"))
    file = looker((*known(), bad))(Octets(octets), Budget())
    assert len(file.reasons) == MOST_REASONS
    assert file.reasons[0].word == "bad"
    assert file.standing is Standing.MALICIOUS


# ---- two formats at once ------------------------------------------------------------------------------------
def knowing(name: str, magic: bytes, *, kind_of: tuple[str, ...] = (), order: int = 50) -> Format:
    return Format(name, lambda octets: octets.begins(magic), lambda *_: Read(), order, kind_of)


def test_a_file_of_two_formats_is_of_none() -> None:
    both = looker(
        (knowing("a", b"ab"), knowing("b", b"a"), knowing("c", b"abc", kind_of=("a", "b"), order=10))
    )
    assert words(both(Octets(b"ab"), Budget())) == {"polyglot"}
    assert both(Octets(b"a"), Budget()).format == "b"
    assert both(Octets(b"abc"), Budget()).standing is Standing.INERT


def test_an_archive_at_the_end_of_something_else_is_no_part_of_it() -> None:
    image = knowing("image", b"IMG")
    appended = b"IMG" + bytes(40) + zipped(("config.json", b"{}"))
    assert looker((image,))(Octets(appended), Budget()).standing is Standing.INERT
    for octets in (
        appended,
        appended + bytes(100),
        b"IMG" + zipped(("a", b"")),
        b"IMG" + b"words" + zipped(("a", b""))[:-1] + b"\1x",
    ):
        assert words(looker((*known(), image))(Octets(octets), Budget())) == {"polyglot"}


def test_a_pickle_in_the_first_name_of_a_tar_is_one_file_of_two_formats() -> None:
    pickle = knowing("pickle", b"cos\n")
    octets = tarred("cos\nsystem\n(S'id'\ntR.", b"words")
    assert words(looker((*known(), pickle))(Octets(octets), Budget())) == {"polyglot"}
    assert look(octets).standing is Standing.UNKNOWN


# ---- what readers raise -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Damaged("a-word", "what"), "a-word"),
        (TooShort("octets 3 to 4 of 3"), "cut-off"),
        (Exhausted(), "too-much-work"),
        (RecursionError(), "too-deep"),
    ],
)
def test_what_a_reader_raises_is_an_answer(fault: Exception, word: str) -> None:
    def read(*_: object) -> Read:
        raise fault

    file = looker((Format("a", lambda _: True, read),))(Octets(b"x"), Budget())
    assert (file.format, file.standing, words(file)) == ("a", Standing.UNKNOWN, {word})


def test_a_fault_of_a_reader_is_not_hidden() -> None:
    def read(*_: object) -> Read:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        looker((Format("a", lambda _: True, read),))(Octets(b"x"), Budget())
