"""Who follows a ledger sees each entry that fits once, in order, whatever happens meanwhile."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ledger import follow as following
from bartizan.ledger.database import FILE, LedgerUnreadable
from bartizan.ledger.entry import Entry
from bartizan.ledger.follow import follow
from bartizan.ledger.query import MOST, Query, query, size
from tests.ledger.ground import Ground, fill


def still() -> None:
    pytest.fail("it waits where there is more")


def pages(count: int, folder: Path, asked: Query, pause: Callable[[], None] = lambda: None) -> list[Entry]:
    return [entry for part in islice(follow(folder, asked, pause), count) for entry in part]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(0, 90), st.booleans())
def test_each_entry_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    turns: list[int],
    first: int,
    last: bool,  # noqa: FBT001 - drawn
) -> None:
    folder = tmp_path_factory.mktemp("follow")
    ground = Ground(folder)
    fill(ground, 1, 50)
    grown = iter(enumerate(turns, 2))

    def grow() -> None:
        for number, requests in islice(grown, 1):
            fill(ground, number, requests)

    asked = Query(kind="gateway.request.completed", first=first, last=last, limit=7)
    seen = pages(2 * len(turns) + 4, folder, asked, grow)
    everything = query(folder, Query(kind="gateway.request.completed", first=first, limit=MOST))
    assert [entry.index for entry in seen] == [entry.index for entry in everything][
        len(everything) - len(seen) :
    ]
    assert len(seen) == len(everything) if not last else len(seen) >= sum(turns)


def test_a_long_past_comes_page_by_page_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_PAGE", 50)
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    seen = pages(5, tmp_path, Query(first=0), still)
    assert [entry.index for entry in seen] == list(range(200))


def test_a_ledger_that_is_away_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 10)
    left = [4]

    def back() -> None:
        left[0] -= 1
        if left[0] == 0:
            (tmp_path / "away").rename(tmp_path / FILE)
            fill(ground, 2, 10)

    looks = follow(tmp_path, Query(first=0), back)
    next(looks)
    assert len(next(looks)) == size(tmp_path)
    (tmp_path / FILE).rename(tmp_path / "away")
    assert len(next(looks)) == 21
    assert left[0] == 0


def test_a_ledger_that_is_away_for_long_is_said(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 10)
    looks = follow(tmp_path, Query(last=True), lambda: None)
    next(looks)
    (tmp_path / FILE).rename(tmp_path / "away")
    with pytest.raises(LedgerUnreadable):
        next(looks)


def test_another_ledger_in_its_place_is_not_gone_on_with(tmp_path: Path) -> None:
    one, two = Ground(tmp_path / "one"), Ground(tmp_path / "two")
    fill(one, 1, 10)
    fill(two, 1, 3)
    looks = follow(one.folder, Query(last=True), lambda: None)
    next(looks)
    for name in (f"{FILE}-wal", f"{FILE}-shm", FILE):
        (one.folder / name).rename(one.folder / f"{name}-before")
        (one.folder / name).write_bytes((two.folder / name).read_bytes())
    with pytest.raises(LedgerUnreadable, match="another one"):
        next(looks)


def test_who_begins_after_the_end_waits_for_what_comes_there(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 10)

    def grow() -> None:
        if size(tmp_path) < 30:
            fill(ground, 2, 20)

    seen = pages(4, tmp_path, Query(first=30), grow)
    assert [entry.index for entry in seen] == list(range(30, size(tmp_path)))
