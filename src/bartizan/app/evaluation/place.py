"""Where a run keeps its answers and its report: a folder of its own, which this user alone can read.

Rules of this file: a run that was cut off goes on in its folder; one that is whole is never gone on with, for its answers
would pass for new ones. Answers count as of the first of them, and are gone on with for a week.
"""

from pathlib import Path
from typing import Final

import msgspec

from bartizan.clock import DAY, Nanoseconds
from bartizan.threats.evaluation.journal import began

ANSWERS: Final = "answers.jsonl"
REPORT: Final = "report.json"
PAGE: Final = "report.html"
"""Names of the files."""
OLDEST: Final = Nanoseconds(7 * DAY)
"""Age of the first answer up to which a run is gone on with."""
_MOST: Final = 10_000


class FolderUsed(ValueError):
    """A folder whose run cannot be gone on with; the message says why and what to do."""

    def __init__(self, folder: Path, fault: str) -> None:
        """Name the folder and the fault."""
        super().__init__(f"{folder}: {fault}; name another folder with --output")
        self.folder, self.fault = folder, fault


class _Report(msgspec.Struct, frozen=True):
    open: int


def named(folder: Path, now: Nanoseconds) -> Path:
    """Return a folder that somebody names, made where it is missing.

    Raises:
        FolderUsed: it holds a whole evaluation, or answers that are too old.
        OSError: it cannot be made or read.
    """
    if fault := _unfit(folder, now):
        raise FolderUsed(folder, fault)
    return _made(folder)


def own(parent: Path, name: str, now: Nanoseconds) -> Path:
    """Return the folder of a run, made where it is missing: that of the same run if it was cut off, else a new one.

    Args:
        parent: of every run's folder.
        name: of the run; the same for the same terms.
        now: UTC nanoseconds.
    Raises:
        OSError: it cannot be made or read.
    """
    for number in range(1, _MOST):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        if not _unfit(folder, now):
            parent.mkdir(mode=0o700, exist_ok=True)
            return _made(folder)
    raise FolderUsed(parent, f"there are {_MOST} evaluations of the same terms")


def _made(folder: Path) -> Path:
    """Make a folder that goes into nobody's repository by mistake: what models say may be harmful."""
    folder.mkdir(mode=0o700, exist_ok=True)
    hidden = folder / ".gitignore"
    if not hidden.exists():
        hidden.write_text("*\n")
    return folder


def _unfit(folder: Path, now: Nanoseconds) -> str:
    """Return why a folder's run cannot be gone on with, or nothing."""
    if (folder / REPORT).exists() and _whole(folder / REPORT):
        return "holds an evaluation that is whole"
    first = began(folder / ANSWERS)
    return "holds answers of more than 7 days ago" if first is not None and now - first > OLDEST else ""


def _whole(file: Path) -> bool:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Report).open == 0
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
