"""How long a loss takes to mend: `python -m bench.recovery`. A drill: damage, restore, compare.

A ledger is filled, backed up and exported. Then its file is spoiled in three ways, one after the other (its hashes
gone, every third entry overwritten, the whole folder lost), and put together again each time, from nothing, the export
and the backup. What comes of it must hold every entry and continue the checkpoint that was kept. Bring an idle disk.
"""

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.ledger.backup import backup
from bartizan.ledger.database import FILE
from bartizan.ledger.export import export
from bartizan.ledger.installation import KEYS, read_small, write_whole
from bartizan.ledger.restore import restore
from bartizan.ledger.verify import verify
from bench.bed.disk import NotMeasured, on_disk
from bench.bed.report import table
from bench.ledger import Bed


def main(words: Sequence[str] | None = None) -> int:
    """Damage, restore and print; 0, or 3 where something did not come back."""
    return on_disk("recovery", __doc__, 500_000, _drill, words)


def _drill(folder: Path, entries: int) -> str:
    bed = Bed(folder / "ledger")
    while bed.sequencer.size < entries:
        bed.requests(10_000)
        while bed.sequencer.tail():
            pass
    note, size = bed.sequencer.checkpoint(), bed.sequencer.size
    write_whole(bed.folder / KEYS, bed.keys.encode())
    kept, out = folder / "backup", folder / "export"
    rows = [
        _row("back up and verify", size, lambda: backup(bed.folder, bed.keys, kept)),
        _row("export", size, lambda: export(bed.folder, bed.keys, out)),
        _row("export again, nothing new", size, lambda: export(bed.folder, bed.keys, out)),
    ]
    bed.sequencer.release()

    def mended(name: str, spoil: str, *sources: Path) -> list[str]:
        if spoil:
            with sqlite3.connect(bed.folder / FILE) as connection:
                connection.execute(spoil)
        else:
            shutil.rmtree(bed.folder)
        row = _row(name, size, lambda: restore(bed.folder, sources, [note]))
        _require_same(name, bed, size, note)
        return row

    rows += [
        mended("restore: every hash gone, from its entries", "DELETE FROM tiles"),
        mended(
            "restore: a third overwritten, from the export",
            "UPDATE entries SET entry = x'00' WHERE number % 3 = 0",
            out,
        ),
        mended("restore: all of it lost, from the backup", "", kept),
        mended("restore: all of it lost, from the export", "", out),
    ]
    disk = sum(path.stat().st_size for path in bed.folder.glob(f"{FILE}*"))
    heading = [f"{size:,} entries, {disk / size:.0f} octets each", "wall s", "CPU s", "a million, CPU s"]
    return table(heading, rows)


def _row(name: str, entries: int, act: Callable[[], object]) -> list[str]:
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    spent, took = time.process_time() - cpu, time.perf_counter() - wall
    return [name, f"{took:.1f}", f"{spent:.1f}", f"{spent / entries * 1e6:.1f}"]


def _require_same(name: str, bed: Bed, entries: int, note: bytes) -> None:
    found = verify(bed.folder, bed.keys, note)
    if not found.intact or found.entries != entries or not read_small(bed.folder / "checkpoint"):
        raise NotMeasured(f"{name}: {found.entries} entries, {found.count} faults")


if __name__ == "__main__":
    sys.exit(main())
