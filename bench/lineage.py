"""Where models come from, asked of a large record: `python -m bench.lineage`. CPU time of this process, in a folder of the disk.

1,000 projects on a real ledger. Each step takes three of its project's artifacts, two data sets that others use too (few are used by most, as everywhere),
the project's trainer and one tool that all share, and makes two: so nearly everything descends from the tool. The graph is packed and opened as `bartizan provenance`
does it, key and tree checked. Beside it stands SQLite with the same edges (`WITHOUT ROWID`, recursive query), as a tool without an index of its own would ask.
"""

import argparse
import hashlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from bartizan import __version__
from bartizan.app.folder import Folder
from bartizan.app.provenance import waiting
from bartizan.app.provenance.lineage import lineage
from bartizan.app.provenance.recording import Row, put
from bartizan.supply.provenance.graph import Graph
from bartizan.supply.provenance.standing import standing
from bartizan.supply.provenance.step import Kind, Origin, Stage, Step, Use, step
from bench.bed.report import machine, record, table

Found = TypeVar("Found")
EDGES: Final = 900_000
EACH: Final = 9
"""Artifacts of one step."""
PROJECTS: Final = 1000
SHARED: Final = 2000
TYPICAL_MS, WHOLE_MS, ADMIT_MS = 50.0, 300.0, 10.0
_AT_ONCE: Final = 2000
_ASKED: Final = 1000


class NotMeasured(RuntimeError):
    """Two ways to ask do not agree; of a wrong answer there is no figure."""


class Timed(NamedTuple):
    """CPU milliseconds of many questions, sorted."""

    all: list[float]

    def at(self, share: float) -> str:
        """Return the time that so many took at most."""
        return f"{self.all[min(len(self.all) - 1, int(share * len(self.all)))]:.2f} ms"


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.lineage", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--edges", type=int, default=EDGES)
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as place:
        body = measured(Folder(Path(place) / "state"), arguments.edges)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Lineage", {"Bartizan": __version__, "SQLite": sqlite3.sqlite_version}, body)
    return 0


def measured(folder: Folder, edges: int) -> str:
    """Return what asking costs."""
    rows: list[Row] = []
    for one in steps(edges):
        rows.extend(waiting.rows(one))
        if len(rows) > _AT_ONCE * EACH:
            put(folder, rows)
            rows = []
    put(folder, rows)
    anew, found = timed(lambda: lineage(folder, anew=True))
    opened, found = timed(lambda: lineage(folder))
    graph = found.graph
    chance = random.Random(7)
    asked = chance.sample(range(len(graph.names)), min(_ASKED, len(graph.names)))
    below = Timed(sorted(timed(partial(graph.descendants, each))[0] for each in asked))
    admit = Timed(sorted(timed(partial(standing, graph, each))[0] for each in asked))
    tool = graph.names.find(bytes.fromhex(named("tool")))
    some = nearest(
        graph,
        [graph.names.find(bytes.fromhex(named(f"shared {each}"))) for each in range(0, SHARED, 20)],
        8000,
    )
    with closing(peer(graph)) as connection:
        lines = [
            line(name, graph, start, connection)
            for name, start in (("a data set that many share", some), ("the tool that all share", tool))
        ]
    return "\n\n".join(
        [
            f"{graph.edges():,} edges, {len(graph.names):,} artifacts, {len(graph.steps):,} steps, {found.size:,} entries of the record",
            table(("what descends from", "artifacts", "ours, CPU", "SQLite, CPU"), lines),
            table(
                ("of 1,000 artifacts by chance", "median", "99 of 100", "longest", "goal"),
                [
                    ["descendants", below.at(0.5), below.at(0.99), below.at(1), f"<= {TYPICAL_MS:.0f} ms"],
                    [
                        "how it stands, for admission",
                        admit.at(0.5),
                        admit.at(0.99),
                        admit.at(1),
                        f"p99 <= {ADMIT_MS:.0f} ms",
                    ],
                ],
            ),
            f"Opening the packed graph ({folder.lineage.stat().st_size / 1e6:.1f} MB, key and tree checked): {opened:.0f} ms. Reading the whole record anew and packing it: {anew / 1000:.1f} s.",
            f"Goals: typical question <= {TYPICAL_MS:.0f} ms, whole graph <= {WHOLE_MS:.0f} ms, admission p99 <= {ADMIT_MS:.0f} ms.",
        ]
    )


def line(name: str, graph: Graph, start: int, connection: sqlite3.Connection) -> list[str]:
    """Return a row about what descends from an artifact, by both ways."""
    ours, reach = min((timed(lambda: graph.descendants(start)) for _ in range(3)), key=lambda pair: pair[0])
    theirs, count = timed(lambda: ask(connection, start))
    if count != len(reach.artifacts) + len(reach.steps):
        raise NotMeasured(
            f"SQLite reaches {count} nodes, the graph {len(reach.artifacts) + len(reach.steps)}"
        )
    return [name, f"{len(reach.artifacts) - 1:,}", f"{ours:.1f} ms", f"{theirs:.0f} ms"]


def steps(edges: int) -> Iterator[Step]:
    """Yield the steps of all projects, in the order of time."""
    chance = random.Random(1)
    for name in [
        "tool",
        *(f"shared {each}" for each in range(SHARED)),
        *(f"trainer {each}" for each in range(PROJECTS)),
    ]:
        yield made(Stage.INGEST, [], [name])
    mine: list[list[str]] = [[] for _ in range(PROJECTS)]
    for number in range(edges // EACH):
        project = number % PROJECTS
        own = mine[project][-20:]
        materials = {f"shared {int(SHARED * chance.random() ** 3)}" for _ in range(2 + 3 - min(3, len(own)))}
        materials |= set(chance.sample(own, min(3, len(own)))) | {"tool", f"trainer {project}"}
        products = [f"made {number} {each}" for each in range(2)]
        mine[project] += products
        yield made(Stage.TRAIN, sorted(materials), products, number)


def made(stage: Stage, materials: Sequence[str], products: Sequence[str], at: int = 0) -> Step:
    """Return a step about artifacts of these names."""
    used, out = ([Use(named(each), Kind.MODEL.value) for each in some] for some in (materials, products))
    return step(stage, used, out, (at, at), Origin.RECORDER)


def named(name: str) -> str:
    """Return the digest of an artifact of this name."""
    return hashlib.sha256(name.encode()).hexdigest()


def nearest(graph: Graph, starts: Sequence[int], wanted: int) -> int:
    """Return the one from which about so many artifacts descend."""
    return min(starts, key=lambda start: abs(len(graph.descendants(start).artifacts) - wanted))


def peer(graph: Graph) -> sqlite3.Connection:
    """Return a database with the same edges: artifacts by their number, steps by theirs after those."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE edges (above INTEGER, below INTEGER, PRIMARY KEY (above, below)) WITHOUT ROWID"
    )
    base = len(graph.names)
    rows = (
        row
        for number in range(len(graph.steps))
        for row in (
            *((material, base + number) for material in graph.materials.of(number)),
            *((base + number, product) for product in graph.products.of(number)),
        )
    )
    connection.executemany("INSERT INTO edges VALUES (?, ?)", rows)
    return connection


def ask(connection: sqlite3.Connection, start: int) -> int:
    """Return how many nodes descend from one, itself included, by a recursive query."""
    text = "WITH RECURSIVE reach(node) AS (VALUES (?) UNION SELECT below FROM edges JOIN reach ON above = node) SELECT count(*) FROM reach"
    return int(connection.execute(text, (start,)).fetchone()[0])


def timed(ask_it: Callable[[], Found]) -> tuple[float, Found]:
    """Return CPU milliseconds, and what was found."""
    start = time.process_time()
    found = ask_it()
    return (time.process_time() - start) * 1000, found


if __name__ == "__main__":
    sys.exit(main())
