"""The numbers of a running platform: what its workers counted, and how its processes and its record stand.

Rules of this file: reads and changes nothing. What cannot be read now is left out, and the rest is told.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan import __version__
from bartizan.app.boards import boards
from bartizan.app.export import EXPORTED
from bartizan.app.folder import Folder
from bartizan.app.guard_judge.counts import COUNTED as JUDGED
from bartizan.app.status import Process, Status
from bartizan.clock import SECOND
from bartizan.gateway.metering import COUNTED, TOLD, views
from bartizan.metrics.board import merged, read
from bartizan.metrics.exposition import told
from bartizan.metrics.family import Family, Kind, Series

_TICKS_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

BUILD: Final = Family("bartizan.build.info", Kind.GAUGE, "The version that runs; always 1.", ("version",))
ACCEPTING: Final = Family("bartizan.accepting", Kind.GAUGE, "1 where connections are taken, else 0.")
GENERATION: Final = Family(
    "bartizan.generation", Kind.GAUGE, "Number of the policy, principals and revocations in force."
)
ENTRIES: Final = Family("bartizan.ledger.entries", Kind.GAUGE, "Entries of the ledger's tree.")
ALTERED: Final = Family(
    "bartizan.ledger.altered_segments", Kind.GAUGE, "Journal segments in which a record was found altered."
)
WITNESSED: Final = Family(
    "bartizan.ledger.witnessed",
    Kind.GAUGE,
    "Entries of the tree that as many witnesses as are wanted have cosigned since the start.",
)
WITNESSED_AT: Final = Family(
    "bartizan.ledger.witnessed.timestamp",
    Kind.GAUGE,
    "When they last cosigned, since the epoch; 0 where they did not since the start.",
    (),
    "s",
    SECOND,
)
SIGN_IN_ALERTS: Final = Family(
    "bartizan.sign_ins.alerts", Kind.GAUGE, "Alerts about sign-ins that the current day (UTC) has had."
)
SIGN_IN_BUDGET: Final = Family(
    "bartizan.sign_ins.budget", Kind.GAUGE, "Alerts about sign-ins that a day is to have on average."
)
SIGN_IN_LEARNING: Final = Family(
    "bartizan.sign_ins.learning",
    Kind.GAUGE,
    "1 where the watch over sign-ins still learns what is usual, and tells only of broken protocols, else 0.",
)
UNSEALED: Final = Family(
    "bartizan.journal.unsealed",
    Kind.GAUGE,
    "Octets of journal segments that are not wholly in the tree.",
    (),
    "By",
)
PROCESSES: Final = Family(
    "bartizan.processes", Kind.GAUGE, "Processes, by kind and state.", ("process", "state")
)
CPU: Final = Family(
    "bartizan.process.cpu",
    Kind.GAUGE,
    "Processor time of the processes that live, user and system.",
    ("process",),
    "s",
    _TICKS_S,
)
RESIDENT: Final = Family(
    "bartizan.process.resident_memory",
    Kind.GAUGE,
    "Resident memory of the processes that live.",
    ("process",),
    "By",
)
DROPPED: Final = Family(
    "bartizan.series.dropped", Kind.GAUGE, "Series that were not counted, because there were too many."
)
SHIP_WAITING: Final = Family(
    "bartizan.connector.waiting",
    Kind.GAUGE,
    "Entries of the ledger's tree that a connector has not come past.",
    ("connector",),
)
SHIP_AGE: Final = Family(
    "bartizan.connector.age",
    Kind.GAUGE,
    "Age of the oldest entry that a connector has not delivered.",
    ("connector",),
    "s",
)
SHIP_DELIVERED: Final = Family(
    "bartizan.connector.delivered",
    Kind.GAUGE,
    "Entries that a connector's receiver has taken since the shipper was started.",
    ("connector",),
)
SHIP_STALLED: Final = Family(
    "bartizan.connector.stalled",
    Kind.GAUGE,
    "1 where a connector has delivered nothing for too long, else 0.",
    ("connector",),
)
PLATFORM: Final = (
    BUILD, ACCEPTING, GENERATION, ENTRIES, ALTERED, WITNESSED, WITNESSED_AT, UNSEALED, PROCESSES, CPU, RESIDENT, DROPPED,
    SIGN_IN_ALERTS, SIGN_IN_BUDGET, SIGN_IN_LEARNING, SHIP_WAITING, SHIP_AGE, SHIP_DELIVERED, SHIP_STALLED,
)  # fmt: skip
"""What is told besides what workers count."""
FAMILIES: Final = (*TOLD, *EXPORTED, *JUDGED, *PLATFORM)
"""Everything that is told."""


def scrape(folder: Folder) -> str:
    """Return the numbers of the platform of this folder as they stand, in Prometheus' text format."""
    found = [read(memory, (*COUNTED, *EXPORTED, *JUDGED)) for memory in boards(folder.run)]
    counted = views(merged(series for series, _ in found))
    dropped = Series(DROPPED, (), (sum(each for _, each in found),))
    return told([*counted, *sorted([*_platform(folder), dropped], key=_name)])


def _name(series: Series) -> tuple[str, tuple[str, ...]]:
    return series.family.name, series.values


def _platform(folder: Folder) -> Iterator[Series]:
    yield Series(BUILD, (__version__,), (1,))
    unsealed = 0
    for path in folder.segments.glob("*.journal"):
        try:
            unsealed += path.stat().st_size
        except OSError:  # sealed meanwhile
            continue
    yield Series(UNSEALED, (), (unsealed,))
    try:
        status = msgspec.json.decode(folder.status.read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError):
        return
    yield Series(ACCEPTING, (), (int(status.accepting),))
    yield Series(GENERATION, (), (status.generation,))
    yield Series(ENTRIES, (), (status.entries,))
    yield Series(ALTERED, (), (status.altered,))
    if status.witnesses:
        yield Series(WITNESSED, (), (status.witnessed,))
        yield Series(WITNESSED_AT, (), (status.witnessed_at,))
    if status.sign_ins is not None:
        yield Series(SIGN_IN_ALERTS, (), (status.sign_ins.today,))
        yield Series(SIGN_IN_BUDGET, (), (status.sign_ins.budget,))
        yield Series(SIGN_IN_LEARNING, (), (int(status.sign_ins.learning),))
    for one in status.connectors:
        yield Series(SHIP_WAITING, (one.name,), (one.waiting,))
        yield Series(SHIP_AGE, (one.name,), (one.age,))
        yield Series(SHIP_DELIVERED, (one.name,), (one.delivered,))
        yield Series(SHIP_STALLED, (one.name,), (int(one.stalled),))
    supervisor = Process("supervisor", 0, status.pid, "serving")
    yield from _processes((supervisor, *status.processes))


def _processes(processes: tuple[Process, ...]) -> Iterator[Series]:
    ticks, octets = Counter[str](), Counter[str]()
    for process in processes:
        try:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # gone
            continue
        ticks[process.kind] += int(fields[11]) + int(fields[12])
        octets[process.kind] += int(fields[21]) * _PAGE
    for (kind, state), count in Counter((each.kind, each.state) for each in processes).items():
        yield Series(PROCESSES, (kind, state), (count,))
    for kind in ticks:
        yield Series(CPU, (kind,), (ticks[kind],))
        yield Series(RESIDENT, (kind,), (octets[kind],))
