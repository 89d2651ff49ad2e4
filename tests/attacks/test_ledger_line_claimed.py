"""A worker that was taken over names another worker's segment as its own next or former one.

Which segments belong together the sealer knows from the supervisor; what records say of it binds nobody.
"""

import os
from pathlib import Path

from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.query import Query, query
from bartizan.ledger.segment import seal
from tests.ledger.ground import BOOT, START, Ground, admit, complete, request


def write(segment: int, first_key: bytes, *events: Event) -> None:
    """Write a segment as an adversary does who holds its first key: whatever it likes, with good tags."""
    key = first_key
    for sequence, event in enumerate(events):
        record, key = seal(key, sequence, encode(event))
        os.write(segment, record)


def opening(number: int, **more: int) -> Event:
    detail: dict[str, int | str] = {"writer": "worker", "segment": number, "boot": BOOT, "format": 1, **more}
    return Event(START, "ledger.segment.opened", "platform", "", Outcome.DONE, "", detail)


def lost(ground: Ground) -> list[str]:
    found = query(ground.folder, Query(kind="gateway.request.completed"))
    return [entry.event.subject for entry in found if entry.event.outcome is Outcome.FAILED]


def test_it_cannot_hide_what_it_left_open_behind_another(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    evil, key = ground.segment(1)
    honest = ground.journal(2)
    admitted = Event(START, "gateway.request.admitted", "anonymous", request(1), Outcome.ALLOWED)
    closing: dict[str, int | str] = {"segment": 1, "records": 2, "next": 2}
    closed = Event(START, "ledger.segment.closed", "platform", "", Outcome.DONE, "", closing)
    write(evil, bytes(key), opening(1), admitted, closed)
    ground.tail()
    admit(honest, 7)
    honest.flush()
    ground.tail()
    ground.sequencer.close(1)
    assert lost(ground) == [request(1)]
    complete(honest, 7)
    honest.close()
    ground.tail()
    assert lost(ground) == [request(1)]


def test_it_cannot_have_its_records_wait_for_another(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    ground.journal(1)
    evil, key = ground.segment(2)
    admitted = Event(START, "gateway.request.admitted", "anonymous", request(1), Outcome.ALLOWED)
    write(evil, bytes(key), opening(2, after=1), admitted)
    ground.tail()
    assert [entry.event.subject for entry in query(ground.folder, Query(kind="gateway"))] == [request(1)]
