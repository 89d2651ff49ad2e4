"""A writer gone bad fills its segment with what is no record: it is stopped there, and the disk is not its to fill."""

import os
from pathlib import Path

import pytest

from bartizan.ledger.installation import segment_path
from bartizan.ledger.query import Query, query
from bartizan.ledger.tail import MOST_READ
from tests.ledger.ground import Ground, admit, request

GARBAGE = {
    "zeros": bytes(3 * MOST_READ),
    "noise": os.urandom(3 * MOST_READ),
    "one bit": b"\x01" * 3 * MOST_READ,
}


def altered(ground: Ground) -> list[str]:
    found = query(ground.folder, Query(kind="ledger.segment.altered"))
    return [str(entry.event.detail["fault"]) for entry in found]


@pytest.mark.parametrize("kind", GARBAGE)
def test_it_is_seen_while_the_writer_lives_and_kept_in_part_once_it_is_dead(
    tmp_path: Path, kind: str
) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = ground.journal(1)
    admit(journal, 1)
    journal.flush()
    ground.tail()
    good = segment_path(ground.folder, 1).stat().st_size
    os.write(journal._fd, GARBAGE[kind])
    admit(journal, 2)
    journal.flush()
    ground.tail()
    assert len(altered(ground)) == 1
    assert ground.sequencer.altered == (1,)
    ground.sequencer.close(1)
    ground.sequencer.checkpoint()
    assert segment_path(ground.folder, 1).stat().st_size == good + MOST_READ
    ground.reopen()
    ground.sequencer.recover()
    assert len(altered(ground)) == 1
    assert [
        entry.event.subject for entry in query(ground.folder, Query(kind="gateway.request.admitted"))
    ] == [request(1)]


def test_a_few_zeros_at_the_end_are_what_a_power_loss_leaves(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = ground.journal(1)
    admit(journal, 1)
    journal.flush()
    os.write(journal._fd, bytes(5000))
    ground.tail()
    ground.sequencer.close(1)
    assert altered(ground) == []
