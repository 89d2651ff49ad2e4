"""An adversary takes over a running worker, with all its memory, and would change what it wrote before."""

import os
from pathlib import Path

import pytest

from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.installation import segment_path
from bartizan.ledger.query import Query, query
from bartizan.ledger.segment import HEAD, TAG_OCTETS, read, seal
from tests.ledger.ground import START, Ground, admit, request


def test_it_cannot_change_records_that_are_not_sequenced_yet(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = ground.journal(1)
    for number in range(3):
        admit(journal, number)
        journal.flush()

    # what it finds: the file's octets and the journal's key of now; and it may write the file anew
    path, key = segment_path(ground.folder, 1), bytes(journal._key)
    data = path.read_bytes()
    records, at = [], 0
    while at < len(data):
        length = HEAD.size + HEAD.unpack_from(data, at)[0] + TAG_OCTETS
        records.append(data[at : at + length])
        at += length
    harmless = Event(
        START, "gateway.request.refused", "anonymous", request(1), Outcome.DENIED, "", {"reason": "no-route"}
    )
    forged, after = seal(key, 2, encode(harmless))
    rest, _ = seal(after, 3, records[3][HEAD.size : -TAG_OCTETS])
    path.write_bytes(records[0] + records[1] + forged + rest)

    ground.tail()
    (entry,) = query(ground.folder, Query(kind="ledger.segment.altered"))
    assert entry.event.detail == {"segment": 1, "sequence": 2, "fault": "tag"}
    assert [e.event.subject for e in query(ground.folder, Query(kind="gateway"))] == [request(0)]


def test_it_can_go_on_lying_but_only_from_now_on(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = ground.journal(1)
    admit(journal, 0)
    journal.flush()
    lie = Event(START, "access.principal.revoked", "owner", "", Outcome.DONE)
    record, _ = seal(bytes(journal._key), 2, encode(lie))
    os.write(journal._fd, record)
    ground.tail()
    assert [entry.sequence for entry in query(ground.folder, Query())] == [0, 1, 2]


@pytest.mark.sources
def test_no_key_of_an_earlier_record_is_left_in_what_it_holds(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    fd, first = ground.segment(5)
    keys = [bytes(first)]
    os.close(fd)
    journal = ground.journal(6)
    start = bytes(ground.sequencer._segments[6].key)
    for number in range(50):
        admit(journal, number)
    journal.flush()
    data = segment_path(ground.folder, 6).read_bytes()
    at, key = 0, start
    while at < len(data):
        keys.append(key)
        one = data[at : at + HEAD.size + HEAD.unpack_from(data, at)[0] + TAG_OCTETS]
        key, at = bytes(read(one, key, len(keys) - 2).key), at + len(one)
    assert key == bytes(journal._key)
    held = [
        bytes(value)
        for name in journal.__slots__
        if isinstance(value := getattr(journal, name), bytes | bytearray)
    ]
    assert held == [key]
    assert not set(held) & set(keys)
