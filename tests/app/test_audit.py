"""An audit is carried out only once what it found is on record."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bartizan.app import audit
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.app.schedule.runs import Status
from bartizan.clock import SetClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import KEYS as PUBLIC
from bartizan.ledger.own import own_segment
from tests.ledger.ground import KEYS, Ground, fill


def test_without_a_ledger_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(audit.NothingToAudit, match="there is no ledger"):
        audit.audit(Folder(tmp_path))


def test_an_audit_that_nobody_records_was_not_carried_out(tmp_path: Path) -> None:
    with own_segment(tmp_path, SetClock(10**18)) as journal:
        journal.record("platform.clock.stepped", "platform", "", Outcome.FOUND, "", {"forward": 1})
    Folder(tmp_path).run.mkdir()
    with pytest.raises(PlatformSilent):
        audit.audit(Folder(tmp_path))


class Audited:
    """A state folder whose record is audited, and what the platform was told of that."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.told = Folder(root), list[dict[str, Any]]()
        monkeypatch.setattr(Owner, "report", lambda _, events: self.told.extend(events))
        self.history("ledger", 20)

    def history(self, name: str, requests: int) -> Path:
        """Make a signed history under the ledger's keys; return its folder."""
        ground = Ground(self.folder.root / name)
        (ground.folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
        ground.clock.at += requests
        fill(ground, 1, requests)
        ground.sequencer.checkpoint()
        ground.sequencer.release()
        return ground.folder

    def put(self, folder: Path) -> None:
        """Put another folder in the ledger's place."""
        shutil.rmtree(self.folder.ledger)
        shutil.copytree(folder, self.folder.ledger)

    def audit(self) -> tuple[int, str]:
        status = audit.audit(self.folder)
        return status, self.told[-1]["outcome"]


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audited:
    return Audited(tmp_path, monkeypatch)


@pytest.mark.parametrize("requests", [10, 30], ids=["shorter", "longer"])
def test_another_history_than_was_audited_is_found_each_time(audited: Audited, requests: int) -> None:
    """All that lies in the ledger's folder was replaced, and is signed."""
    assert audited.audit() == (Status.CLEAN, "cleared")
    kept = audited.folder.audited.read_bytes()
    audited.put(audited.history("other", requests))
    for _ in range(2):
        assert audited.audit() == (Status.FOUND, "found")
    assert audited.folder.audited.read_bytes() == kept


def test_a_ledger_that_grew_is_good_and_one_that_is_rolled_back_since_is_found(audited: Audited) -> None:
    shutil.copytree(audited.folder.ledger, audited.folder.root / "earlier")
    ground = Ground(audited.folder.ledger)
    fill(ground, 2, 10)
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    assert audited.audit() == (Status.CLEAN, "cleared")
    assert audited.audit() == (Status.CLEAN, "cleared")
    audited.put(audited.folder.root / "earlier")
    assert audited.audit() == (Status.FOUND, "found")
    assert audited.told[-1]["detail"]["faults"] == 1


def test_what_the_audit_remembers_is_not_forgotten_by_a_damaged_file(audited: Audited) -> None:
    assert audited.audit() == (Status.CLEAN, "cleared")
    audited.folder.audited.write_bytes(b"")
    assert audited.audit() == (Status.FOUND, "found")
