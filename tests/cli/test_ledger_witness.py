"""`bartizan ledger verify` with witnesses: who has cosigned, how much of it, and by whose word that is theirs."""

import json
from pathlib import Path
from typing import Any

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.installation import CHECKPOINT, WITNESSED, write_whole
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import NOW, cosigner

ONE, TWO = cosigner("one.example.com/w"), cosigner("two.example.com/w")
NAMES = ["one.example.com/w", "two.example.com/w"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder `s` whose ledger went on after both witnesses had cosigned it, and their keys beside."""
    ground = Ground(tmp_path / "s" / "ledger")
    (ground.folder / "keys.pub").write_bytes(KEYS.verifiers.encode())
    fill(ground, 1, 20)
    note = ground.sequencer.checkpoint()
    point, _ = parse_point(note)
    write_whole(ground.folder / WITNESSED, note + ONE.sign(point, NOW) + TWO.sign(point, NOW))
    fill(ground, 2, 5)
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    for name, one in (("one", ONE), ("two", TWO), ("stranger", cosigner("stranger.example.com/w"))):
        (tmp_path / f"{name}.pub").write_bytes(one.witness.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run(["ledger", "verify", "--state", "s", "--json", *words])
    out, err = capsys.readouterr()
    assert out, err
    found: dict[str, Any] = json.loads(out)
    return code, found


def given(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--witness", f"{name}.pub"))


def test_what_every_named_witness_has_cosigned_is_witnessed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.exists()
    code, found = verified(capsys, *given("one", "two"))
    assert (code, found["level"], found["cosigned"], found["witnesses"]) == (0, "witnessed", 41, NAMES)
    assert (found["witness_keys"], found["entries"]) == ("given", 52)


def test_a_stranger_counts_for_nothing_and_fewer_may_be_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.exists()
    code, found = verified(capsys, *given("one", "two", "stranger"))
    assert (code, found["level"], found["cosigned"]) == (1, "signed only", 0)
    code, found = verified(capsys, *given("one", "two", "stranger"), "--quorum", "2")
    assert (code, found["level"], found["witnesses"]) == (0, "witnessed", NAMES)


def test_one_witness_named_twice_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    assert run(["ledger", "verify", "--state", "s", *given("one", "one"), "--quorum", "2"]) == Exit.USAGE
    assert "--quorum 2 of 1 witnesses" in capsys.readouterr().err


def test_without_any_nobody_vouches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    _, found = verified(capsys)
    assert (found["level"], found["witnesses"], found["witness_keys"]) == ("signed only", [], "none")


def test_configured_witnesses_count_and_it_is_said_whose_word_that_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = (
        f'[[witness]]\nname = "{name}"\nurl = "https://{name}.example.com"\nkeys = "{name}.pub"\n'
        for name in ("one", "two")
    )
    (folder / "bartizan.toml").write_text("".join(tables))
    _, found = verified(capsys)
    assert (found["level"], found["witnesses"], found["witness_keys"]) == ("witnessed", NAMES, "configured")
    assert run(["ledger", "verify", "--state", "s"]) == Exit.CLEAN
    assert "their keys are those that bartizan.toml names" in capsys.readouterr().out
    (folder / "bartizan.toml").write_text("nonsense")
    _, found = verified(capsys)
    assert (found["level"], found["witnesses"]) == ("signed only", [])


@pytest.mark.parametrize("line", [4, 5, 6, 7, 8, 9])
def test_a_stripped_signature_is_not_made_up_for(
    folder: Path, capsys: pytest.CaptureFixture[str], line: int
) -> None:
    file = folder / "s" / "ledger" / WITNESSED
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    code, found = verified(capsys, *given("one", "two"))
    if line < 6:  # the ledger's own
        assert code == Exit.FINDINGS
        assert [one["word"] for one in found["listed"]] == ["bad signature"]
    else:
        assert (code, found["level"], found["witnesses"], found["intact"]) == (1, "signed only", [], True)


def test_a_history_that_contradicts_what_was_cosigned_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = folder / "s" / "ledger"
    kept = (ledger / WITNESSED).read_bytes()
    other = Ground(folder / "other")
    other.clock.at += 1
    fill(other, 1, 30)
    other.sequencer.checkpoint()
    other.sequencer.release()
    for name in ("tree.db", "tree.db-wal", "tree.db-shm", CHECKPOINT):
        (ledger / name).unlink(missing_ok=True)
        if (other.folder / name).exists():
            (ledger / name).write_bytes((other.folder / name).read_bytes())
    (ledger / WITNESSED).write_bytes(kept)
    code, found = verified(capsys, *given("one", "two"))
    assert code == Exit.FINDINGS
    assert [one["word"] for one in found["listed"]] == ["forked"]


def test_what_was_cosigned_counts_from_a_file_that_was_kept_elsewhere(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "s" / "ledger" / WITNESSED
    file.rename(folder / "kept")
    _, found = verified(capsys, *given("one", "two"))
    assert found["level"] == "signed only"
    _, found = verified(capsys, *given("one", "two"), "--checkpoint", "kept")
    assert (found["level"], found["witnesses"]) == ("witnessed", NAMES)


def test_a_file_without_a_witness_s_keys_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    assert run(["ledger", "verify", "--state", "s", "--witness", "s/ledger/keys.pub"]) == Exit.USAGE
    assert "it holds no keys of a witness" in capsys.readouterr().err


def test_a_proof_is_checked_against_witnesses_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "prove", "--state", "s", "7", "--out", "entry"]) == Exit.CLEAN
    capsys.readouterr()
    code, found = verified(capsys, "--proof", "entry", *given("one", "two"))
    assert (code, found["proven"], found["witnesses"], found["cosigned"]) == (0, True, NAMES, 41)
    code, found = verified(capsys, "--proof", "entry", *given("stranger"))
    assert (code, found["proven"], found["witnesses"]) == (1, True, [])
    kept = str(folder / "s" / "ledger" / CHECKPOINT)
    assert run(["ledger", "verify", "--state", "s", "--proof", "entry", "--checkpoint", kept]) == Exit.USAGE
    assert "--proof is checked alone" in capsys.readouterr().err
