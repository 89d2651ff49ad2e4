"""Somebody hands an auditor an export that is to keep the auditor busy, to write on the auditor's screen, or to be taken
for more than it is."""

import base64
import os
from hashlib import sha256
from pathlib import Path

import pytest

from bartizan.ledger.export import export
from bartizan.ledger.installation import CHECKPOINT
from bartizan.ledger.installation import KEYS as PUBLIC
from bartizan.ledger.offline import main
from bartizan.ledger.prove import prove
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import cosigner


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 200)
    ground.sequencer.checkpoint()
    export(ground.folder, KEYS.verifiers, tmp_path / "out")
    (tmp_path / "entry").write_bytes(prove(ground.folder, KEYS.verifiers, 7).encode())
    (tmp_path / "keys.pub").write_bytes(KEYS.verifiers.encode())
    return tmp_path / "out"


def verified(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out + err


def test_millions_of_empty_entries_in_one_bundle_are_not_taken_apart(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle / "tile/entries/000").write_bytes(bytes(256 * (2 + 65_535)))
    code, said = verified(capsys, bundle)
    assert code == 1
    assert "missing" in said


@pytest.mark.parametrize("name", [CHECKPOINT, PUBLIC])
def test_a_pipe_in_a_files_place_is_not_waited_for(
    bundle: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    code, said = verified(capsys, bundle)
    assert code == 3
    assert "no plain file" in said


def test_names_do_not_reach_the_screen_as_commands(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, lines = "\x1b[2Jintact:~40~entries", []
    for kind, key in ((b"\x01", KEYS.verifiers.ed25519), (b"\x06", KEYS.verifiers.ml_dsa_44)):
        number = sha256(name.encode() + b"\n" + kind + key.raw).digest()[:4].hex()
        lines.append(f"{name}+{number}+{base64.b64encode(kind + key.raw).decode()}\n")
    (bundle / PUBLIC).write_text("".join(lines))
    code, said = verified(capsys, bundle)
    assert code == 3
    assert "\x1b" not in said


def test_the_ledger_is_no_witness_of_itself(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = verified(
        capsys, bundle, "--keys", bundle.parent / "keys.pub", "--witness", bundle.parent / "keys.pub"
    )
    assert code == 3
    assert "witnessed" not in said.replace("witness ", "")


def test_what_a_proof_is_not_compared_with_is_said(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry, keys = bundle.parent / "entry", bundle.parent / "keys.pub"
    assert verified(capsys, entry, "--keys", keys)[0] == 0
    code, said = verified(capsys, entry, "--keys", keys, "--checkpoint", bundle / CHECKPOINT)
    assert code == 3
    assert "not compared" in said


@pytest.mark.parametrize("name", ["out", "entry"])
def test_cosignatures_that_were_stripped_are_asked_for(
    bundle: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (bundle.parent / "w.pub").write_bytes(cosigner().witness.encode())
    words = (bundle.parent / name, "--keys", bundle.parent / "keys.pub")
    assert verified(capsys, *words)[0] == 0
    code, said = verified(capsys, *words, "--witness", bundle.parent / "w.pub")
    assert code == 1
    assert "NOT WITNESSED" in said
    code, said = verified(capsys, *words, "--witness", bundle.parent / "w.pub", "--json")
    assert code == 1
    assert '"unmet": true' in said
