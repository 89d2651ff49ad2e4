"""`import sarif` and `import ocsf` put findings on record once, also after having been cut off, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bartizan.app import findings
from bartizan.app.folder import Folder
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.connectors.findings import KIND
from bartizan.ledger.installation import load_verifiers
from bartizan.ledger.query import Query, query
from bartizan.ledger.verify import verify

LOG: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "CodeQL"}},
            "results": [
                {"ruleId": "py/sqli", "level": "error", "message": {"text": "SECRET-TEXT"}},
                {"ruleId": "py/sqli", "level": "error"},
                {"ruleId": "xss"},
                {"ruleId": "old", "kind": "pass"},
            ],
        }
    ],
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "found.sarif").write_text(json.dumps(LOG))
    return tmp_path


def recorded(folder: Path) -> list[dict[str, int | str]]:
    return [entry.event.detail for entry in query(folder / ".bartizan" / "ledger", Query(kind=KIND))]


def test_without_a_platform_they_are_in_a_signed_tree_and_the_same_document_adds_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "sarif", "found.sarif"]) == Exit.CLEAN
    assert (
        "2 rows of found.sarif are on record now; 1 things in it are no findings" in capsys.readouterr().out
    )
    assert [(one["source"], one.get("rule"), one["severity"], one["count"]) for one in recorded(here)] == [
        ("codeql", None, "high", 2),
        ("codeql", "xss", "medium", 1),
    ]
    assert run(["import", "sarif", "found.sarif", "--json"]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out)["recorded"] == 0
    assert len(recorded(here)) == 2
    ledger = here / ".bartizan" / "ledger"
    keys = load_verifiers(ledger)
    assert keys is not None
    found = verify(ledger, keys)
    assert found.intact
    assert found.signed == found.entries
    assert b"SECRET-TEXT" not in (ledger / "tree.db").read_bytes()


def test_one_that_was_cut_off_is_finished_by_the_next(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = findings._by_ourselves
    monkeypatch.setattr(findings, "_by_ourselves", lambda folder, about, new: whole(folder, about, new[:1]))
    findings.bring(here / "found.sarif", "sarif", Folder(here / ".bartizan"))
    monkeypatch.setattr(findings, "_by_ourselves", whole)
    assert findings.bring(here / "found.sarif", "sarif", Folder(here / ".bartizan")).new == 1
    assert len({json.dumps(one) for one in recorded(here)}) == len(recorded(here)) == 2


def test_what_a_real_tool_writes_is_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text("import os\nx = eval('1')\n")
    ruff = Path(sys.executable).with_name("ruff")
    arguments = (str(ruff), "check", "--isolated", "--select", "F,S", "--output-format", "sarif", "a.py")
    (here / "ruff.sarif").write_bytes(subprocess.run(arguments, capture_output=True, check=False).stdout)
    assert run(["import", "sarif", "ruff.sarif", "--json"]) == Exit.CLEAN
    told = json.loads(capsys.readouterr().out)
    assert {row["rule"] for row in told["findings"]} >= {"f401", "s307"}
    assert {row["source"] for row in told["findings"]} == {"ruff"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("other.json", "{", "it is not JSON in UTF-8"),
        ("other.json", "{}", "it is no OCSF event"),
        ("none.json", None, "none.json"),
    ],
)
def test_what_cannot_be_imported_is_named_and_leaves_no_trace(
    here: Path, name: str, content: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (here / name).write_text(content)
    assert run(["import", "ocsf", name]) == Exit.USAGE
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not (here / ".bartizan").exists()
