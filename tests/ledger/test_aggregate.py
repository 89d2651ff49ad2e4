"""Counting: complete and right, whichever part of the tree has a copy in columns, and whatever became of the copy."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ledger.aggregate import Aggregate, AggregateInvalid, aggregate, from_tree
from bartizan.ledger.archive import Archive
from bartizan.ledger.column_fields import COUNTED, HOUR, NUMBERS
from bartizan.ledger.columns import pieces
from bartizan.ledger.counting import QUANTILES, Measure, Row, Source, Value
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import MOST, Query, query
from tests.ledger.columned import archived, small_pieces
from tests.ledger.ground import START, Ground, request

pytestmark = pytest.mark.sources

ACTORS = ("p-00000000000000aa", "p-00000000000000bb", "anonymous")
REASONS = ("served", "upstream-failed", "cut")


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of some 800 entries of several kinds, whose copy is some entries behind."""
    ground = Ground(tmp_path_factory.mktemp("aggregate") / "ledger's [copy]")
    for part, many in enumerate((300, 37)):
        journal = ground.journal(part + 1)
        for number in range(many):
            ground.clock.at += 7 + number % 3
            actor, subject = ACTORS[number % 3], request(number)
            journal.record("gateway.request.admitted", actor, subject, Outcome.ALLOWED, "access.request-authorized", {
                "service": f"service-{number % 4}", "route": "chat", "octets": number,
            })  # fmt: skip
            detail: dict[str, int | str] = {"status": 200 + number % 2, "micros": number * number % 1009}
            if number % 5:
                detail["reason"] = REASONS[number % 3]
            outcome = Outcome.DONE if number % 4 else Outcome.FAILED
            journal.record("gateway.request.completed", actor, subject, outcome, "", detail)
            if number % 50 == 0:
                journal.record(
                    "drill.attack.tried", "owner", "", Outcome.DENIED, "ledger.intact", {"micros": 5}
                )
        journal.flush()
        ground.tail()
        if part == 0:
            archived(ground.folder)
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    assert len(pieces(ground.folder)) > 3
    return ground.folder


def naive(entries: tuple[Entry, ...], asked: Aggregate) -> list[Row]:
    """Count as who has never heard of indices would."""
    groups: dict[tuple[int, tuple[Value, ...]], list[Entry]] = {}
    for entry in entries:
        if entry.index >= asked.where.first and asked.where.matches(entry.event):
            start = entry.event.at - entry.event.at % asked.bucket if asked.bucket else 0
            groups.setdefault((start, tuple(said(entry, name) for name in asked.by)), []).append(entry)
    rows = []
    for (start, values), members in groups.items():
        numbers = sorted(int(one.event.detail[asked.of]) for one in members if asked.of in one.event.detail)
        rows.append(Row(start, values, len(members), measure(numbers) if numbers else None))
    return sorted(rows, key=order)


def order(row: Row) -> tuple[object, ...]:
    return (
        row.start,
        -row.count,
        [(value is not None, value if value is not None else 0) for value in row.values],
    )


def said(entry: Entry, name: str) -> Value:
    if name == "outcome":
        return entry.event.outcome.value
    value: Value = getattr(entry.event, name, entry.event.detail.get(name))
    return value


def measure(numbers: list[int]) -> Measure:
    ranks = tuple(next(n for n in numbers if 100 * sum(m <= n for m in numbers) >= part * len(numbers)) for part in QUANTILES)  # fmt: skip
    return Measure(len(numbers), sum(numbers), numbers[0], ranks, numbers[-1])


ASKED = st.builds(
    Aggregate,
    by=st.lists(st.sampled_from(COUNTED), max_size=3, unique=True).map(tuple),
    bucket=st.sampled_from([0, 1, 100, 1000, 10**9, HOUR, 24 * HOUR, HOUR + 1]),
    of=st.sampled_from(["", "micros", "octets", "status", *sorted(NUMBERS)]),
    where=st.builds(
        Query,
        since=st.sampled_from([0, START, START + 1000]),
        until=st.sampled_from([2**63 - 1, START, START + 1500]),
        kind=st.sampled_from(["", "gateway", "gateway.request.completed", "gateway.req", "x.y", "drill.attack"]),
        actor=st.sampled_from(["", *ACTORS, "owner"]),
        subject=st.sampled_from(["", request(3), request(299)]),
        control=st.sampled_from(["", "access.request-authorized", "ledger.intact"]),
        outcome=st.sampled_from([None, *Outcome]),
        first=st.sampled_from([0, 1, 255, 256, 300, 599, 640, 10_000]),
    ),
    limit=st.sampled_from([0, 1, 5, 100_000]),
)  # fmt: skip


@pytest.mark.slow
@given(ASKED)
def test_an_aggregate_is_what_counting_every_entry_comes_to(folder: Path, asked: Aggregate) -> None:
    wanted = naive(query(folder, Query(limit=MOST)), asked)
    found = aggregate(folder, asked)
    assert list(found.rows) == wanted[: asked.limit]
    assert found.more == (len(wanted) > asked.limit)
    assert found.source is Source.COLUMNS or asked.where.first > 500
    with reading(folder) as connection:
        plain = from_tree(connection, folder, asked)
    assert (plain.rows, plain.more, plain.size) == (found.rows, found.more, found.size)
    assert plain.source is Source.TREE


def test_without_the_extra_the_same_is_answered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Aggregate(("kind", "outcome"), 1000, "micros")
    before = aggregate(folder, asked)
    monkeypatch.setattr("bartizan.ledger.aggregate.available", lambda: False)
    after = aggregate(folder, asked)
    assert (before.source, after.source) == (Source.COLUMNS, Source.TREE)
    assert after.rows == before.rows


def test_the_newest_entries_are_counted_before_they_are_in_the_copy(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    journal = ground.journal(1)
    for number in range(400):
        journal.record("access.token.revoked", "owner", f"t-{number:016x}", Outcome.DONE)
        if number in {300, 399}:
            journal.flush()
            ground.tail()
            archived(tmp_path) if number == 300 else None
            found = aggregate(tmp_path, Aggregate(where=Query(kind="access")))
            assert (found.rows[0].count, found.source) == (number + 1, Source.COLUMNS)


@pytest.mark.parametrize(
    "wrong",
    [{"by": ("nothing",)}, {"by": ("kind", "kind")}, {"by": ("content",)}, {"of": "reason"}, {"bucket": -1},
     {"by": ('kind" FROM read_text(\'/etc/passwd\') --',)}, {"of": "micros), (SELECT 1"}, {"by": COUNTED[:5]}],
)  # fmt: skip
def test_what_has_no_answer_is_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(AggregateInvalid):
        Aggregate(**wrong)  # type: ignore[arg-type]  # that is the point


HOSTILE = st.sampled_from(
    ["'; DROP TABLE x; --", "' OR '1'='1", '"', "$files", "%", "\\", "\0", "*", "\ud800"]
)


@settings(max_examples=25)
@given(st.sampled_from(["kind", "actor", "subject", "control"]), st.text(max_size=30) | HOSTILE)
def test_whatever_is_asked_for_is_data_and_never_a_command(folder: Path, part: str, text: str) -> None:
    asked = Aggregate((), where=msgspec.structs.replace(Query(), **{part: text}))
    found = aggregate(folder, asked)
    wanted = naive(query(folder, Query(limit=MOST)), Aggregate()) if not text else []
    assert sum(row.count for row in found.rows) == sum(row.count for row in wanted)


def test_fields_that_people_ask_for_have_a_column() -> None:
    assert {"service", "route", "reason", "status", "micros", "input", "output", "target"} <= set(COUNTED)
    assert {"content", "digest", "run", "boot", "policy"} & set(COUNTED) == set()


def test_a_folder_without_a_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreadable, match=r"tree\.db"):
        aggregate(tmp_path, Aggregate())


def test_a_ledger_that_is_empty_has_no_rows(tmp_path: Path) -> None:
    Ground(tmp_path)
    Archive(tmp_path).turn()
    assert aggregate(tmp_path, Aggregate()).rows == ()
