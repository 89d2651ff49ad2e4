"""A step has one form, one id, and says what it must."""

import msgspec
import pytest
from hypothesis import given

from bartizan.supply.provenance.step import (
    MOST,
    Kind,
    Origin,
    Stage,
    Step,
    StepRefused,
    Use,
    encoded,
    faults,
    step,
)
from tests.supply.provenance.drawn import digest, made, steps, uses


@given(steps())
def test_a_step_is_what_its_one_form_says_whatever_order_it_was_told_in(one: Step) -> None:
    assert msgspec.json.decode(encoded(one), type=Step) == one
    again = step(one.stage, one.materials[::-1], one.products[::-1] * 2, (one.began, one.ended), one.origin)
    assert again == one
    assert again.id == one.id
    assert not list(faults(one))


@given(steps(), steps())
def test_two_steps_have_one_id_only_where_they_say_the_same(one: Step, other: Step) -> None:
    assert (one.id == other.id) == (one == other)


@pytest.mark.parametrize(
    ("stage", "materials", "products", "what"),
    [
        ("ingest", "a", "", "name it as a product"),
        ("train", "", "a", "name a material"),
        ("train", "a", "", "name it as a product"),
        ("deploy", "", "", "name a material"),
        ("transform", "ab", "bc", "both material and product"),
    ],
)
def test_what_says_too_little_or_contradicts_itself_is_no_step(
    stage: str, materials: str, products: str, what: str
) -> None:
    with pytest.raises(StepRefused, match=what):
        made(stage, materials, products)


def test_an_artifact_stands_once_on_a_side() -> None:
    twice = [*uses("a", Kind.MODEL), *uses("a", Kind.DATA)]
    with pytest.raises(StepRefused, match="stands twice"):
        step(Stage.TRAIN, twice, uses("b"), (0, 0), Origin.DVC)


@pytest.mark.parametrize("wrong", ["", "a" * 63, "A" * 64, "a" * 64 + "\n", "g" * 64])
def test_what_is_no_sha_256_is_refused(wrong: str) -> None:
    with pytest.raises(StepRefused, match="not a SHA-256"):
        step(Stage.INGEST, [], [Use(wrong, "model")], (0, 0), Origin.COMMAND)


def test_there_are_bounds() -> None:
    many = [Use(digest(str(each)), "other") for each in range(MOST)]
    assert step(Stage.INGEST, [], many, (0, 0), Origin.COMMAND).products
    with pytest.raises(StepRefused, match="name the folder"):
        step(Stage.INGEST, uses("a"), many, (0, 0), Origin.COMMAND)
    with pytest.raises(StepRefused, match="before it began"):
        step(Stage.INGEST, [], uses("a"), (2, 1), Origin.COMMAND)
    with pytest.raises(StepRefused, match="no such kind"):
        step(Stage.INGEST, [], [Use(digest("a"), "thing")], (0, 0), Origin.COMMAND)
