"""`bartizan witness` as a command: made once, trusting what it is told to, and saying what to do where it cannot."""

import json
import socket
from pathlib import Path

import pytest

from bartizan.app.witness import installed
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.clock import SystemClock
from bartizan.ledger.cosignature import parse_witness
from tests.e2e.witnesses import Witness
from tests.ledger.histories import LEDGER, History


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A working folder with a witness in it, and a ledger's public keys."""
    monkeypatch.chdir(tmp_path)
    assert run(["witness", "init", "w.example.com/one"]) == Exit.CLEAN
    (tmp_path / "ledger.pub").write_bytes(LEDGER.verifiers.encode())
    capsys.readouterr()
    return tmp_path


def test_it_is_made_once_and_says_what_to_hand_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["witness", "init", "w.example.com/one", "--host", "10.1.2.3"]) == Exit.CLEAN
    said = capsys.readouterr().out
    for name in ("witness.pub", "ca.pem"):
        assert f".bartizan-witness/{name}" in said
        assert (tmp_path / ".bartizan-witness" / name).is_file()
    before = (tmp_path / ".bartizan-witness" / "witness.pub").read_bytes()
    assert parse_witness(before).name == "w.example.com/one"
    assert run(["witness", "init", "w.example.com/two"]) == Exit.UNEVALUATED
    assert "a witness is made once" in capsys.readouterr().err
    assert (tmp_path / ".bartizan-witness" / "witness.pub").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "w"), "a URL of yours without scheme"),
        (("init", "w.example.com/x", "--host", "https://w"), "by which host name or address"),
        (("init", "w.example.com/x", "--state", "other", "--host", ""), "by which host name or address"),
        (("trust", "nowhere.pub"), "does not hold a ledger's public keys"),
        (("trust", ".bartizan-witness/witness.pub"), "does not hold a ledger's public keys"),
        (("serve", "--listen", "w.example.com:1"), "must be an address of this machine"),
        (("serve", "--listen", "203.0.113.7:0"), "cannot listen on 203.0.113.7"),
        ((), "required: ACTION"),
    ],
)
def test_a_slip_is_told_with_what_to_type(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert folder.exists()
    assert run(["witness", *words]) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["witness", "serve", "--listen", f"127.0.0.1:{port}"]) == Exit.USAGE
    assert f"cannot listen on 127.0.0.1, port {port}" in capsys.readouterr().err


def test_a_ledger_is_trusted_no_more_and_trusted_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.exists()
    assert run(["witness", "trust", "ledger.pub"]) == Exit.CLEAN
    assert run(["witness", "distrust", LEDGER.origin]) == Exit.CLEAN
    assert "is not cosigned for any more; what was seen of it is kept" in capsys.readouterr().out
    assert run(["witness", "show"]) == Exit.CLEAN
    assert "trusted no more" in capsys.readouterr().out
    assert run(["witness", "trust", "ledger.pub"]) == Exit.CLEAN
    assert "is cosigned for from now on" in capsys.readouterr().out
    assert run(["witness", "distrust", "bartizan.local/0000000000000000"]) == Exit.USAGE
    assert "was ever trusted" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["serve", "show", "trust", "distrust"])
def test_without_a_witness_it_says_how_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["witness", action, *(["x"] if "trust" in action else [])]) == Exit.UNEVALUATED
    assert "bartizan witness init" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_it_has_cosigned_and_its_evidence_are_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["witness", "show"]) == Exit.CLEAN
    assert "no ledger is trusted yet" in capsys.readouterr().out
    for _ in range(2):
        assert run(["witness", "trust", "ledger.pub"]) == Exit.CLEAN
    assert "was trusted already" in capsys.readouterr().out
    true, false = History(20), History(20, fork=5)
    witness = installed(folder / ".bartizan-witness")
    assert witness.store.add(true.request(0, 20), witness.cosigner, SystemClock()).lines
    assert run(["witness", "show"]) == Exit.CLEAN
    assert witness.store.add(false.request(20, 20), witness.cosigner, SystemClock()).refused
    witness.store.close()
    capsys.readouterr()
    assert run(["witness", "show", "--json"]) == Exit.FINDINGS
    told = json.loads(capsys.readouterr().out)
    assert [(one["origin"], one["size"], one["evidence"]) for one in told["ledgers"]] == [
        (LEDGER.origin, 20, {"split-view": 1})
    ]
    (kept,) = told["evidence"]
    for note in (kept["seen"], kept["request"].partition("\n\n")[2]):
        assert LEDGER.verifiers.open(note.encode()).size == 20


@pytest.mark.slow
def test_it_serves_until_it_is_told_to_stop_without_root_and_says_when_it_has_it(tmp_path: Path) -> None:
    made = Witness(tmp_path, "one", "127.0.0.1")
    for _ in range(2):
        made.start()
        assert made.stop() == 0
    assert "Traceback" not in made.said()
