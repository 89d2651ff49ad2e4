"""Reading in a process of its own: whatever becomes of it is an answer, and it can do nothing but read."""

import faulthandler
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from bartizan.supply import reading as reading_module
from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.reading import Bounds, Reading
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Reason, Standing


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "a.txt").write_bytes(b"words\n")
    descriptor = os.open(tmp_path / "a.txt", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def word(file: ModelFile) -> str:
    assert file.standing is Standing.UNKNOWN
    return file.reasons[0].word


def test_what_is_read_comes_back_whole(file: int) -> None:
    with Reading(looker(known())) as reading:
        found = reading.read(file, "a.txt")
        assert found == ModelFile("text", Standing.INERT, (), 6, ".txt")
        assert reading.read(file, "b\udcff.pt").reasons[0].word == "named-otherwise"
        assert reading.read(file, "x" * 9000).octets == 6
        assert reading.read(file, "").octets == 6


def test_one_process_reads_many_files(file: int) -> None:
    def who(*_: object) -> ModelFile:
        return ModelFile(str(os.getpid()), Standing.INERT)

    with Reading(who) as reading:
        found = {reading.read(file, "a").format for _ in range(20)}
    assert len(found) == 1
    assert found != {str(os.getpid())}


def test_an_answer_may_be_long(file: int) -> None:
    reasons = tuple(Reason("w", "x" * 9000, Standing.CODE) for _ in range(64))
    with Reading(lambda *_: ModelFile("a", Standing.CODE, reasons)) as reading:
        assert reading.read(file, "a").reasons == reasons


def test_an_answer_without_end_is_none(file: int) -> None:
    with Reading(lambda *_: ModelFile("a" * (2 << 20), Standing.INERT)) as reading:
        assert word(reading.read(file, "a")) == "reader-failed"


# ---- what ends it -------------------------------------------------------------------------------------------
def _raises(*_: object) -> ModelFile:
    raise ZeroDivisionError


def _memory(*_: object) -> ModelFile:
    return ModelFile(str(len(bytes(1 << 30))), Standing.INERT)


def _spins(*_: object) -> ModelFile:
    while True:
        pass


def _falls(*_: object) -> ModelFile:
    faulthandler._sigsegv()  # type: ignore[attr-defined]  # for tests of what catches it
    return ModelFile("unharmed", Standing.INERT)


def _lies(*_: object) -> ModelFile:
    os._exit(0)


def _recurses(*_: object) -> ModelFile:
    return _recurses()


def test_what_a_large_process_holds_already_does_not_count(file: int) -> None:
    ours = bytearray(1 << 28)
    with Reading(
        lambda *_: ModelFile(str(len(bytearray(1 << 26))), Standing.INERT), Bounds(1 << 27)
    ) as reading:
        assert reading.read(file, "good").format == str(1 << 26)
    assert len(ours) == 1 << 28


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (_raises, "reader-failed"),
        (_memory, "too-large"),
        (_spins, "timed-out"),
        (_falls, "reader-failed"),
        (_lies, "reader-failed"),
        (_recurses, "reader-failed"),
    ],
)
def test_whatever_ends_the_process_the_file_is_not_understood_and_the_next_is_read(
    look: Callable[..., ModelFile], said: str, file: int
) -> None:
    def either(octets: Octets, _: Budget) -> ModelFile:
        return look() if octets.name == "bad" else ModelFile("good", Standing.INERT)

    with Reading(either, Bounds(memory=1 << 29, cpu=1)) as reading:
        assert reading.read(file, "good").format == "good"
        assert word(reading.read(file, "bad")) == said
        assert reading.read(file, "good").format == "good"


def test_what_does_nothing_for_ever_is_given_up(file: int) -> None:
    def waits(*_: object) -> ModelFile:
        Event().wait()
        return ModelFile("a", Standing.INERT)

    with Reading(waits, Bounds(wall=1)) as reading:
        assert word(reading.read(file, "a")) == "timed-out"


def test_a_file_that_shrinks_while_it_is_read_is_not_understood(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100_000)

    def read(octets: Octets, _: Budget) -> ModelFile:
        while octets.name == "a" and octets.view[-1] == ord("x"):
            pass
        return ModelFile("a", Standing.INERT)

    def shrink(reading: Reading) -> None:
        while str(path) not in Path(f"/proc/{reading._process}/maps").read_text():
            pass
        os.truncate(path, 0)

    descriptor = os.open(path, os.O_RDONLY)
    try:
        with Reading(read) as reading:
            reading.read(descriptor, "started")
            shrinks = Thread(target=shrink, args=(reading,))
            shrinks.start()
            found = reading.read(descriptor, "a")
            shrinks.join()
    finally:
        os.close(descriptor)
    assert word(found) == "changed"


def test_a_process_that_never_gets_ready_is_replaced_and_then_given_up(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "_START_SECONDS", 0.01)
    monkeypatch.setattr(reading_module, "give_up", lambda *_: Event().wait())
    with Reading(looker(known())) as reading, pytest.raises(OSError, match="gets ready"):
        reading.read(file, "a")


# ---- what it cannot do --------------------------------------------------------------------------------------
def _opens() -> object:
    return Path("/etc/passwd").read_bytes()


def _writes() -> object:
    return Path("/tmp/bartizan-written").write_bytes(b"x")  # noqa: S108 - what it must not be able to do


def _connects() -> object:
    return socket.socket()


def _runs() -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


def _forks() -> object:
    return os.fork() or os._exit(0)


def _signals() -> object:
    os.kill(os.getppid(), signal.SIGUSR1)
    return None


@pytest.mark.parametrize("act", [_opens, _writes, _connects, _runs, _forks, _signals])
def test_a_reader_gone_bad_reaches_nothing(act: Callable[[], object], file: int) -> None:
    def tries(*_: object) -> ModelFile:
        try:
            act()
        except PermissionError:
            return ModelFile("refused", Standing.INERT)
        return ModelFile("did it", Standing.INERT)

    with Reading(tries) as reading:
        assert reading.read(file, "a").format == "refused"


def test_a_reader_has_no_descriptor_but_its_own(file: int) -> None:
    def counts(*_: object) -> ModelFile:
        found = 0
        for number in range(256):
            try:
                os.fstat(number)
            except OSError:
                continue
            found += 1
        return ModelFile(str(found), Standing.INERT)

    with Reading(counts) as reading:
        assert reading.read(file, "a").format == "6"  # nowhere thrice, the channel, the file, its map
