"""An audit is carried out only once what it found is on record."""

from pathlib import Path

import pytest

from bartizan.app import audit
from bartizan.app.folder import Folder
from bartizan.app.owner import PlatformSilent
from bartizan.clock import SetClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment


def test_without_a_ledger_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(audit.NothingToAudit, match="there is no ledger"):
        audit.audit(Folder(tmp_path))


def test_an_audit_that_nobody_records_was_not_carried_out(tmp_path: Path) -> None:
    with own_segment(tmp_path, SetClock(10**18)) as journal:
        journal.record("platform.clock.stepped", "platform", "", Outcome.FOUND, "", {"forward": 1})
    Folder(tmp_path).run.mkdir()
    with pytest.raises(PlatformSilent):
        audit.audit(Folder(tmp_path))
