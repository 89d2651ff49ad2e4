"""A request with a key is done once, whatever happens between its beginning and its answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bartizan.app.admin.repeats import (
    KEPT,
    MOST,
    AnswerGone,
    Asked,
    Kept,
    KeyReused,
    KeysFull,
    KeyUndecided,
    Repeats,
    asked,
)
from bartizan.clock import Nanoseconds, SetClock
from bartizan.store.engine import open_store

START = Nanoseconds(10**18)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    made = open_store(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def repeats(store: Engine, clock: SetClock) -> Repeats:
    return Repeats(store, clock)


def one(key: str = "k", caller: str = "p-1", route: str = "register", body: bytes = b"{}") -> Asked:
    return asked(caller, route, key, b"/path", body)


def test_the_first_is_done_and_the_others_get_its_answer(repeats: Repeats) -> None:
    assert repeats.take(one()) is None
    repeats.keep(one(), 201, b"answer")
    assert repeats.take(one()) == Kept(201, b"answer")


@pytest.mark.parametrize("other", [one(caller="p-2"), one(route="run"), one(key="l")])
def test_a_key_is_one_callers_on_one_route(repeats: Repeats, other: Asked) -> None:
    repeats.take(one())
    repeats.keep(one(), 201, b"answer")
    assert repeats.take(other) is None


def test_parts_cannot_be_shifted_into_one_another() -> None:
    assert asked("p", "a", "b").key != asked("p", "ab", "").key
    assert asked("p", "a", "b", b"x", b"y").request != asked("p", "a", "b", b"xy", b"").request


def test_another_request_under_the_same_key_is_refused(repeats: Repeats) -> None:
    repeats.take(one())
    repeats.keep(one(), 201, b"answer")
    with pytest.raises(KeyReused):
        repeats.take(one(body=b'{"name":"other"}'))


def test_what_was_begun_and_not_answered_is_not_done_again_even_by_the_next_process(
    repeats: Repeats, store: Engine, clock: SetClock
) -> None:
    repeats.take(one())
    for again in (repeats, Repeats(store, clock)):
        with pytest.raises(KeyUndecided):
            again.take(one())


def test_what_was_refused_may_be_tried_again(repeats: Repeats) -> None:
    repeats.take(one())
    repeats.release(one())
    assert repeats.take(one(body=b"better")) is None


def test_an_answer_is_kept_for_a_day(repeats: Repeats, clock: SetClock) -> None:
    repeats.take(one())
    repeats.keep(one(), 201, b"answer")
    clock.at = START + KEPT - 1
    assert repeats.take(one()) is not None
    clock.at = START + KEPT
    assert repeats.take(one()) is None


def test_whoever_is_erased_stands_in_no_answer_and_is_not_made_again(
    repeats: Repeats,
) -> None:
    repeats.take(one())
    repeats.keep(one(), 201, b'{"id":"workload.forgotten"}')
    repeats.forget("workload.forgotten")
    with pytest.raises(AnswerGone):
        repeats.take(one())


def test_a_caller_has_so_many_keys_and_takes_no_others(repeats: Repeats) -> None:
    repeats.take(one(caller="p-2"))
    repeats.keep(one(caller="p-2"), 201, b"theirs")
    for number in range(MOST + 1):
        assert repeats.take(one(key=str(number))) is None
        repeats.keep(one(key=str(number)), 201, b"")
    assert repeats.take(one(key="0")) is None  # the oldest gave way
    assert repeats.take(one(caller="p-2")) == Kept(201, b"theirs")


def test_what_has_no_answer_gives_way_to_nothing(repeats: Repeats) -> None:
    for number in range(MOST):
        repeats.take(one(key=str(number)))
    with pytest.raises(KeysFull):
        repeats.take(one(key="more"))
    with pytest.raises(KeyUndecided):
        repeats.take(one(key="0"))


def test_an_answer_that_is_too_long_is_told_of_as_gone(repeats: Repeats) -> None:
    repeats.take(one())
    repeats.keep(one(), 200, b"x" * 300_000)
    with pytest.raises(AnswerGone):
        repeats.take(one())
