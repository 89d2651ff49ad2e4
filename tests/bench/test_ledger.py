"""What is timed is what was done: all of it was sequenced, and verified whole."""

import re
from pathlib import Path

import pytest

from bartizan.ledger.sequence import Sequencer
from bench import ledger
from bench.bed.disk import NotMeasured

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "GROUPS", (1000,))


def test_every_record_of_a_group_is_sequenced_where_the_figure_says_so(tmp_path: Path) -> None:
    assert re.search(r"^\| 1,000 .*/s", ledger._groups(tmp_path), re.MULTILINE)


def test_a_sequencer_that_lags_behind_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sequencer, "tail", lambda _self: 0)
    with pytest.raises(NotMeasured, match="0 of 20,000"):
        ledger._groups(tmp_path)
