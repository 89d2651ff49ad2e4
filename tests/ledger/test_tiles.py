"""Tiles lie where the format says, each once, and bundles hold what was put in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.tiles import ENTRIES, WIDTH, Place, TileMalformed, bundle, bundles, entries_of, places


def test_paths_are_those_of_the_format() -> None:
    assert Place(0, 1234067).path == "tile/0/x001/x234/067"
    assert Place(2, 0, 1).path == "tile/2/000.p/1"
    assert Place(ENTRIES, 999).path == "tile/entries/999"
    assert Place(ENTRIES, 1000, 255).path == "tile/entries/x001/000.p/255"


def test_the_formats_own_example_has_these_tiles() -> None:
    """A tree of 70,000: 273 full tiles and one of 112, one full and one of 17, one of 1."""
    found = list(places(70_000))
    assert [place for place in found if place.width < WIDTH] == [
        Place(0, 273, 112),
        Place(1, 1, 17),
        Place(2, 0, 1),
    ]
    assert len([place for place in found if place == Place(0, place.number)]) == 273
    assert list(places(256)) == [Place(0, 0), Place(1, 0, 1)]
    assert list(places(0)) == []


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_what_comes_later_adds_what_was_not_full_before(size: int, more: int) -> None:
    before = {place for place in places(size) if place.width == WIDTH}
    after = set(places(size + more))
    assert before | set(places(size + more, size)) == after
    assert before.isdisjoint(places(size + more, size))


@given(st.integers(0, 5000))
def test_every_entry_has_one_bundle(size: int) -> None:
    assert sum(place.width for place in bundles(size)) == size


@given(st.lists(st.binary(max_size=70), max_size=300))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert entries_of(bundle(entries)) == entries


@given(st.lists(st.binary(max_size=70), min_size=1, max_size=20), st.data())
def test_a_cut_bundle_is_refused_or_ends_at_an_entry(entries: list[bytes], data: st.DataObject) -> None:
    whole = bundle(entries)
    at = data.draw(st.integers(1, len(whole) - 1)) if len(whole) > 1 else 1
    borders = {len(bundle(entries[:count])) for count in range(len(entries) + 1)}
    if at in borders:
        assert entries_of(whole[:at]) == entries[: len(entries_of(whole[:at]))]
    else:
        with pytest.raises(TileMalformed):
            entries_of(whole[:at])
