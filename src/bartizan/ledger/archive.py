"""The archive: keeps the copy of the tree in columns whole, current and in few files.

Rules of this file: one process at a time. Every file is written whole and synced before it has its name, and never
changed. What the tree pruned goes before anything is made; what is missing, damaged or another tree's is made anew from
the tree. It does not take the last of a disk. A small piece is made from the tree, a large one of the pieces that it replaces. The tree is looked at for
moments: who prunes it waits for readers.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bartizan.ledger.column_engine import content, parquet_of_files, parquet_of_lines
from bartizan.ledger.column_pieces import LEVELS, Piece, Place, Standing, is_draft, parts
from bartizan.ledger.columns import (
    Hearing,
    Run,
    lines_of,
    opened_pieces,
    pieces,
    pieces_folder,
    runs_of,
)
from bartizan.ledger.database import reading
from bartizan.ledger.installation import write_whole

_OCTETS: Final = 384 << 20
"""Memory of one work."""
_LEFT: Final = 64 << 20
"""Octets that are left free on the disk: the record comes first."""
_FORM: Final = re.compile(r"[0-9a-f]{8}")


class Archive:
    """The copy of one ledger.

    Args:
        ledger: its folder.
    """

    def __init__(self, ledger: Path) -> None:
        """Begin with a look at what is there."""
        self._ledger, self._folder, self._hearing = ledger, pieces_folder(ledger), Hearing()
        self._doubted: list[Piece] = []
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.doubt()

    def doubt(self) -> None:
        """Look at every file again in the next turns: whether it is what was written."""
        self._doubted = list(pieces(self._ledger))

    def turn(self) -> bool:
        """Do one piece of work; return whether there may be more.

        Raises:
            LedgerUnreadable: the tree cannot be read.
            ColumnsUnusable: the engine failed.
            OSError: a file cannot be written: a full disk, or the like.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # somebody may have removed the copy
        with reading(self._ledger) as connection:
            standing = self._hearing.standing(connection, self._ledger)
            current = self._cleared(standing)
            missing = None if self._doubted else self._next(standing, current)
            runs = runs_of(connection, *_span(missing)) if missing and missing[0] != LEVELS[0] else []
            name = standing.named(missing) if missing else None
        if self._doubted:
            self._examine(self._doubted.pop())
            return True
        if name is None:
            return False
        made = self._made(name, runs, current)
        if made is not None:
            self._write(name, made, current)
        return True

    # ---- what is there ---------------------------------------------------------------------------------
    def _cleared(self, standing: Standing) -> dict[Place, Piece]:
        """Return the current pieces, and remove every other file of ours."""
        current: dict[Place, Piece] = {}
        for piece in pieces(self._ledger):
            if standing.is_current(piece) and piece.place not in current:
                current[piece.place] = piece
            else:
                self._unlink(piece.name)
        self._sweep()
        for place in [place for place in current if _covered(place, current)]:
            self._unlink(current.pop(place).name)
        return current

    def _sweep(self) -> None:
        """Remove drafts, and the copies of other versions: they are not followed, so what is pruned would stay there."""
        for path in self._folder.iterdir():
            if is_draft(path.name):
                self._unlink(path.name)
        for path in self._folder.parent.iterdir():
            if _FORM.fullmatch(path.name) and path != self._folder:
                shutil.rmtree(path, ignore_errors=True)

    def _examine(self, piece: Piece) -> None:
        with opened_pieces(self._ledger, [piece]) as files:
            if piece in files and piece.holds(content(files[piece])):
                return
        self._unlink(piece.name)

    def _unlink(self, name: str) -> None:
        path = self._folder / name
        try:
            path.unlink(missing_ok=True)
        except IsADirectoryError:  # somebody made one of this name
            shutil.rmtree(path)

    # ---- what is to be made ----------------------------------------------------------------------------
    def _next(self, standing: Standing, current: dict[Place, Piece]) -> Place | None:
        """Return the next subtree without a piece that can be made at once."""
        for place in standing.wanted():
            if place in current:
                continue
            if place[0] != LEVELS[0]:
                return place
            return next((part for part in parts(place) if part not in current), place)
        return None

    def _made(self, name: Piece, runs: Iterable[Run], current: dict[Place, Piece]) -> bytes | None:
        """Return the content of a piece; None where one that it is made of turned out to be damaged."""
        if name.level != LEVELS[0]:
            return parquet_of_lines(lines_of(self._ledger, runs, name.first, name.end), _OCTETS)
        wanted = [current[part] for part in parts(name.place)]
        with opened_pieces(self._ledger, wanted) as files:
            whole = [piece for piece in wanted if piece in files and piece.holds(content(files[piece]))]
            if whole == wanted:
                return parquet_of_files([files[piece] for piece in wanted], _OCTETS)
        for piece in set(wanted) - set(whole):
            self._unlink(piece.name)
        return None

    def _write(self, name: Piece, made: bytes, current: dict[Place, Piece]) -> None:
        found = os.statvfs(self._folder)
        if found.f_bavail * found.f_frsize < _LEFT + len(made):
            raise OSError(errno.ENOSPC, f"less than {_LEFT >> 20} MiB would be left on its disk")
        piece = name.of(made)
        write_whole(self._folder / piece.name, made)
        current[piece.place] = piece
        for place in [place for place in current if _covered(place, current)]:
            self._unlink(current.pop(place).name)


def _span(place: Place) -> tuple[int, int]:
    level, number = place
    return number << level, (number + 1) << level


def _covered(place: Place, current: Iterable[Place]) -> bool:
    """Return whether a larger piece covers this one."""
    level, number = place
    return any((above, number >> (above - level)) in current for above in LEVELS if above > level)
