"""Held requests in time: all of it ends after a day, and what is over is asked for anew."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bartizan.access import register
from bartizan.access.people.approval import LIFE
from bartizan.access.people.passkey import Site
from bartizan.app.approvals import Approvals
from bartizan.app.entry import Entry
from bartizan.app.held import HeldRequests, HeldUnknown
from bartizan.app.hold_messages import HoldAsked
from bartizan.app.people import Ports
from bartizan.clock import SECOND, Nanoseconds, SetClock
from bartizan.identity.principal import Kind
from bartizan.ledger.event import Event
from bartizan.ledger.journal import JournalUnwritable
from bartizan.store.engine import open_store

START = Nanoseconds(1_800_000_000 * SECOND)


class Scene:
    """What holds requests, over a store of its own, with a caller and an engineer."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.record, self.full = SetClock(START), list[Entry](), False
        self.store = open_store(f"sqlite:///{folder / 'store.db'}")
        register.prepare(self.store)
        with self.store.begin() as connection:
            self.caller = register.register(connection, Kind.WORKLOAD, "shop", ["caller"], START)
            self.ann = register.register(connection, Kind.USER, "ann", ["security-engineer"], START)
        ports = Ports(self.store, self.clock, self.note, Site("https://localhost:8443"))
        self.held = HeldRequests(ports, Approvals(ports))
        self.tickets = 0

    def note(self, entries: Sequence[Entry]) -> tuple[int, int]:
        if self.full:
            raise JournalUnwritable(1, "full")
        for each in entries:
            Event(START, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.record += entries
        return 0, 0

    def ask(self) -> tuple[str, str]:
        self.tickets += 1
        self.clock.at += 1
        asked = HoldAsked(
            ticket=self.tickets,
            service="shop",
            request=f"q-{self.tickets:016x}",
            principal=self.caller.pseudonym,
            digest="0" * 64,
            reason="secret",
        )
        answer = self.held.answer(asked)
        assert answer.ticket == self.tickets
        return answer.word, answer.held

    def release(self, request: str) -> None:
        self.held.decide(request, self.ann.id, "triage", release=True)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_release_ends_with_its_day(scene: Scene) -> None:
    _, request = scene.ask()
    scene.release(request)
    scene.clock.at += LIFE
    assert scene.ask()[0] == "waiting"
    assert [each.state for each in scene.held.several()] == ["open"]


def test_what_nobody_answers_for_a_day_is_held_anew(scene: Scene) -> None:
    _, request = scene.ask()
    scene.clock.at += LIFE
    with pytest.raises(HeldUnknown):
        scene.release(request)
    assert scene.ask()[1] != request


def test_what_was_denied_may_be_asked_for_again_after_a_day(scene: Scene) -> None:
    _, request = scene.ask()
    scene.held.decide(request, scene.ann.id, "triage", release=False)
    assert scene.ask() == ("denied", request)
    scene.clock.at += LIFE
    assert scene.ask()[0] == "waiting"


def test_what_cannot_be_recorded_is_neither_held_nor_released(scene: Scene) -> None:
    _, request = scene.ask()
    scene.full = True
    with pytest.raises(JournalUnwritable):
        scene.release(request)
    scene.full = False
    assert scene.ask()[0] == "waiting"
    scene.release(request)
    scene.full = True
    with pytest.raises(JournalUnwritable):
        scene.ask()
    scene.full = False
    assert scene.ask() == ("released", request)
    assert [each.kind for each in scene.record[-2:]] == ["access.approval.used", "threats.request.released"]
