"""`bartizan bom`, as somebody uses it, and when the last bill counts as current."""

import json
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.folder import Folder
from bartizan.app.provenance import bills
from bartizan.app.provenance.lineage import lineage
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.clock import Nanoseconds
from bartizan.ledger.event import Outcome
from tests.artifact.trees import tree
from tests.supply.test_bom import faults


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    tree(folder, {"train.csv": b"a,b", "train.py": b"fit()", "model/w": b"weights", "model/c.json": b"{}"})
    monkeypatch.chdir(folder)
    record("ingest", "--product", "data-set:train.csv")
    record(
        "train", "--material", "data-set:train.csv", "--material", "code:train.py", "--product", "model:model"
    )
    return folder


def record(stage: str, *words: str) -> None:
    assert run(["provenance", "record", stage, *words]) == Exit.CLEAN


def bom(capsys: pytest.CaptureFixture[str], *words: str, code: Exit = Exit.CLEAN) -> dict[str, Any]:
    """Return the bill that the command prints, which is valid."""
    capsys.readouterr()
    assert run(["bom", *words]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert faults(found) == []
    return found


def test_a_bill_tells_what_is_on_record_and_says_where_that_is_not_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = bom(capsys, "model", code=Exit.FINDINGS)
    assert found["compositions"][0]["aggregate"] == "incomplete"
    record("ingest", "--product", "code:train.py")
    whole = bom(capsys, "model", "--spec", "1.7")
    assert whole["compositions"][0]["aggregate"] == "complete"
    assert {each["name"] for each in whole["components"]} == {"train.csv", "train.py"}
    about = whole["metadata"]["component"]
    assert (about["name"], [each["name"] for each in about["components"]]) == ("model", ["c.json", "w"])
    assert any(each["name"] == "bartizan:step" and " train " in each["value"] for each in about["properties"])
    by_digest = bom(capsys, about["hashes"][0]["content"])
    assert by_digest["metadata"]["component"]["name"] == "model"


def test_a_bill_of_what_is_not_on_record_is_empty_and_not_complete(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = bom(capsys, "0" * 64, code=Exit.FINDINGS)
    assert found["components"] == []


def test_a_bill_is_current_until_something_comes_on_record_of_what_it_tells(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Folder(here / ".bartizan")

    def standing() -> tuple[int, int, int]:
        found = bills.counted(lineage(folder))
        return found.deployed, found.without, found.stale

    record("ingest", "--product", "code:train.py")
    assert standing() == (0, 0, 0)
    assert bills.judged(lineage(folder), Nanoseconds(1)) == ()
    record("deploy", "--material", "model:model")
    assert standing() == (1, 1, 0)
    assert bills.judged(lineage(folder), Nanoseconds(1))[0].outcome is Outcome.FOUND
    assert run(["bom", "model", "--record", "--output", "bom.json"]) == Exit.CLEAN
    assert faults(json.loads((here / "bom.json").read_bytes())) == []
    assert standing() == (1, 0, 0)
    assert bills.judged(lineage(folder), Nanoseconds(1))[0].outcome is Outcome.CLEARED
    record("ingest", "--product", "other:model/c.json")  # of something else
    assert standing() == (1, 0, 0)
    run(["provenance", "revoke", "train.py", "--reason", "licence"])
    assert standing() == (1, 0, 1)
    assert run(["bom", "model", "--record"]) == Exit.CLEAN
    assert standing() == (1, 0, 0)
    told = bom(capsys, "model")
    assert [
        each["name"]
        for one in told["components"]
        for each in one.get("properties", [])
        if each["value"] == "true"
    ] == ["bartizan:revoked"]
