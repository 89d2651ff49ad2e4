"""The ledger as a command: what it is asked for, and that a slip of the hand costs nothing."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.cli import ledger
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.clock import SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder with a few entries in its ledger."""
    folder = Folder(tmp_path / "state")
    folder.make()
    add(folder.root)
    return folder.root


def add(state: Path) -> None:
    with own_segment(state, SystemClock()) as journal:
        journal.record("access.token.issued", "p-" + "1" * 16, "t-" + "2" * 16, Outcome.DONE)


def verify(state: Path, *words: str) -> int:
    return run(["ledger", "verify", "--state", str(state), *words])


def test_a_file_that_is_no_checkpoint_is_not_written_over(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert verify(state, "--save", str(tmp_path / "thesis.txt")) == Exit.USAGE
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert "it is no checkpoint" in capsys.readouterr().err


def test_a_newer_checkpoint_is_not_replaced_by_that_of_an_older_ledger(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = (state / "ledger" / "tree.db").read_bytes(), (state / "ledger" / "checkpoint").read_bytes()
    kept = tmp_path / "kept"
    add(state)
    assert verify(state, "--save", str(kept)) == Exit.CLEAN
    before = kept.read_bytes()
    for name in ("tree.db-wal", "tree.db-shm"):
        (state / "ledger" / name).unlink(missing_ok=True)
    (state / "ledger" / "tree.db").write_bytes(older[0])
    (state / "ledger" / "checkpoint").write_bytes(older[1])
    assert verify(state) == Exit.CLEAN
    capsys.readouterr()
    assert verify(state, "--save", str(kept)) == Exit.FINDINGS
    assert "rolled back" in capsys.readouterr().out
    assert kept.read_bytes() == before


@pytest.mark.parametrize(("name", "said"), [("none/kept", "there is no folder"), ("", "is a folder")])
def test_where_nothing_can_be_saved_is_said_at_once(
    state: Path, tmp_path: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(state, "--save", str(tmp_path / name)) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_question_without_an_answer_is_said_to_have_none(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    words = ["ledger", "query", "--state", str(state)]
    assert run([*words, "--subject", "q-none"]) == Exit.CLEAN
    assert capsys.readouterr() == ("", "no entry is like that\n")
    for mistyped in ("gatway", "access.tok", "access."):
        assert run([*words, "--kind", mistyped]) == Exit.USAGE
        assert "there is no such kind" in capsys.readouterr().err
    for kind in ("access", "access.token", "access.token.issued"):
        assert run([*words, "--kind", kind]) == Exit.CLEAN
        assert "access.token.issued" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--since", "9999-12-31"), Exit.CLEAN),
        (("--since", "999999d"), Exit.CLEAN),
        (("--subject", "a\udcff"), Exit.USAGE),
        (("--control", "a\udcff"), Exit.USAGE),
        (("--control", 'é"\\', "--subject", "%_"), Exit.CLEAN),
    ],
)
def test_no_question_is_an_internal_error(state: Path, words: tuple[str, ...], code: Exit) -> None:
    assert run(["ledger", "query", "--state", str(state), *words]) == code


@pytest.mark.parametrize("option", ["--checkpoint", "--keys"])
def test_a_folder_in_a_files_place_is_said(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert verify(state, option, str(tmp_path)) == Exit.USAGE
    assert f"cannot use {tmp_path}: is a directory" in capsys.readouterr().err


def test_a_full_disk_is_said_with_the_file_that_was_named(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere/.kept.new")

    monkeypatch.setattr(ledger, "write_whole", full)
    assert verify(state, "--save", str(state.parent / "kept")) == Exit.UNEVALUATED
    assert capsys.readouterr().err == f"bartizan: {state.parent}/kept: No space left on device\n"


def test_an_export_is_verified_by_its_own_file_and_grows(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["ledger", "export", "--state", str(state), str(out)]) == Exit.CLEAN
    assert "3 entries, 3 of them new" in capsys.readouterr().out
    words = [sys.executable, "-I", str(out / "verify_ledger.py"), str(out)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("intact: 3 entries")
    add(state)
    assert run(["ledger", "export", "--state", str(state), str(out), "--json"]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out)["new"] == 3


def test_a_folder_of_something_else_is_not_exported_into(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert run(["ledger", "export", "--state", str(state), str(tmp_path)]) == Exit.USAGE
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_proof_is_written_and_checked_without_the_ledger(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof, keys = tmp_path / "one.tlog-proof", tmp_path / "keys.pub"
    keys.write_bytes((state / "ledger" / "keys.pub").read_bytes())
    assert run(["ledger", "prove", "--state", str(state), "#1", "--out", str(proof)]) == Exit.CLEAN
    assert "entry 1 stands in a signed tree of 3 entries" in capsys.readouterr().out
    nowhere = str(tmp_path / "nowhere")
    words = ["ledger", "verify", "--state", nowhere, "--proof", str(proof), "--keys", str(keys)]
    assert run(words) == Exit.CLEAN
    assert '"kind":"access.token.issued"' in capsys.readouterr().out
    proof.write_bytes(proof.read_bytes().replace(b"index 1", b"index 0"))
    assert run(words) == Exit.FINDINGS
    assert "NOT PROVEN: entry 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("prove", "3"), "3 entries"),
        (("prove", "q-0123456789abcdef"), "named by its number"),
        (("verify", "--proof", "nothing"), "missing or empty"),
        (("verify", "--proof", "text"), "its first line is not"),
        (("export", "out", "--keys", "text"), "not two lines"),
    ],
)
def test_what_cannot_be_proven_is_said(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("years of work")
    assert run(["ledger", words[0], "--state", str(state), *words[1:]]) == Exit.USAGE
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err


def test_a_lost_machine_comes_back_from_a_backup_with_its_keys(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, anew = tmp_path / "kept", tmp_path / "anew"
    assert run(["ledger", "backup", "--state", str(state), str(kept), "--private-keys"]) == Exit.CLEAN
    assert "3 entries, verified" in capsys.readouterr().out
    assert {path.stat().st_mode & 0o077 for path in (kept / "keys").iterdir()} == {0}
    shutil.rmtree(state)
    assert run(["ledger", "restore", "--state", str(anew), "--from", str(kept)]) == Exit.CLEAN
    assert "restored: 3 entries" in capsys.readouterr().out
    add(anew)
    assert verify(anew, "--checkpoint", str(kept / "checkpoint")) == Exit.CLEAN
    assert run(["ledger", "query", "--state", str(anew), "--kind", "ledger.tree.restored"]) == Exit.CLEAN
    assert "entries=3 lost=0" in capsys.readouterr().out


def test_an_older_backup_is_not_put_in_the_place_of_what_was_signed_since(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    assert run(["ledger", "backup", "--state", str(state), str(kept)]) == Exit.CLEAN
    add(state)
    (state / "ledger" / "tree.db").unlink()
    for log in ("tree.db-wal", "tree.db-shm"):
        (state / "ledger" / log).unlink(missing_ok=True)
    assert run(["ledger", "restore", "--state", str(state), "--from", str(kept)]) == Exit.FINDINGS
    assert "NOT RESTORED: 3 entries fit together, and they do not continue the 6" in capsys.readouterr().out
    assert not (state / "ledger" / "tree.db").exists()


def test_a_backup_goes_into_a_folder_of_its_own(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert run(["ledger", "backup", "--state", str(state), str(tmp_path)]) == Exit.USAGE
    assert "is not empty" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_damaged_ledger_is_not_backed_up(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(state / "ledger" / "tree.db") as connection:
        connection.execute("UPDATE entries SET entry = x'00'")
    assert run(["ledger", "backup", "--state", str(state), str(tmp_path / "kept")]) == Exit.FINDINGS
    assert "NOT BACKED UP" in capsys.readouterr().out
    assert not (tmp_path / "kept").exists()


def test_where_nothing_is_nothing_is_restored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "restore", "--state", str(tmp_path / "state")]) == Exit.USAGE
    assert "name a backup or an export with --from" in capsys.readouterr().err
