"""What workloads want goes to the sealer and comes back, on record first; whoever serves them gets no more than its share."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bartizan.app import messages as m
from bartizan.app import workload_messages as wm
from bartizan.app.channel import Channel, close, pair
from bartizan.app.child import Child
from bartizan.app.supervisor import Supervisor
from bartizan.app.svids import MOST, Svids
from bartizan.ledger.event import Event, Outcome


class Scene:
    """What a supervisor has that this needs: a sealer at the other end of a channel, a record, a child to answer."""

    def __init__(self) -> None:
        ours, theirs = pair()
        self.sealer, self.ends = Channel(theirs, m.SealerOrders), (ours, theirs)
        self.sealers = [SimpleNamespace(channel=Channel(ours, m.SealerReports))]
        self.noted, self.told, self.writable = list[Event](), list[m.SvidSigned](), True
        self.child = cast("Child", SimpleNamespace(state="ready"))
        supervisor = SimpleNamespace(
            of=lambda kind, state: self.sealers if (kind, state) == ("sealer", "ready") else [],
            record=SimpleNamespace(note=self._note),
            tell=lambda _, message: self.told.append(message),
        )
        self.svids = Svids(cast("Supervisor", supervisor))

    def _note(self, kind: str, subject: str, outcome: Outcome, detail: dict[str, Any]) -> bool:
        if self.writable:
            self.noted.append(Event(1, kind, "platform", subject, outcome, "", detail))
        return self.writable

    def want(self, ticket: int = 7) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            order = wm.SvidWanted(ticket=ticket, accepted=1, request="r")
            return self.svids.wanted(self.child, order, [connection.fileno()])

    def order(self) -> m.SignSvid:
        order, fds = self.sealer.receive()
        assert len(fds) == 1
        close(fds)
        assert isinstance(order, m.SignSvid)
        return order


SVID = (m.Svid("app", "certificate"),)


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    for end in made.ends:
        end.close()


def test_a_certificate_is_on_record_before_it_is_given(scene: Scene) -> None:
    assert scene.want()
    scene.svids.signed(m.SvidSigned(scene.order().ticket, SVID, "authority"))
    assert [(one.kind, one.subject) for one in scene.noted] == [("access.svid.issued", "app")]
    assert scene.told == [m.SvidSigned(7, SVID, "authority")]


def test_one_that_is_not_on_record_is_not_given(scene: Scene) -> None:
    assert scene.want()
    scene.writable = False
    scene.svids.signed(m.SvidSigned(scene.order().ticket, SVID, "authority"))
    assert scene.told == [m.SvidSigned(7, fault="record-unwritable")]


def test_an_answer_that_nobody_waits_for_is_nobodys(scene: Scene) -> None:
    assert scene.want()
    ticket = scene.order().ticket
    scene.svids.signed(m.SvidSigned(ticket + 1, SVID))
    scene.child.state = "gone"
    scene.svids.signed(m.SvidSigned(ticket, SVID))
    scene.svids.signed(m.SvidSigned(ticket, SVID))
    assert scene.told == []


def test_so_much_is_under_way_at_once_and_no_more(scene: Scene) -> None:
    assert all(scene.want() for _ in range(MOST))
    assert not scene.want()
    assert not scene.svids.wanted(scene.child, wm.SvidWanted(1, 1), [])
    scene.svids.signed(m.SvidSigned(scene.order().ticket, fault="gone"))
    assert scene.want()


def test_without_a_sealer_a_workload_is_told_to_try_again(scene: Scene) -> None:
    assert scene.want(1)
    scene.svids.sealer_ready()  # another one: what its predecessor had is lost
    scene.sealers.clear()
    assert scene.want(2)
    assert scene.told == [m.SvidSigned(ticket, fault="sealer-unavailable") for ticket in (1, 2)]


def test_what_is_refused_is_counted_and_fills_no_record(scene: Scene) -> None:
    for fault in ("gone", "no-workload", "gone") * 5:
        assert scene.want()
        scene.svids.signed(m.SvidSigned(scene.order().ticket, fault=fault))
    scene.svids.look()
    scene.svids.look()
    assert [(one.kind, one.detail) for one in scene.noted] == [
        ("access.svid.refused", {"reason": "gone", "count": 10}),
        ("access.svid.refused", {"reason": "no-workload", "count": 5}),
    ]
