"""Adversaries who would have a ledger prune, or say that it pruned, what it should not; or keep it from pruning."""

from pathlib import Path

import pytest

from bartizan.ledger import tail
from bartizan.ledger.columns import Hearing
from bartizan.ledger.database import reading
from bartizan.ledger.entry import ORIGIN
from bartizan.ledger.event import Outcome
from bartizan.ledger.export import export
from bartizan.ledger.journal import Journal
from bartizan.ledger.prune import Retention
from bartizan.ledger.pruned import Tier, digest
from bartizan.ledger.query import Query, query
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import BOOT, KEYS, START, Ground, fill
from tests.ledger.test_export import alone
from tests.ledger.test_prune import BOTH, DAY_KEPT, HOUR, grown, prune


def take_out(ground: Ground, index: int) -> None:
    """Remove a body, as who can write to the file and has no key."""
    row = ground.apart().execute("SELECT entry FROM entries WHERE number = ?", (index,)).fetchone()[0]
    assert len(row) > ORIGIN.size
    ground.apart().execute("UPDATE entries SET entry = ? WHERE number = ?", (row[: ORIGIN.size], index))


def revoked(ground: Ground) -> list[int]:
    return [entry.index for entry in query(ground.folder, Query(kind="access.principal.revoked"))]


@pytest.mark.parametrize("retention", [DAY_KEPT, BOTH])
def test_a_body_that_was_taken_out_is_not_explained_by_pruning_its_neighbours(
    tmp_path: Path, retention: Retention
) -> None:
    ground = grown(tmp_path)
    take_out(ground, revoked(ground)[0])
    assert Word.MISSING.value in verify(tmp_path, KEYS.verifiers).words
    prune(ground, retention)
    ground.clock.at += 2 * HOUR
    prune(ground, retention)
    assert Word.MISSING.value in verify(tmp_path, KEYS.verifiers).words


def test_a_body_that_was_taken_out_after_the_first_tier_is_not_explained_by_the_second(
    tmp_path: Path,
) -> None:
    ground = grown(tmp_path)
    prune(ground, BOTH)
    take_out(ground, revoked(ground)[0])
    ground.clock.at += 2 * HOUR
    prune(ground, BOTH)
    assert revoked(ground) == []
    assert Word.MISSING.value in verify(tmp_path, KEYS.verifiers).words


@pytest.mark.parametrize("index", [0, 7, 402, 600])
@pytest.mark.parametrize("octets", [b"\xff", b'{"at":1}', b"x" * 5000])
def test_an_entry_that_is_no_event_any_more_keeps_nothing_from_expiring(
    tmp_path: Path, index: int, octets: bytes
) -> None:
    ground = grown(tmp_path)
    row = ground.apart().execute("SELECT entry FROM entries WHERE number = ?", (index,)).fetchone()[0]
    doctored = row[: ORIGIN.size] + octets
    ground.apart().execute("UPDATE entries SET entry = ? WHERE number = ?", (doctored, index))
    assert prune(ground, BOTH) > 600
    ground.clock.at += 2 * HOUR
    prune(ground, BOTH)
    assert ground.entries()[index] == doctored, "it is evidence"
    assert [(fault.word, fault.position) for fault in verify(tmp_path, KEYS.verifiers).faults] == [
        (Word.EDITED, index)
    ]


@pytest.mark.parametrize("years", [1, 30, 200])
def test_a_worker_that_says_it_is_another_year_keeps_nothing_from_expiring(
    tmp_path: Path, years: int
) -> None:
    """Also a machine's clock that was wrong for an hour."""
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    ground.clock.at += years * 365 * 24 * HOUR
    fill(ground, 2, 50)
    ground.clock.at = START + HOUR
    fill(ground, 3, 400)
    signed = ground.sequencer.size
    ground.sequencer.checkpoint()
    ground.clock.at += 25 * HOUR
    prune(ground, BOTH)
    left = query(tmp_path, Query(kind="gateway.request", limit=2000))
    assert min(entry.index for entry in left) >= signed // 256 * 256 - 256
    assert verify(tmp_path, KEYS.verifiers).faults == ()


def test_an_instant_that_is_yet_to_come_expires_no_sooner_than_what_follows_it(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    ground.clock.at += 365 * 24 * HOUR
    fill(ground, 2, 50)
    ground.clock.at = START + 30 * HOUR
    fill(ground, 3, 400)
    ground.sequencer.checkpoint()
    prune(ground, DAY_KEPT)
    left = query(tmp_path, Query(kind="gateway.request", limit=2000))
    assert min(entry.index for entry in left) == 202
    assert verify(tmp_path, KEYS.verifiers).faults == ()


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealer that takes whatever a worker says, as earlier ones did: what is in a tree stays there."""
    monkeypatch.setattr(tail, "SEALERS", frozenset())


def forged(ground: Ground, number: int, first: int, end: int, gone: list[int]) -> None:
    """A worker that was taken over writes into its own segment what the sealer alone may say."""
    fd, key = ground.segment(number)
    journal = Journal(fd, key, number, "worker", BOOT, ground.clock)
    detail: dict[str, int | str] = {
        "first": first, "end": end, "gone": len(gone), "digest": digest(first, end, gone), "tier": Tier.ALL.value,
    }  # fmt: skip
    journal.record("ledger.entries.pruned", "platform", "", Outcome.DONE, "", detail)
    journal.flush()
    ground.tail()
    ground.sequencer.checkpoint()


@pytest.mark.usefixtures("lying")
def test_a_worker_cannot_say_that_what_was_taken_out_was_pruned(tmp_path: Path) -> None:
    ground, out = grown(tmp_path / "ledger"), tmp_path / "out"
    target = revoked(ground)[0]
    forged(ground, 9, 0, 700, [target])
    assert verify(ground.folder, KEYS.verifiers).faults == ()
    take_out(ground, target)
    assert Word.MISSING.value in verify(ground.folder, KEYS.verifiers).words
    export(ground.folder, KEYS.verifiers, out)
    ran = alone(out)
    assert ran.returncode == 1
    assert "missing" in ran.stdout


@pytest.mark.usefixtures("lying")
def test_a_worker_cannot_keep_the_sealer_from_pruning(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    forged(ground, 9, 0, 768, [])
    ground.reopen()
    assert prune(ground) > 600
    assert verify(tmp_path, KEYS.verifiers).faults == ()


@pytest.mark.usefixtures("lying")
def test_a_worker_cannot_have_the_copy_in_columns_made_anew(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    forged(ground, 9, 0, 768, [])
    with reading(tmp_path) as connection:
        standing = Hearing().standing(connection, tmp_path)
    assert standing.prunings.of((12, 0)) == 0


@pytest.mark.usefixtures("lying")
def test_a_worker_cannot_say_that_the_sealer_found_a_segment_altered(tmp_path: Path) -> None:
    ground, out = grown(tmp_path / "ledger"), tmp_path / "out"
    journal = ground.journal(9)
    detail: dict[str, int | str] = {"segment": 1, "sequence": 0, "fault": "tag"}
    journal.record("ledger.segment.altered", "platform", "", Outcome.FOUND, "ledger.intact", detail)
    journal.flush()
    ground.tail()
    ground.sequencer.checkpoint()
    assert verify(ground.folder, KEYS.verifiers).faults == ()
    export(ground.folder, KEYS.verifiers, out)
    assert alone(out).returncode == 0


def test_a_worker_that_speaks_as_the_sealer_is_stopped_and_that_is_a_finding(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    before = ground.sequencer.size
    forged(ground, 9, 0, 768, [])
    assert ground.sequencer.altered == (9,)
    assert query(tmp_path, Query(kind="ledger.entries.pruned")) == ()
    (found,) = query(tmp_path, Query(kind="ledger.segment.altered"))
    assert (found.segment, found.event.detail["segment"], found.event.detail["fault"]) == (0, 9, "body")
    assert ground.sequencer.size > before
