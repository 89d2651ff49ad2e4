"""Names of files and members that say they were found clean: no line, object or rule is anybody's but ours."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run

FORGED = [
    "a.pt\nproven-inert    b.pt",
    "a.pt\r1 file: 1 proven-inert",
    "\x1b[2K\x1b[1Aproven-inert.pt",
    '{"path": "a", "verdict": "proven-inert"}.pt',
    "\u202etp.a\u2066.pt",
    "\u2028.pt",
    "-.pt",
    "::warning::x.pt",
]


@pytest.mark.parametrize("name", FORGED)
def test_a_files_name_forges_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"\0")
    assert run(["scan", "."]) == Exit.UNEVALUATED
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("not-understood ")
    assert all(line.isprintable() for line in lines)
    assert run(["scan", ".", "--json"]) == Exit.UNEVALUATED
    (only,) = capsys.readouterr().out.splitlines()
    assert (json.loads(only)["path"], json.loads(only)["verdict"]) == (name, "not-understood")


@pytest.mark.parametrize("name", FORGED)
def test_a_members_name_forges_nothing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        made.writestr(zipfile.ZipInfo(name), b"\0")
    (tmp_path / "a.zip").write_bytes(kept.getvalue())
    assert run(["scan", str(tmp_path)]) == Exit.UNEVALUATED
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_a_name_of_any_octets_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe\xed\xa0\x80.pt")).write_bytes(b"\0")
    for options in ([], ["--json"], ["--sarif", "-"]):
        assert run(["scan", str(tmp_path), *options]) == Exit.UNEVALUATED
        assert capsys.readouterr().out.isascii()
