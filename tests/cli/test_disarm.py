"""`bartizan disarm`: what was kept and cut is told, and only a file that is proven inert and in its place ends with 0."""

import hashlib
import json
from pathlib import Path

import pytest

from bartizan.app.disarmed import KIND
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.query import Query, query
from tests.supply.formats.made import made


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pt").write_bytes(made("evil.pt"))
    (tmp_path / "words.txt").write_bytes(b"words\n")
    return tmp_path


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_person_reads_what_was_kept_cut_and_left_out(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["disarm", "evil.pt", "-o", "new.safetensors"]) == Exit.CLEAN
    told = capsys.readouterr().out
    for words in (
        "rebuilt  evil.pt  [torch-zip, malicious]",
        "kept 21 tensors, 612 octets; 7 values as metadata",
        "cut posix.system at evil/data.pkl, octet ",
        "left out evil: what posix.system would make",
        "wrote    new.safetensors",
        digest(here / "evil.pt"),
        digest(here / "new.safetensors"),
    ):
        assert words in told


def test_a_program_reads_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["disarm", "evil.pt", "--output", "new", "--json"]) == Exit.CLEAN
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert said["sha256"] == digest(here / "evil.pt")
    assert said["rebuilt_sha256"] == digest(here / "new")
    assert said["kept"] == {"tensors": 21, "octets": 612, "values": 7}
    assert [(each["module"], each["name"], each["member"]) for each in said["cut"]] == [
        ("posix", "system", "evil/data.pkl")
    ]
    assert said["left"] == [{"name": "evil", "what": "what posix.system would make"}]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_is_refused_says_why_and_ends_with_3(
    options: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["disarm", "words.txt", "-o", "new", *options]) == Exit.UNEVALUATED
    assert "not-rebuilt" in capsys.readouterr().out
    assert not (here / "new").exists()


def test_a_path_or_place_that_cannot_be_is_bad_usage(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["missing", "-o", "new"], ["evil.pt", "-o", "no/new"], ["evil.pt", "-o", "words.txt"], ["evil.pt", "-o", "evil.pt", "--force"], ["evil.pt"]):  # fmt: skip
        assert run(["disarm", *words]) == Exit.USAGE
        assert capsys.readouterr().err.startswith("bartizan: ")
    assert (here / "words.txt").read_bytes() == b"words\n"


def test_both_digests_are_on_record_and_no_name_is(here: Path) -> None:
    assert run(["disarm", "evil.pt", "-o", "new", "--record"]) == Exit.CLEAN
    assert run(["disarm", "words.txt", "-o", "other", "--record"]) == Exit.UNEVALUATED
    done, failed = (each.event for each in query(here / ".bartizan" / "ledger", Query(kind=KIND)))
    assert done.detail["digest"] == digest(here / "evil.pt")
    assert done.detail["rebuilt"] == digest(here / "new")
    assert (done.detail["verdict"], done.detail["tensors"], done.detail["cut"]) == ("malicious", 21, 1)
    assert (failed.outcome.value, failed.detail["word"]) == ("failed", "not-rebuilt")
