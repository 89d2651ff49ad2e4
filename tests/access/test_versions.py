from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bartizan.access import versions
from bartizan.access.errors import PolicyVersionUnknown
from bartizan.access.register import prepare
from bartizan.access.versions import MOST_VERSIONS, Version, digest_of
from bartizan.clock import Nanoseconds
from bartizan.store.engine import open_store

ONE, TWO, THREE = ({"a.cedar": f'@id("{name}") permit (principal, action, resource);'} for name in "abc")
NOW = Nanoseconds(1_800_000_000 * 10**9)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    prepare(store)
    with store.begin() as opened:
        yield opened
    store.dispose()


BOOTS = count()


def start(connection: Connection, files: dict[str, str]) -> tuple[Version, bool]:
    """Start a platform anew."""
    found, new = versions.take_up(connection, files, f"{next(BOOTS)}", NOW)
    return msgspec.structs.replace(found, boot=""), new


def test_a_first_start_makes_a_version_and_the_same_files_no_other(connection: Connection) -> None:
    first, new = start(connection, ONE)
    assert (first.number, first.files, first.source, new) == (1, ONE, "start", True)
    assert start(connection, ONE) == (first, False)


def test_what_was_applied_stays_over_starts_until_the_files_are_changed(connection: Connection) -> None:
    start(connection, ONE)
    applied = versions.add(connection, TWO, "applied", NOW)
    assert start(connection, ONE) == (msgspec.structs.replace(applied, boot=""), False)
    changed, new = start(connection, THREE)
    assert (changed.files, changed.source, new) == (THREE, "start", True)


def test_what_was_rolled_back_stays_rolled_back_although_the_files_say_otherwise(
    connection: Connection,
) -> None:
    start(connection, ONE)
    versions.add(connection, TWO, "applied", NOW, configured=digest_of(TWO))
    back = versions.add(connection, ONE, "rolled-back", NOW, repeats=1)
    assert start(connection, TWO) == (msgspec.structs.replace(back, boot=""), False)


def test_a_control_process_that_takes_over_knows_old_files_and_changes_nothing(
    connection: Connection,
) -> None:
    versions.take_up(connection, ONE, "boot", NOW)
    applied = versions.add(connection, TWO, "applied", NOW, configured=digest_of(TWO))
    assert versions.take_up(connection, ONE, "boot", NOW) == (applied, False)
    assert versions.take_up(connection, ONE, "next", NOW)[0].files == ONE


def test_files_that_were_applied_by_another_way_first_are_no_change(connection: Connection) -> None:
    start(connection, ONE)
    applied = versions.add(connection, TWO, "applied", NOW)
    known, new = start(connection, TWO)
    assert (known.number, new) == (applied.number, False)
    assert start(connection, ONE)[1]  # now the files are others than at the last start


def test_no_number_is_given_twice_and_the_oldest_give_way(connection: Connection) -> None:
    start(connection, ONE)
    for _ in range(MOST_VERSIONS + 5):
        versions.add(connection, TWO, "applied", NOW)
    kept = versions.all_of(connection)
    assert [each.number for each in kept] == list(range(7, MOST_VERSIONS + 7))
    with pytest.raises(PolicyVersionUnknown):
        versions.get(connection, 1)


Files = st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4)


@given(Files, Files)
def test_files_have_one_digest_in_any_order_and_others_another(
    one: dict[str, str], other: dict[str, str]
) -> None:
    backwards = dict(reversed(list(one.items())))
    assert digest_of(one) == digest_of(backwards)
    assert (digest_of(one) == digest_of(other)) == (one == other)


@given(st.lists(st.tuples(st.sampled_from(["start", "apply", "back"]), st.integers(0, 2)), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@pytest.mark.slow
def test_the_files_win_exactly_where_they_were_changed_since_they_were_last_looked_at(
    tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/{len(list(tmp_path.iterdir()))}.db")
    prepare(store)
    seen: dict[str, str] | None = None
    in_force: dict[str, str] = {}
    with store.begin() as connection:
        for what, number in [("start", 0), *steps]:
            files = (ONE, TWO, THREE)[number]
            if what == "start":
                in_force = in_force if files == seen else files
                seen = files
                assert start(connection, files)[0].files == in_force
            elif what == "apply":
                versions.add(connection, files, "applied", NOW)
                in_force = files
            else:
                first = versions.all_of(connection)[0]
                versions.add(connection, first.files, "rolled-back", NOW, repeats=first.number)
                in_force = dict(first.files)
    store.dispose()
