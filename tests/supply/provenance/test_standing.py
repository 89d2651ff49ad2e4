"""A chain is closed where everything was made from what was ingested, and claims that are added only make it worse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.provenance.fold import REINSTATES, RETIRES, REVOKES, Fold
from bartizan.supply.provenance.graph import DEPLOYED, Graph
from bartizan.supply.provenance.standing import Standing, standing
from bartizan.supply.provenance.step import Step
from bartizan.supply.provenance.told import entries
from tests.supply.provenance.drawn import digest, folded, letters, made, number, steps

ROOTS = (made("ingest", "", "a"), made("ingest", "", "b"))
TRAINED = made("train", "ab", "c")


def of(graph: Graph, name: str) -> Standing:
    return standing(graph, number(graph, name))


def test_what_was_made_from_what_was_ingested_is_complete() -> None:
    graph = folded(*ROOTS, TRAINED, made("quantise", "c", "d"), made("deploy", "d"))
    found = of(graph, "d")
    assert found.sound
    assert letters(graph, found.above.artifacts) == "abcd"
    assert letters(graph, found.origins) == "ab"


@pytest.mark.parametrize(
    ("some", "unmade"),
    [
        ((ROOTS[0], TRAINED), "b"),
        ((TRAINED,), "ab"),
        ((*ROOTS, made("evaluate", "c")), "c"),
        ((*ROOTS, TRAINED, made("train", "ez", "c")), "ez"),  # a second claim needs its own
        ((made("ingest", "z", "c"),), "z"),  # ingested out of something
    ],
)
def test_what_no_step_made_is_named(some: tuple[Step, ...], unmade: str) -> None:
    graph = folded(*some)
    found = of(graph, "c")
    assert not found.complete
    assert letters(graph, found.unmade) == unmade
    assert not found.endless


def test_a_chain_that_comes_back_is_named_and_never_closed() -> None:
    circle = (
        made("train", "cx", "d"),
        made("train", "d", "c"),
        made("train", "d", "e"),
        made("ingest", "", "x"),
    )
    graph = folded(*circle)
    for name in "cde":
        found = of(graph, name)
        assert not found.complete
        assert not found.unmade
        assert letters(graph, found.endless) == ("cde" if name == "e" else "cd")
    assert of(graph, "x").sound
    both = folded(*circle[:3])
    assert letters(both, of(both, "e").unmade) == "x"
    assert letters(both, of(both, "e").endless) == "cde"


def test_who_says_to_have_made_it_too_is_disputed() -> None:
    graph = folded(*ROOTS, TRAINED, made("ingest", "", "c"))
    found = of(graph, "c")
    assert found.complete
    assert letters(graph, found.disputed) == "c"


def facts(graph: Graph, *said: tuple[str, str]) -> Graph:
    fold = Fold(graph)
    for entry, (kind, name) in enumerate(said, 1000):
        fold.take(entry, kind, {"digest": digest(name)})
    return graph


def test_what_was_revoked_reaches_all_that_hangs_on_it_until_it_is_reinstated() -> None:
    graph = folded(*ROOTS, TRAINED, made("deploy", "c"))
    facts(graph, (REVOKES, "a"))
    found = of(graph, "c")
    assert found.complete
    assert not found.sound
    assert letters(graph, found.revoked) == "a"
    assert of(graph, "b").sound
    facts(graph, (REINSTATES, "a"))
    assert of(graph, "c").sound
    assert list(graph.facts.of(number(graph, "a"))) == [1000, 1000]


def test_what_is_deployed_is_so_until_it_is_retired_and_again_by_another_step() -> None:
    graph = folded(*ROOTS, TRAINED, made("deploy", "c"))

    def live() -> str:
        return letters(graph, graph.flagged(range(len(graph.names)), DEPLOYED))

    assert live() == "c"
    facts(graph, (RETIRES, "c"))
    assert live() == ""
    fold = Fold(graph)
    for told in entries(made("deploy", "c")):  # handed over once more
        fold.take(0, told.kind, told.detail)
    assert live() == ""
    for told in entries(made("deploy", "c", at=1)):
        fold.take(0, told.kind, told.detail)
    assert live() == "c"


@given(st.lists(steps(), min_size=1, max_size=10), steps())
def test_a_claim_that_is_added_closes_nothing_but_what_it_says_it_made(some: list[Step], more: Step) -> None:
    before, after = folded(*some), folded(*some, more)
    products = {use.digest for use in more.products}
    for name in "abcdefghijkl":
        if number(before, name) < 0:
            continue
        first, then = of(before, name), of(after, name)
        assert set(letters(before, first.above.artifacts)) <= set(letters(after, then.above.artifacts))
        if not first.complete and then.complete:
            opened = [*letters(before, first.unmade)]
            assert opened
            assert {digest(each) for each in opened} <= products


@given(st.lists(steps(), min_size=1, max_size=10))
def test_what_is_not_complete_has_a_reason_and_what_is_complete_has_an_origin(some: list[Step]) -> None:
    graph = folded(*some)
    for name in "abcdefghijkl":
        at = number(graph, name)
        if at >= 0:
            found = standing(graph, at)
            assert found.complete == (not found.unmade and not found.endless)
            assert found.origins or not found.complete
