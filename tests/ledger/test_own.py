"""A command line without a platform keeps the record itself, and stands back where a platform runs."""

from contextlib import suppress
from pathlib import Path

import pytest

from bartizan.clock import SystemClock
from bartizan.crypto.keyring import KeyExposed
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import (
    KEY_FILES,
    KeysReplaced,
    PlatformRunning,
    load_signers,
    load_verifiers,
)
from bartizan.ledger.own import own_segment
from bartizan.ledger.query import Query, query
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.verify import verify

DETAIL: dict[str, int | str] = {"entries": 0, "faults": 0}


def note(state: Path) -> None:
    with own_segment(state, SystemClock()) as journal:
        journal.record("compliance.ledger.verified", "owner", "", Outcome.CLEARED, "ledger.intact", DETAIL)


def test_its_events_are_in_a_signed_tree_when_it_ends(tmp_path: Path) -> None:
    for _ in range(3):
        note(tmp_path)
    kinds = [entry.event.kind for entry in query(tmp_path / "ledger", Query())]
    assert kinds == ["ledger.segment.opened", "compliance.ledger.verified", "ledger.segment.closed"] * 3
    keys = load_verifiers(tmp_path / "ledger")
    assert keys is not None
    found = verify(tmp_path / "ledger", keys)
    assert (found.entries, found.signed, found.faults) == (9, 9, ())
    assert list((tmp_path / "ledger" / "segments").iterdir()) == []


def test_what_happened_before_a_failure_is_kept(tmp_path: Path) -> None:
    with suppress(RuntimeError), own_segment(tmp_path, SystemClock()) as journal:
        journal.record("compliance.ledger.verified", "owner", "", Outcome.CLEARED, "ledger.intact", DETAIL)
        raise RuntimeError
    assert len(query(tmp_path / "ledger", Query())) == 3


def test_where_a_platform_runs_it_stands_back(tmp_path: Path) -> None:
    signers = load_signers(tmp_path / "keys", tmp_path / "ledger")
    with Sequencer(tmp_path / "ledger", signers, SystemClock()), pytest.raises(PlatformRunning):
        note(tmp_path)
    note(tmp_path)


def test_a_ledger_is_never_continued_under_other_keys(tmp_path: Path) -> None:
    note(tmp_path)
    for name in KEY_FILES.values():
        (tmp_path / "keys" / name).unlink()
    with pytest.raises(KeysReplaced):
        note(tmp_path)


def test_exposed_keys_are_not_used(tmp_path: Path) -> None:
    note(tmp_path)
    for name in KEY_FILES.values():
        (tmp_path / "keys" / name).chmod(0o644)
    with pytest.raises(KeyExposed):
        note(tmp_path)


def test_nobody_else_reads_the_ledger(tmp_path: Path) -> None:
    note(tmp_path / "state")
    for path in (tmp_path / "state").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
