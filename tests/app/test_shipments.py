"""A connector that delivers nothing for too long is a finding once, whoever of shipper and receiver is silent."""

from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest

from bartizan.app import shipping_messages as sm
from bartizan.app.plan import Connector
from bartizan.app.shipments import Shipments
from bartizan.cli.status import _shipping
from bartizan.clock import SECOND, SetClock
from bartizan.ledger.event import Event, Outcome

PATIENCE = 900


class Seen:
    """A supervisor, as far as connectors go: what it records, and how large the tree is."""

    def __init__(self) -> None:
        self.clock, self.entries, self.written = SetClock(SECOND * 10**9), 0, 0
        self.events: list[Event] = []
        self.said: list[str] = []
        self.noted: list[str] = []
        supervisor = SimpleNamespace(
            plan=SimpleNamespace(
                connectors=(Connector("siem", "json", "https"), Connector("file", "json", "file"))
            ),
            record=SimpleNamespace(note=self._note),
            log=SimpleNamespace(write=lambda _, line: self.said.append(line)),
            of=lambda _: [SimpleNamespace(facts={"entries": self.entries})],
            note_change=self._changed,
            tell=lambda _, message: self.noted.append(message.connector),
        )
        self.shipments = Shipments(cast("Any", supervisor), self.clock)

    def _changed(self) -> None:
        self.written += 1

    def _note(self, kind: str, subject: str, outcome: Outcome, detail: dict[str, int | str]) -> None:
        self.events.append(
            Event(self.clock.at, kind, "platform", subject, outcome, "", detail)
        )  # or it raises

    def after(self, seconds: int) -> None:
        self.clock.at += seconds * SECOND
        self.shipments.look()


def shipped(name: str, entry: int, word: str = "", oldest: int = 0) -> sm.Shipped:
    return sm.Shipped(connector=name, next=entry, word=word, oldest=oldest)


def test_one_that_is_late_is_told_once_and_again_when_it_delivers() -> None:
    seen = Seen()
    seen.entries = 10
    assert seen.shipments.heard(shipped("file", 10))
    assert seen.shipments.heard(shipped("siem", 4, "answered-503", seen.clock.at))
    seen.after(PATIENCE)
    assert seen.events == []
    seen.after(1)
    seen.after(PATIENCE)
    (late,) = seen.events
    assert (late.kind, late.subject, late.outcome) == ("platform.connector.stalled", "siem", Outcome.FOUND)
    assert late.detail == {"reason": "answered-503", "waiting": 6, "seconds": PATIENCE + 1}
    seen.shipments.heard(shipped("siem", 5))
    seen.after(1)
    assert [event.outcome for event in seen.events] == [Outcome.FOUND, Outcome.CLEARED]
    assert len(seen.said) == 2


def test_a_shipper_that_says_nothing_is_late_like_a_receiver() -> None:
    seen = Seen()
    seen.entries = 3
    seen.after(PATIENCE + 1)
    assert {(event.subject, event.detail["reason"]) for event in seen.events} == {
        ("siem", "silent"),
        ("file", "silent"),
    }


def test_one_that_tries_and_fails_is_not_taken_for_one_that_delivers() -> None:
    seen = Seen()
    seen.entries = 9
    for _ in range(PATIENCE // 60 + 1):
        seen.shipments.heard(shipped("siem", 4, "unreachable"))
        seen.shipments.heard(shipped("file", 9))
        seen.after(61)
    assert [event.subject for event in seen.events] == ["siem"]


def test_one_that_had_nothing_to_deliver_is_not_late_when_something_comes() -> None:
    seen = Seen()
    seen.after(100 * PATIENCE)
    seen.entries = 1
    seen.after(1)
    assert seen.events == []


@pytest.mark.parametrize(("what", "outcome"), [("skipped", Outcome.FAILED), ("restarted", Outcome.DONE)])
def test_what_is_left_out_or_begun_anew_is_on_record_before_it_is_confirmed(
    what: Literal["skipped", "restarted"], outcome: Outcome
) -> None:
    seen = Seen()
    reason = "answered-400" if what == "skipped" else "other-ledger"
    message = sm.Departed(connector="siem", what=what, entry=7, count=1, reason=reason)
    assert seen.shipments.departed(cast("Any", None), message)
    (event,) = seen.events
    assert (event.kind, event.outcome, event.detail["entry"]) == (f"platform.connector.{what}", outcome, 7)
    assert seen.noted == ["siem"]


def test_a_shipper_that_was_taken_over_fills_no_record_and_no_disk() -> None:
    seen = Seen()
    message = sm.Departed(connector="siem", what="skipped", entry=7, count=1, reason="x")
    for number in range(5000):
        seen.shipments.heard(shipped("siem", number))
        seen.shipments.departed(cast("Any", None), message)
    assert (len(seen.events), len(seen.noted), seen.written) == (30, 30, 0)
    seen.after(60)
    assert seen.written == 1
    for _ in range(100):
        seen.shipments.departed(cast("Any", None), message)
    assert len(seen.events) == 36


def test_a_connector_that_there_is_not_is_nobodys() -> None:
    seen = Seen()
    message = sm.Departed(connector="other", what="skipped", entry=7, count=1, reason="x")
    assert not seen.shipments.heard(shipped("other", 1))
    assert not seen.shipments.departed(cast("Any", None), message)
    assert (seen.events, seen.noted) == ([], [])


def test_a_person_reads_what_waits_how_old_it_is_and_why() -> None:
    seen = Seen()
    seen.entries = 10
    seen.shipments.heard(shipped("siem", 4, "answered-503", seen.clock.at))
    seen.shipments.heard(shipped("file", 10))
    seen.clock.at += 90 * SECOND
    siem, file = seen.shipments.told()
    assert (siem.waiting, siem.age, siem.word, siem.stalled) == (6, 90, "answered-503", False)
    assert _shipping(siem) == "siem: 6 entries wait, the oldest of 90 s ago; trying again: answered-503"
    assert _shipping(file) == "file: has everything"
    seen.after(PATIENCE + 1)
    assert "; STALLED: answered-503" in _shipping(seen.shipments.told()[0])
