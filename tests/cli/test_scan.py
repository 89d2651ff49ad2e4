"""`bartizan scan`: only what is proven inert, every file of it, ends with 0."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.app.scanned import KIND
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.query import Query, query
from bartizan.supply import scan
from bartizan.supply.format import Format, Read
from bartizan.supply.subject import Reason, Standing


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scan, "known", lambda known=scan.known: (*known(), *BY_WORD))
    return tmp_path


def by_word(standing: Standing) -> Format:
    """Return a format of files that begin with the word of a verdict, and get it."""
    reasons = (Reason(f"says-{standing.name.lower()}", "It says so.", standing, "inner", 7),)
    return Format(
        standing.value,
        lambda octets: octets.begins(b"\0" + standing.value.encode()),
        lambda *_: Read(reasons),
    )


BY_WORD = tuple(map(by_word, Standing))
CODES = {
    "proven-inert": Exit.CLEAN,
    "needs-code": Exit.FINDINGS,
    "not-understood": Exit.UNEVALUATED,
    "malicious": Exit.FINDINGS,
}
RANKED = list(CODES)


def put(here: Path, *verdicts: str) -> None:
    for verdict in verdicts:
        (here / f"{verdict}.model").write_bytes(b"\0" + verdict.encode())


@pytest.mark.parametrize(
    "options", [[], ["--fail-on", "malicious"], ["--fail-on", "not-understood"], ["--json"], ["--sarif", "-"]]
)
@pytest.mark.parametrize("worst", RANKED)
def test_the_worst_verdict_alone_is_the_code(
    worst: str, options: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(here, *RANKED[: RANKED.index(worst) + 1])
    assert run(["scan", ".", *options]) == CODES[worst]
    assert capsys.readouterr().err == ""


def test_a_person_reads_a_line_for_each_file_that_is_not_inert(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(here, *RANKED)
    run(["scan", "."])
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "malicious       malicious.model  [malicious]"
    assert out[1].strip() == "says-malicious: inner: It says so."
    assert "proven-inert.model" not in "".join(out)
    assert out[-1] == "4 files: 1 proven-inert, 1 needs-code, 1 malicious, 1 not-understood"


def test_a_program_reads_an_object_for_each_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(here, "malicious", "proven-inert")
    (here / "a\n\x1b[2J.txt").write_text("words\n")
    run(["scan", ".", "--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [
        {"path": "a\n\x1b[2J.txt", "format": "text", "verdict": "proven-inert", "findings": []},
        {
            "path": "malicious.model",
            "format": "malicious",
            "verdict": "malicious",
            "findings": [
                {
                    "word": "says-malicious",
                    "what": "It says so.",
                    "severity": "critical",
                    "verdict": "malicious",
                    "member": "inner",
                    "offset": 7,
                }
            ],
        },
        {"path": "proven-inert.model", "format": "proven-inert", "verdict": "proven-inert", "findings": []},
    ]


def test_names_move_no_cursor(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a\n\x1b[2Jb.pt").write_text("words\n")
    (here / os.fsdecode(b"\xff.pt")).write_text("words\n")
    assert run(["scan", "."]) == Exit.UNEVALUATED
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "a\\n\\x1b[2Jb.pt" in out


def test_a_folder_without_files_proves_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").mkdir()
    assert run(["scan", "empty"]) == Exit.UNEVALUATED
    assert "nothing was scanned" in capsys.readouterr().out


def test_a_path_that_is_not_there_is_a_mistake(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(here, "proven-inert")
    assert run(["scan", "proven-inert.model", "missing"]) == Exit.USAGE
    assert "there is no missing" in capsys.readouterr().err
    assert run(["scan"]) == run(["scan", ".", "--json", "--sarif", "-"]) == Exit.USAGE
    assert run(["scan", ".", "--sarif", "missing/out.sarif"]) == Exit.USAGE


def test_findings_are_written_as_sarif(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(here, "malicious", "needs-code")
    assert run(["scan", ".", "--sarif", "out.sarif", "--fail-on", "malicious"]) == Exit.FINDINGS
    assert "2 files" in capsys.readouterr().out
    results = json.loads((here / "out.sarif").read_text())["runs"][0]["results"]
    assert {each["ruleId"]: each["level"] for each in results} == {
        "says-malicious": "error",
        "says-code": "warning",
    }
    (here / "out.sarif").unlink()
    run(["scan", ".", "--sarif", "-"])
    assert len(json.loads(capsys.readouterr().out)["runs"][0]["results"]) == 2


def test_what_was_accepted_does_not_fail_until_it_changes(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(here, "malicious", "needs-code")
    assert run(["scan", "needs-code.model", "--write-baseline", "accepted.json"]) == Exit.FINDINGS
    assert run(["scan", "needs-code.model", "--baseline", "accepted.json"]) == Exit.CLEAN
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 file: 0 proven-inert, 0 needs-code, 0 malicious, 0 not-understood, 1 accepted before"
    )
    assert (
        run(["scan", "needs-code.model", "malicious.model", "--baseline", "accepted.json"]) == Exit.FINDINGS
    )
    run(["scan", "needs-code.model", "--baseline", "accepted.json", "--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["findings"][0]["accepted"] is True
    with (here / "needs-code.model").open("ab") as file:
        file.write(b"more")
    assert run(["scan", "needs-code.model", "--baseline", "accepted.json"]) == Exit.FINDINGS


def test_a_baseline_that_cannot_be_read_is_a_mistake(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(here, "proven-inert")
    (here / "a.json").write_text("[]")
    assert run(["scan", ".", "--baseline", "a.json"]) == Exit.USAGE
    assert "is no baseline" in capsys.readouterr().err
    assert run(["scan", ".", "--baseline", "missing.json"]) == Exit.UNEVALUATED


def test_files_are_put_on_record_by_digest_and_nothing_of_their_names(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(here, *RANKED)
    (here / "secret-name.txt").write_text("words\n")
    (here / "out").symlink_to("/etc/passwd")
    assert run(["scan", ".", "--json"]) == Exit.FINDINGS
    assert not (here / ".bartizan").exists()
    assert run(["scan", ".", "--record"]) == Exit.FINDINGS
    assert "5 files are on record now" in capsys.readouterr().err
    events = [each.event for each in query(here / ".bartizan" / "ledger", Query(kind=KIND))]
    assert {(each.detail["verdict"], each.outcome.value) for each in events} == {
        ("malicious", "found"),
        ("needs-code", "found"),
        ("not-understood", "failed"),
        ("proven-inert", "cleared"),
    }
    digest = hashlib.sha256(b"words\n").hexdigest()
    (text,) = [each for each in events if each.detail["digest"] == digest]
    assert text.subject == f"sha256-{digest[:32]}"
    assert text.detail == {
        "digest": digest,
        "octets": 6,
        "format": "text",
        "verdict": "proven-inert",
        "findings": 0,
    }
    assert {each.control for each in events} == {"supply.model-file-inert"}
    assert "secret-name" not in str(events)


def test_scanning_loads_nothing_heavy() -> None:
    act = "import sys, bartizan.cli.scan, bartizan.supply.scan as s; s.known(); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", act], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {
        "asyncio",
        "cryptography",
        "multiprocessing",
        "numpy",
        "onnx",
        "sqlalchemy",
        "starlette",
        "torch",
    }


def test_one_file_is_told_as_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "one").mkdir()
    put(here / "one", "proven-inert")
    assert run(["scan", "one", "--record"]) == Exit.CLEAN
    told = capsys.readouterr()
    assert "1 file: 1 proven-inert" in told.out
    assert "1 file is on record now" in told.err
