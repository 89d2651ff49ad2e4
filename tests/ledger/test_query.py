"""A query returns exactly the entries that fit, in the order of the tree, and only by what their bodies say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.aggregate import Aggregate, from_tree
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import EVER, Query, query, size
from tests.ledger.ground import START, Ground, admit, complete, fill, request

ACTORS = ("p-00000000000000aa", "p-00000000000000bb", "anonymous")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of three blocks and a bit, with two segments in turns."""
    ground = Ground(tmp_path_factory.mktemp("query") / "ledger")
    journals = [ground.journal(1), ground.journal(2)]
    for number in range(400):
        ground.clock.at += 10
        journal, actor = journals[number % 2], ACTORS[number % 3]
        admit(journal, number, actor)
        if number % 5:
            complete(journal, number, actor=actor)
        if number % 50 == 0:
            journals[0].flush()
            journals[1].flush()
            ground.tail()
    for journal in journals:
        journal.close()
    ground.tail()
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    return ground.folder


def everything(folder: Path) -> tuple[Entry, ...]:
    return query(folder, Query(limit=100_000))


QUERIES = st.builds(
    Query,
    since=st.sampled_from([0, START, START + 1000, START + 3990]),
    until=st.sampled_from([2**63 - 1, START, START + 2000, START + 3995]),
    kind=st.sampled_from(
        ["", "gateway", "gateway.request", "gateway.request.admitted", "ledger", "gate", "x.y.z"]
    ),
    actor=st.sampled_from(["", *ACTORS, "platform", "owner"]),
    subject=st.sampled_from(["", request(3), request(399), request(5000), "sample"]),
    control=st.sampled_from(["", "access.request-authorized", "ledger.intact"]),
    outcome=st.sampled_from([None, *Outcome]),
    first=st.sampled_from([0, 1, 255, 256, 300, 700, 721, 10_000]),
    last=st.booleans(),
    limit=st.sampled_from([0, 1, 7, 300, 100_000]),
)


@given(QUERIES)
def test_a_query_returns_what_reading_everything_would(folder: Path, asked: Query) -> None:
    fitting = [e for e in everything(folder) if e.index >= asked.first and asked.matches(e.event)]
    wanted = (
        fitting[len(fitting) - min(asked.limit, len(fitting)) :] if asked.last else fitting[: asked.limit]
    )
    assert list(query(folder, asked)) == wanted


def test_entries_stand_at_the_index_that_they_say(folder: Path) -> None:
    entries = everything(folder)
    assert [entry.index for entry in entries] == list(range(size(folder)))
    assert len(entries) == 400 + 320 + 4 + 80  # admitted, completed, openings and closings, lost


@given(st.text(max_size=30))
def test_whatever_is_asked_for_is_data_and_never_a_command(folder: Path, text: str) -> None:
    for asked in (Query(kind=text), Query(actor=text), Query(subject=text), Query(control=text)):
        found = query(folder, asked)
        assert all(asked.matches(entry.event) for entry in found)


def test_a_folder_without_a_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreadable, match=r"tree\.db"):
        query(tmp_path, Query())
    (tmp_path / "tree.db").write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerUnreadable):
        query(tmp_path, Query())


@pytest.mark.parametrize("requests", [3, 300])
@pytest.mark.parametrize("last", [True, False])
def test_nobody_hides_behind_the_last_instant_that_there_is(
    tmp_path: Path,
    requests: int,
    last: bool,  # noqa: FBT001 - drawn
) -> None:
    """What a worker gone bad writes may say any instant, and everything after it has to say the same."""
    ground = Ground(tmp_path)
    ground.clock.at = EVER
    journal = ground.journal(1)
    for number in range(requests):
        complete(journal, number, admit(journal, number))
    journal.flush()
    ground.tail()
    assert len(query(tmp_path, Query(kind="gateway", last=last))) == 2 * requests
    assert query(tmp_path, Query(kind="gateway", last=last, until=EVER - 1)) == ()
    with reading(tmp_path) as connection:
        rows = from_tree(connection, tmp_path, Aggregate(("kind",))).rows
    assert sum(row.count for row in rows) == 2 * requests + 1


@pytest.mark.parametrize("octets", [b'"ten"', b"9223372036854775808", b"10"])
def test_an_entry_that_somebody_rewrote_is_named_and_not_counted(tmp_path: Path, octets: bytes) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 3)
    for number, run in ground.apart().execute("SELECT number, entry FROM entries").fetchall():
        doctored = run.replace(b'"octets":2,', b'"octets":%b,' % octets, 1)
        ground.apart().execute("UPDATE entries SET entry = ? WHERE number = ?", (doctored, number))
    with reading(tmp_path) as connection:
        for asked in (Aggregate(("kind",), of="octets"), Aggregate(("octets",))):
            if octets == b"10":
                assert from_tree(connection, tmp_path, asked).rows
            elif b'"' in octets or asked.of:
                with pytest.raises(LedgerUnreadable, match="not an event"):
                    from_tree(connection, tmp_path, asked)
