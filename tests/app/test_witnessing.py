"""What witnesses say becomes findings, once each time and once an hour, and never a record for every checkpoint."""

from types import SimpleNamespace
from typing import cast

import pytest

from bartizan.app import shipping_messages as sm
from bartizan.app.supervisor import Supervisor
from bartizan.app.witness_plan import Witness
from bartizan.app.witnessing import HOURLY, LASTING, Witnessing
from bartizan.clock import SetClock
from bartizan.ledger.event import Event, Outcome
from tests.ledger.histories import NOW

Noted = tuple[str, str, str, dict[str, int | str]]


class Scene:
    """What a supervisor has that witnessing needs: a clock, a record, a log."""

    def __init__(self) -> None:
        self.clock, self.noted, self.lines = SetClock(NOW), list[Noted](), list[str]()
        plan = SimpleNamespace(witnesses=[Witness(name, name, 1, True, "", "") for name in ("one", "two")])
        supervisor = SimpleNamespace(
            plan=plan,
            clock=self.clock,
            record=SimpleNamespace(note=self._note),
            log=SimpleNamespace(write=lambda _, line: self.lines.append(line)),
            note_change=lambda: None,
        )
        self.witnessing = Witnessing(cast("Supervisor", supervisor))

    def _note(
        self, kind: str, subject: str, outcome: Outcome, detail: dict[str, int | str], control: str
    ) -> None:
        Event(
            at=self.clock.now(),
            kind=kind,
            actor="platform",
            subject=subject,
            outcome=outcome,
            control=control,
            detail=detail,
        )
        self.noted.append((kind, subject, outcome.value, detail))

    def said(self, word: str, size: int = 10, name: str = "one") -> bool:
        return self.witnessing.said(sm.WitnessSaid(witness=name, word=word, size=size))

    def refused(self) -> list[tuple[str, str, str]]:
        """Witness, outcome and reason of each refusal on record."""
        found = [one for one in self.noted if one[0] == "ledger.checkpoint.refused"]
        return [(name, outcome, str(detail["reason"])) for _, name, outcome, detail in found]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("word", ["split-view", "rolled-back"])
def test_a_finding_is_on_record_at_once_and_once_an_hour_while_it_lasts(scene: Scene, word: str) -> None:
    for _ in range(100):
        assert scene.said(word)
    assert scene.refused() == [("one", "found", word)]
    scene.clock.at += HOURLY
    scene.said(word)
    assert scene.refused() == [("one", "found", word)] * 2


def test_a_finding_that_ends_and_begins_again_is_another_one(scene: Scene) -> None:
    for word in ("split-view", "cosigned", "split-view"):
        scene.said(word)
    assert scene.refused() == [("one", "found", "split-view")] * 2


def test_a_witness_that_is_away_for_a_moment_is_on_no_record(scene: Scene) -> None:
    scene.said("unreachable")
    scene.clock.at += LASTING - 1
    scene.witnessing.look()
    scene.said("cosigned")
    scene.clock.at += LASTING
    scene.witnessing.look()
    assert scene.refused() == []


def test_one_that_stays_away_is_on_record_once_and_said_once(scene: Scene) -> None:
    scene.said("unreachable")
    for _ in range(50):
        scene.clock.at += LASTING
        scene.witnessing.look()
    assert scene.refused() == [("one", "failed", "unreachable")]
    assert scene.lines == ["witness one: unreachable at 10 entries"]


def test_each_witness_stands_for_itself(scene: Scene) -> None:
    scene.said("split-view", name="one")
    scene.said("cosigned", 20, name="two")
    assert [(one.word, one.size) for one in scene.witnessing.standings.values()] == [
        ("split-view", 10),
        ("cosigned", 20),
    ]


def test_what_is_witnessed_is_on_record_at_first_and_then_hourly(scene: Scene) -> None:
    for size in range(100):
        scene.clock.at += HOURLY // 50
        scene.witnessing.witnessed(sm.Witnessed(size=10 + size, count=2))
    assert [one[0] for one in scene.noted] == ["ledger.checkpoint.witnessed"] * 2
    assert scene.witnessing.size == 109


def test_what_is_not_of_this_platform_is_not_taken(scene: Scene) -> None:
    assert not scene.said("cosigned", name="three")
    assert not scene.said("nonsense")
    assert (scene.noted, scene.lines) == ([], [])


def test_it_is_told_when_enough_of_them_last_cosigned(scene: Scene) -> None:
    assert (scene.witnessing.size, scene.witnessing.at) == (0, 0)
    scene.clock.at += 5
    scene.witnessing.witnessed(sm.Witnessed(size=10, count=2))
    scene.clock.at += 7
    scene.witnessing.witnessed(sm.Witnessed(size=10, count=2))
    assert (scene.witnessing.size, scene.witnessing.at) == (10, NOW + 12)
