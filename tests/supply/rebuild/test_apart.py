"""Whatever becomes of the process that reads a file is an answer, and it can do nothing but read and write what it was given."""

import faulthandler
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from bartizan.supply.reading import Bounds
from bartizan.supply.rebuild.apart import Task, apart
from bartizan.supply.rebuild.report import Rebuilt, Refusal
from bartizan.supply.subject import Standing

DONE = Rebuilt("a", Standing.INERT, 1, 2, ("w" * 70_000,))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "a").write_bytes(b"words\n")
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def said(source: int, work: Callable[..., msgspec.Struct]) -> Rebuilt | Refusal:
    return apart(Task(source, "a", work), Rebuilt, Bounds(memory=256 << 20, cpu=1, wall=30))


def refused(source: int, work: Callable[..., msgspec.Struct]) -> str:
    found = said(source, work)
    assert isinstance(found, Refusal)
    return found.reason.word


def test_what_is_said_comes_back_whole(source: int) -> None:
    assert said(source, lambda octets: DONE if bytes(octets.view) == b"words\n" else octets) == DONE


def _raises(_: object) -> Rebuilt:
    raise ZeroDivisionError


def _hoards(_: object) -> Rebuilt:
    return Rebuilt(str(len(bytes(1 << 30))), Standing.INERT, 0, 0)


def _spins(_: object) -> Rebuilt:
    while True:
        pass


def _falls(_: object) -> Rebuilt:
    faulthandler._sigsegv()  # type: ignore[attr-defined]  # for tests of what catches it
    return DONE


@pytest.mark.parametrize(
    ("work", "word"),
    [(_raises, "reader-failed"), (_hoards, "too-large"), (_spins, "timed-out"), (_falls, "reader-failed")],
)
def test_whatever_ends_it_is_an_answer(work: Callable[[object], Rebuilt], word: str, source: int) -> None:
    assert refused(source, work) == word


def test_an_answer_of_another_kind_is_none(source: int) -> None:
    assert refused(source, lambda _: Bounds()) == "reader-failed"


def test_it_writes_the_file_that_it_was_given_and_no_more_of_it_than_it_may(
    source: int, tmp_path: Path
) -> None:
    target = os.open(tmp_path / "new", os.O_RDWR | os.O_CREAT)

    def work(_: object) -> Rebuilt:
        for __ in range(20):
            os.write(target, b"x")
        return DONE

    assert isinstance(apart(Task(source, "a", work, target, 12), Rebuilt), Refusal)
    assert (tmp_path / "new").read_bytes() == b"x" * 12
    os.ftruncate(target, 0)
    os.lseek(target, 0, os.SEEK_SET)
    assert apart(Task(source, "a", work, target, 20), Rebuilt) == DONE
    assert (tmp_path / "new").read_bytes() == b"x" * 20
    os.close(target)


def _reaches(place: str) -> Callable[[object], Rebuilt]:
    def opens(_: object) -> Rebuilt:
        Path(place).write_bytes(b"x")
        return DONE

    return opens


def _connects(_: object) -> Rebuilt:
    socket.socket()
    return DONE


def _runs(_: object) -> Rebuilt:
    os.posix_spawn("/bin/true", ["true"], {})
    return DONE


def test_it_reaches_no_other_file_no_network_and_no_program(source: int, tmp_path: Path) -> None:
    for work in (_reaches(str(tmp_path / "b")), _connects, _runs):
        assert refused(source, work) in {"unreadable", "reader-failed"}
    assert not (tmp_path / "b").exists()
