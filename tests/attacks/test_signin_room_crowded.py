"""An attacker with more sources than there is room for, who wants to be forgotten, or to have somebody else forgotten."""

import pytest

from bartizan.access.signin import fold as whole
from bartizan.access.signin.fold import Fold
from bartizan.access.signin.shards import Shards
from bartizan.access.signin.source import WATCH
from bartizan.access.signin.suspicion import Kind
from tests.access.signin.given import signin, wrong


class _Small(Shards):
    """Rooms that a test can fill."""

    def __init__(self, watch: object) -> None:
        super().__init__(watch, earned=64, strange=64)  # type: ignore[arg-type]  # a Watch


def _small(monkeypatch: pytest.MonkeyPatch) -> Fold:
    monkeypatch.setattr(whole, "Shards", _Small)
    return Fold(5)


def _habits(fold: Fold, days: range) -> None:
    for day in days:
        for n in range(20):
            fold.step(signin(day, 9 + n / 100, f"p-{n}", f"a-home{n}", device=f"d-{n}"))


def test_filling_the_room_is_itself_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = _small(monkeypatch)
    _habits(fold, range(10))
    told = [
        each.kind
        for n in range(5000)
        for each in fold.step(wrong(10, 1 + n / 1000, f"p-{n % 20}" if n % 2 else "", f"a-{n}"))
    ]
    assert {Kind.SPRAYING, Kind.STUFFING} & set(told)


def test_a_crowd_makes_nobody_s_own_source_strange(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = _small(monkeypatch)
    _habits(fold, range(10))
    for n in range(5000):
        fold.step(wrong(10, 1 + n / 1000, "", f"a-{n}"))
    assert all(fold._sources.state(f"a-home{n}").familiar for n in range(20))
    told = [
        each for n in range(20) for each in fold.step(signin(11, 9, f"p-{n}", f"a-home{n}", device=f"d-{n}"))
    ]
    assert not told


def test_who_tries_on_from_one_place_is_not_forgotten_among_many() -> None:
    shards = Shards(WATCH, earned=64, strange=64)
    for n in range(5000):
        shards.step(wrong(1, n / 500, "", f"a-{n}"))
        if n % 10 == 0:
            shards.step(wrong(1, n / 500, f"p-{n % 200}", "a-busy"))
    assert shards.state("a-busy").tries == 500


def test_memory_stays_bounded_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = _small(monkeypatch)
    for n in range(3000):
        fold.step(wrong(n / 100, 1, f"p-{n}", f"a-{n}"))
        fold.step(signin(n / 100, 2, f"p-good{n}", f"a-good{n}"))
    assert fold.kept <= 4 * 128
    assert all(len(suspects) <= 512 for suspects in fold.budget.today.values())
