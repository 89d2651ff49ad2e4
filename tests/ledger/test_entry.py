"""Entries lie in the database in runs, and come out as the octets that the tree hashed, whatever somebody put there."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.entry import ORIGIN, encode_entry, entries_in, origin_leaf_hashes, runs
from bartizan.ledger.tree import leaf_hashes

BODIES = st.lists(st.binary(min_size=1, max_size=8).map(lambda body: body.replace(b"\n", b" ")), max_size=600)
NUMBERS = st.integers(0, 2**63)


@given(st.integers(0, 1000), NUMBERS, NUMBERS, BODIES)
def test_what_is_laid_in_runs_is_what_comes_out(
    index: int, segment: int, sequence: int, bodies: list[bytes]
) -> None:
    laid = list(runs(index, segment, sequence, bodies))
    found = {number: entry for first, run in laid for number, entry in enumerate(entries_in(run), first)}
    wanted = [encode_entry(segment, number, body) for number, body in enumerate(bodies, sequence)]
    assert found == dict(enumerate(wanted, index))
    for first, run in laid:
        assert first // 256 == (first + len(entries_in(run)) - 1) // 256


@given(NUMBERS, NUMBERS, BODIES)
def test_the_leaves_are_those_of_the_entries(segment: int, sequence: int, bodies: list[bytes]) -> None:
    entries = [encode_entry(segment, number, body) for number, body in enumerate(bodies, sequence)]
    assert origin_leaf_hashes(segment, sequence, bodies) == leaf_hashes(entries)


@given(st.binary(max_size=60) | st.integers() | st.text() | st.none() | st.floats())
def test_whatever_lies_there_yields_entries(octets: object) -> None:
    found = entries_in(octets)
    assert found
    if isinstance(octets, bytes) and len(found) == 1:
        assert found == [octets]


def test_a_run_whose_numbers_would_not_fit_is_one_entry() -> None:
    run = ORIGIN.pack(1, 2**64 - 1) + b"a\nb"
    assert entries_in(run) == [run]
