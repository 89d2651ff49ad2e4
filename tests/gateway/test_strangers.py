"""One stranger a turn of the loop, a quarter of the time beside somebody known, and a row of their own for the known."""

import asyncio
from collections.abc import Callable
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bartizan.clock import MILLISECOND, Clock, Nanoseconds
from bartizan.gateway import strangers
from bartizan.gateway.strangers import Strangers

COST = 1 * MILLISECOND


class Time(Clock):
    def __init__(self) -> None:
        self.nanoseconds = 10**12

    @override
    def now(self) -> Nanoseconds:
        return Nanoseconds(self.nanoseconds)


class Loop(asyncio.SelectorEventLoop):
    """A loop whose turns are taken by hand and whose time is the test's."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self._ours = time

    @override
    def time(self) -> float:
        return self._ours.nanoseconds / 1e9

    def turn(self) -> None:
        self.call_soon(lambda: None)  # so that it does not wait
        self._run_once()  # type: ignore[attr-defined]  # asyncio's own


class Someone:
    def __init__(self, scene: "Scene", address: str, held: int = 0) -> None:
        self.scene, self.address, self.source, self.held = scene, address, address[:4], held
        self.turns = self.ended = 0

    def turn(self) -> None:
        self.turns += 1
        self.scene.given.append(self)
        self.scene.time.nanoseconds += COST

    def abort(self) -> None:
        self.ended += 1


class Scene:
    def __init__(self) -> None:
        self.time = Time()
        self.loop = Loop(self.time)
        self.busy = False
        self.given: list[Someone] = []
        self.there = Strangers(self.time, self.loop, lambda: self.busy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()

    def pass_time(self, nanoseconds: int, each_turn: Callable[[], None] = lambda: None) -> None:
        until = self.time.nanoseconds + nanoseconds
        while self.time.nanoseconds < until:
            self.loop.turn()
            each_turn()
            self.time.nanoseconds += MILLISECOND // 10


@given(ends=st.lists(st.integers(1, 9), min_size=1, max_size=30), busy=st.booleans())
def test_a_turn_of_the_loop_gives_one_turn_and_everybody_gets_theirs(ends: list[int], *, busy: bool) -> None:
    with Scene() as scene:
        scene.busy = busy
        for end in ends:
            scene.there.wait(Someone(scene, f"10.{end}.0.1"))
        seen = [len(scene.given)]
        assert seen[0] <= 1
        while len(scene.given) < len(ends):
            scene.loop.turn()
            scene.time.nanoseconds += MILLISECOND
            seen.append(len(scene.given))
            assert seen[-1] - seen[-2] <= 1
        assert len(scene.there) == 0
        assert {one.turns for one in scene.given} == {1}


def test_strangers_get_a_quarter_of_the_time_beside_somebody_known() -> None:
    with Scene() as scene:
        scene.busy = True
        for number in range(500):
            scene.there.wait(Someone(scene, f"10.{number % 9}.0.1"))
        scene.pass_time(400 * MILLISECOND)
        assert 60 <= len(scene.given) <= 102


def test_strangers_alone_get_it_all() -> None:
    with Scene() as scene:
        for number in range(300):
            scene.there.wait(Someone(scene, f"10.{number % 9}.0.1"))
        scene.pass_time(400 * MILLISECOND)
        assert len(scene.given) == 300


def test_a_known_address_waits_for_no_rest_and_not_behind_strangers() -> None:
    with Scene() as scene:
        scene.busy = True
        scene.there.know("10.1.0.1")
        for number in range(500):
            scene.there.wait(Someone(scene, f"10.{number % 9}.0.7"))
        scene.pass_time(50 * MILLISECOND)
        known = [Someone(scene, "10.1.0.1") for _ in range(20)]
        for one in known:
            scene.there.wait(one)
        before = len(scene.given)
        scene.pass_time(40 * MILLISECOND)
        assert all(one.turns for one in known)
        assert len([one for one in scene.given[before:] if one not in known]) <= 20


def test_a_crowd_at_a_known_address_does_not_shut_the_others_out() -> None:
    with Scene() as scene:
        scene.there.know("10.1.0.1")
        for _ in range(400):
            scene.there.wait(Someone(scene, "10.1.0.1"))
        others = [Someone(scene, f"10.{number}.0.1") for number in range(2, 9)]
        for one in others:
            scene.there.wait(one)
        scene.pass_time(30 * MILLISECOND)
        assert all(one.turns for one in others)


@pytest.mark.sources
def test_what_waits_is_bounded_in_number_and_in_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "HELD_OCTETS", 1000)
    with Scene() as scene:
        scene.busy = True
        everybody = [Someone(scene, "10.1.0.1", held=90) for _ in range(60)]
        modest = Someone(scene, "10.2.0.1", held=90)
        for one in (*everybody, modest):
            scene.there.wait(one)
            assert len(scene.there) <= 11
        assert not modest.ended
        assert scene.there.shed == sum(one.ended for one in everybody) == 60 - 1 - 10
        for one in (*everybody, modest):
            scene.there.leave(one)
        assert len(scene.there) == 0
        scene.there.wait(Someone(scene, "10.3.0.1", held=1000))  # all octets were given back
        assert scene.there.shed == 49


@pytest.mark.sources
def test_an_address_is_forgotten_only_for_others_that_showed_a_good_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strangers, "FAMILIAR", 3)
    with Scene() as scene:
        for address in ("a", "b", "c", "a", "d"):
            scene.there.know(address)
        assert [scene.there.knows(each) for each in "abcd"] == [True, False, True, True]
        scene.there.know("")
        assert not scene.there.knows("")
