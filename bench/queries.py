"""How fast the record answers beside who writes to it: `python -m bench.queries`.

Seven days of entries, evenly spread; while a writer adds more, durably, and the archiver follows, the same questions go to
the copy in columns, to the tree alone, and to plain SQLite over a table of one row an entry with an index on time. The
parts of one row are asked in turns, so that a busy machine slows all of them. Bring 10 GB of disk and ten minutes.
"""

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from bartizan import __version__
from bartizan.clock import SECOND, Nanoseconds
from bartizan.ledger.aggregate import Aggregate, aggregate, from_tree
from bartizan.ledger.archive import Archive
from bartizan.ledger.columns import pieces, pieces_folder
from bartizan.ledger.counting import Answer
from bartizan.ledger.database import FILE, open_to_fill, reading, transaction
from bartizan.ledger.grammar import columns
from bartizan.ledger.query import Query, query
from bartizan.ledger.stored_tree import StoredTree
from bartizan.ledger.written import admitted, completed
from bench.bed.report import machine, record, table

DAYS = 7
HOUR = Nanoseconds(3600 * SECOND)
START = Nanoseconds(1_800_000_000 * SECOND)
GOAL_SECONDS = 0.5
_BATCH = 1 << 16
_ROUNDS = 5
_WRITTEN = 100
"""Records of one commit of the writer, twenty times a second."""
_NAMES = ("served", "cut", "upstream-failed")
_REQUESTS = Query(kind="gateway.request")
QUESTIONS = {
    "entries by kind and outcome, an hour": Aggregate(("kind", "outcome"), HOUR, limit=100_000),
    "ten busiest actors": Aggregate(("actor",), where=_REQUESTS, limit=10),
    "latency by service: p50, p95, p99": Aggregate(
        ("target",), of="micros", where=Query(kind="gateway.request.completed")
    ),
    "failures by reason, a day": Aggregate(
        ("reason", "status"), 24 * HOUR, where=Query(kind="gateway.request.completed")
    ),
}
PLAIN = {
    "entries by kind and outcome, an hour": f"SELECT at / {HOUR}, kind, outcome, count(*) FROM events GROUP BY 1, 2, 3",
    "ten busiest actors": "SELECT actor, count(*) FROM events WHERE kind LIKE 'gateway.request.%' GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    "latency by service: p50, p95, p99": "",  # SQLite has no quantiles
    "failures by reason, a day": f"SELECT at / {24 * HOUR}, reason, status, count(*) FROM events WHERE kind = 'gateway.request.completed' GROUP BY 1, 2, 3",
}


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.queries", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to write: the disk that is measured")
    parser.add_argument("--role", choices=["write", "archive"], help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if arguments.role:
        return {"write": _write, "archive": _archive}[arguments.role](arguments.folder)
    folder = Path(tempfile.mkdtemp(prefix="bartizan-queries-", dir=arguments.folder))
    try:
        body = _measured(folder, arguments.entries)
    finally:
        shutil.rmtree(folder)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        versions = {
            "Bartizan": __version__,
            "DuckDB": duckdb.__version__,
            "SQLite": sqlite3.sqlite_version,
        }
        record("Queries", versions, body)
    return 0


def _measured(folder: Path, entries: int) -> str:
    ledger = folder / "ledger"
    filled, _ = _timed(lambda: _fill(ledger, entries))
    made, _ = _timed(lambda: _catch_up(ledger))
    plain = _plain(folder / "plain.db", ledger)
    tree, rows, copied = (
        (ledger / FILE).stat().st_size,
        plain.stat().st_size,
        _octets(pieces_folder(ledger)),
    )
    notes = (
        f"{entries:,} entries over {DAYS} days; made in {filled:.0f} s; the copy in {made:.0f} s, from nothing: "
        f"{len(pieces(ledger))} files, {copied / 1e6:.0f} MB beside a tree of {tree / 1e6:,.0f} MB; "
        f"rows of plain SQLite {rows / 1e6:,.0f} MB."
    )
    with _beside(ledger, "write"), _beside(ledger, "archive"):
        body = _aggregates(ledger, plain) + "\n\n" + _subjects(ledger, plain, entries)
    return f"{notes}\n\n{body}"


def _aggregates(ledger: Path, plain: Path) -> str:
    rows = []
    for name, asked in QUESTIONS.items():
        found: list[Answer] = []
        ours = _best(lambda: found.append(aggregate(ledger, asked)))  # noqa: B023  called at once
        theirs = _best(lambda: _sql(plain, PLAIN[name]), 2) if PLAIN[name] else 0.0  # noqa: B023  called at once
        alone = _best(lambda: _alone(ledger, asked), 1)  # noqa: B023  called at once
        sources = {answer.source.value for answer in found}
        met = ("met" if ours <= GOAL_SECONDS else "not met") if sources == {"columns"} else f"from {sources}"
        rows.append([name, f"{ours:.3f} s", f"{theirs:.2f} s" if theirs else "-", f"{alone:.1f} s", met])
    heading = [
        "aggregate while writing",
        "columns and newest",
        "plain SQLite rows",
        "tree alone",
        "goal: 0.5 s",
    ]
    return table(heading, rows)


def _subjects(ledger: Path, plain: Path, entries: int) -> str:
    """A request by its id, somewhere in the seven days, and one that there is none of."""
    chance = random.Random(7)
    ids = [_request(chance.randrange(entries // 2)) for _ in range(10)]
    ours = _best(lambda: [query(ledger, Query(subject=each)) for each in ids], 3) / len(ids)
    none = _best(lambda: query(ledger, Query(subject=_request(2**60))), 3)
    theirs = _best(lambda: _sql(plain, f"SELECT * FROM events WHERE subject = '{ids[0]}'"), 1)
    last = _best(lambda: query(ledger, Query(kind="gateway.request.refused", last=True, limit=50)), 3)
    rows = [
        ["a request's entries, by its id", f"{ours * 1e3:.0f} ms", f"{theirs * 1e3:.0f} ms"],
        ["an id that there is none of", f"{none * 1e3:.0f} ms", ""],
        ["the newest 50 of a rare kind", f"{last * 1e3:.0f} ms", ""],
    ]
    return table(["entries from the tree, while writing", "tree", "plain SQLite rows"], rows)


# ---- the bed -------------------------------------------------------------------------------------------------
def _fill(ledger: Path, entries: int) -> None:
    """Fill a tree as the sealer does, but for signatures and segments."""
    ledger.mkdir(parents=True)
    with closing(open_to_fill(ledger)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        tree = StoredTree(connection)
        step = DAYS * 24 * HOUR // entries
        for first in range(0, entries, _BATCH):
            bodies = list(_bodies(first, min(first + _BATCH, entries), step))
            with transaction(connection):
                tree.append(1, first, bodies, columns(bodies))
                tree.save()


def _bodies(first: int, end: int, step: int) -> Iterator[bytes]:
    for index in range(first, end):
        at, number = Nanoseconds(START + index * step), index // 2
        actor, request = f"p-{number * number % 1009:016x}", _request(number)
        if index % 2 == 0:
            yield admitted(at, actor, request, action="chat", content=f"{number * 2654435761 % 2**256:064x}", generation=7,
                           group="x25519mlkem768", octets=900 + number % 700, route="chat", service=f"service-{number % 100}")  # fmt: skip
        else:
            failed = number % 50 == 0
            yield completed(at, actor, request, "failed" if failed else "done", admitted=index - 1, input=number % 4000,
                            micros=100_000 + number * 7919 % 1_000_000, octets=number % 9000, output=number % 900,
                            reason=_NAMES[number % 3] if failed else "served", status=502 if failed else 200,
                            target=f"target-{number % 20}", upstream="x25519mlkem768")  # fmt: skip


def _request(number: int) -> str:
    """Return an id that looks like a random one; each number has its own."""
    return f"q-{number * 11400714819323198485 % 2**64:016x}"


def _catch_up(ledger: Path) -> None:
    archive = Archive(ledger)
    while archive.turn():
        pass


def _plain(path: Path, ledger: Path) -> Path:
    """One row an entry, as somebody without a tree would have it."""
    fields = "at INTEGER, kind TEXT, actor TEXT, subject TEXT, outcome TEXT, control TEXT, status INTEGER, reason TEXT, micros INTEGER, target TEXT"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"CREATE TABLE events (number INTEGER PRIMARY KEY, {fields})")
        connection.execute("BEGIN")
        engine = duckdb.connect()
        names = [
            str(pieces_folder(ledger) / piece.name)
            for piece in sorted(pieces(ledger), key=lambda piece: piece.first)
        ]
        found = engine.execute(
            'SELECT index, "at", kind, actor, subject, outcome, control, "detail.status", "detail.reason", '
            '"detail.micros", "detail.target" FROM read_parquet($1)', [names]
        )  # fmt: skip
        while rows := found.fetchmany(100_000):
            connection.executemany(f"INSERT INTO events VALUES ({','.join('?' * 11)})", rows)
        connection.execute("COMMIT")
        connection.execute("CREATE INDEX by_time ON events (at)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def _beside(ledger: Path, role: str) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.queries", "--role", role, "--folder", str(ledger)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _write(ledger: Path) -> int:
    """Two thousand records a second, each commit durable."""
    with closing(open_to_fill(ledger)) as connection:
        tree = StoredTree(connection)
        while True:
            first = tree.size
            bodies = list(_bodies(first, first + _WRITTEN, HOUR // 100_000))
            with transaction(connection):
                tree.append(1, first, bodies, columns(bodies))
                tree.save()
            time.sleep(0.05)


def _archive(ledger: Path) -> int:
    archive = Archive(ledger)
    while True:
        if not archive.turn():
            time.sleep(1)


def _alone(ledger: Path, asked: Aggregate) -> Answer:
    with reading(ledger) as connection:
        return from_tree(connection, ledger, asked)


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement).fetchall()


def _octets(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return the wall time and the processor time of doing it once, in seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def _best(act: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """Return the least wall time of doing it, in seconds."""
    return min(_timed(act)[0] for _ in range(rounds))


if __name__ == "__main__":
    sys.exit(main())
