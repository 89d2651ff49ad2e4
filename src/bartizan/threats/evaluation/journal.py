"""The answers of a run, on disk as they come, so that one that was cut off goes on where it was.

Rules of this file: lines of JSON that are only ever added; the first says of which run they are, and a run of other terms
does not go on with them. A last line without its end was being written when the process ended, and is cut off. Answers may be
harmful, so this user alone can read the file. One process writes at a time, by a lock that the kernel frees.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.crypto.secret import Reticent

FORMAT: Final = 1
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class JournalUnusable(ValueError):
    """A file of answers that this run cannot go on with; the message says why and what to do."""

    def __init__(self, file: Path, fault: str) -> None:
        """Name the file and the fault."""
        super().__init__(f"{file}: {fault}")
        self.file, self.fault = file, fault


class Head(msgspec.Struct, frozen=True, tag="run", forbid_unknown_fields=True):
    """The first line.

    Attributes:
        terms: of a run: a digest of all that its questions follow from.
        began: UTC nanoseconds.
    """

    terms: str
    began: int
    format: int = FORMAT


class Answered(Reticent, frozen=True, tag="answer", forbid_unknown_fields=True):
    """The answer to one attempt.

    Attributes:
        key: which: way, prompt, attack and try, `gateway/h01/direct/0`.
        text: the model's last answer.
        filtered: whether something before the model refused or withheld it.
    """

    key: str
    text: str
    filtered: bool = False


class Judged(msgspec.Struct, frozen=True, tag="verdict", forbid_unknown_fields=True):
    """What a judging model said of the answer of a key: a value of `Verdict`."""

    key: str
    judge: str
    verdict: str


Line = Head | Answered | Judged


class Journal:
    """The file of one run; a context manager that closes it.

    Attributes:
        answers: key -> answer, those of earlier processes included.
        verdicts: (judge, key) -> what a judging model said.
        began: UTC nanoseconds at which the run began, whichever process began it.
    """

    def __init__(self, file: Path, terms: str, now: Nanoseconds) -> None:
        """Open or make it.

        Args:
            file: its folder is there.
            terms: digest of what the run's questions follow from.
            now: UTC nanoseconds.
        Raises:
            JournalUnusable: it is of a run of other terms, damaged, or another process writes it.
            OSError: it cannot be opened.
        """
        self.answers: dict[str, Answered] = {}
        self.verdicts: dict[tuple[str, str], str] = {}
        self._file, self.began = file, int(now)
        self._descriptor = os.open(file, _FLAGS, 0o600)
        try:
            self._lock()
            self._take_up(terms)
        except BaseException:
            os.close(self._descriptor)
            raise

    def add(self, line: Answered | Judged) -> None:
        """Put a line on disk: in the kernel's hands when this returns, so that no death of ours loses it.

        Raises:
            OSError: the disk takes nothing more.
        """
        self._write(line)
        self._know(line)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalUnusable(
                self._file, "another evaluation writes it; wait until that has ended"
            ) from None

    def _take_up(self, terms: str) -> None:
        octets = self._file.read_bytes()
        whole = octets[: octets.rfind(b"\n") + 1]
        if not whole:
            os.truncate(self._descriptor, 0)
            self._write(Head(terms, self.began))
            return
        first, *rest = whole.split(b"\n")[:-1]
        head = self._line(first, 1)
        if not isinstance(head, Head) or (head.terms, head.format) != (terms, FORMAT):
            raise JournalUnusable(
                self._file,
                "holds the answers of a run with other prompts, attacks, seed, model or endpoint; "
                "name another folder with --output",
            )
        self.began = head.began
        for number, line in enumerate(rest, 2):
            self._know(self._line(line, number))
        os.truncate(self._descriptor, len(whole))

    def _line(self, octets: bytes, number: int) -> Line:
        try:
            return _DECODER.decode(octets)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise JournalUnusable(
                self._file, f"line {number} is damaged; name another folder with --output"
            ) from None

    def _know(self, line: Line) -> None:
        match line:
            case Answered():
                self.answers[line.key] = line
            case Judged():
                self.verdicts[line.judge, line.key] = line.verdict
            case Head():
                raise JournalUnusable(self._file, "has two beginnings; name another folder with --output")

    def _write(self, line: Line) -> None:
        octets = memoryview(msgspec.json.encode(line) + b"\n")
        while octets:
            octets = octets[os.write(self._descriptor, octets) :]


_DECODER: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)
"""Reads one line."""


def began(file: Path) -> int | None:
    """Return when the run of a file began, UTC nanoseconds; None where there is none, or nothing that says so.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return _HEAD.decode(opened.readline(_LONGEST_HEAD)).began
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


_HEAD: Final = msgspec.json.Decoder(Head)
_LONGEST_HEAD: Final = 4096
