"""The graph reaches what plain sets reach, packed or not, and ends in cycles too."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.provenance.fold import Fold
from bartizan.supply.provenance.graph import Graph, Names
from bartizan.supply.provenance.packed import Head, packed, unpacked
from bartizan.supply.provenance.step import Step
from bartizan.supply.provenance.told import entries
from tests.supply.provenance.drawn import KEY, digest, folded, letters, made, number, steps


def reached(some: list[Step], start: str, *, down: bool) -> set[str]:
    """Return the digests of what an artifact leads to, and itself."""
    found = {start}
    while True:
        more = set(found)
        for one in some:
            here, there = (one.materials, one.products) if down else (one.products, one.materials)
            if found & {use.digest for use in here}:
                more |= {use.digest for use in there}
        if more == found:
            return found
        found = more


@given(st.lists(steps(), min_size=1, max_size=12), st.integers(0, 12))
def test_walks_reach_what_sets_reach_where_a_part_was_packed_before(some: list[Step], split: int) -> None:
    first = folded(*some[:split])
    again = unpacked(memoryview(packed(first, Head(0, ""), KEY)), KEY)
    assert again is not None
    fold = Fold(again[0])
    for one in some[split:] + some[:1]:  # the first once more, which changes nothing
        for told in entries(one):
            fold.take(0, told.kind, told.detail)
    graph = fold.graph
    assert len(graph.steps) == len({one.id for one in some})
    for start in {use.digest for one in some for use in (*one.materials, *one.products)}:
        at = graph.names.find(bytes.fromhex(start))
        below, above = graph.descendants(at), graph.ancestors(at)
        assert {graph.names[each].hex() for each in below.artifacts} == reached(some, start, down=True)
        assert {graph.names[each].hex() for each in above.artifacts} == reached(some, start, down=False)
        assert below.artifacts[0] == above.artifacts[0] == at
        assert len(set(below.artifacts)) == len(below.artifacts)
        for end in below.artifacts:
            walk = graph.path(at, end)
            places = [at, *(artifact for _, artifact in walk)]
            assert places[-1] == end
            for (before, after), (step, _) in zip(pairwise(places), walk, strict=True):
                assert before in graph.materials.of(step)
                assert after in graph.products.of(step)


def test_there_is_no_way_to_what_does_not_descend() -> None:
    graph = folded(made("train", "ab", "c"), made("train", "c", "d"))
    assert graph.path(number(graph, "d"), number(graph, "a")) == []
    assert [letters(graph, [made]) for _, made in graph.path(number(graph, "a"), number(graph, "d"))] == [
        "c",
        "d",
    ]


@given(
    st.sets(st.binary(min_size=32, max_size=32), max_size=40),
    st.sets(st.binary(min_size=32, max_size=32), max_size=5),
)
def test_digests_are_found_by_their_number_and_numbers_by_their_digest(
    some: set[bytes], others: set[bytes]
) -> None:
    names = Names(b"".join(sorted(some)))
    assert [names.find(each) for each in sorted(some)] == list(range(len(some)))
    fresh = sorted(others - some)
    assert [names.number(each) for each in fresh] == list(range(len(some), len(some) + len(fresh)))
    assert {names[names.find(each)] for each in some | others} == some | others
    assert names.find(b"\xff" * 32) >= 0 or b"\xff" * 32 not in some | others


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 7)), min_size=20, max_size=20))
def test_a_packed_graph_is_of_its_key_and_its_octets_alone(changes: list[tuple[int, int]]) -> None:
    graph = folded(made("ingest", "", "ab"), made("train", "ab", "c"), made("deploy", "c"))
    octets = packed(graph, Head(7, "root"), KEY)
    found = unpacked(memoryview(octets), KEY)
    assert found is not None
    assert (found[1].size, found[1].root) == (7, "root")
    assert packed(*found, KEY) == octets
    for place, bit in changes:
        at = place % len(octets)
        changed = octets[:at] + bytes([octets[at] ^ 1 << bit]) + octets[at + 1 :]
        assert unpacked(memoryview(changed), KEY) is None
    for end in (0, 31, 32, 36, len(octets) - 1):
        assert unpacked(memoryview(octets[:end]), KEY) is None


def test_an_empty_graph_is_packed_too() -> None:
    found = unpacked(memoryview(packed(Graph(), Head(0, ""), KEY)), KEY)
    assert found is not None
    assert len(found[0].names) == 0
    assert found[0].names.find(bytes.fromhex(digest("a"))) == -1
