"""Somebody hands over a backup or an export to restore from that is another ledger's, or made up: nothing of it gets
into the record that was never signed, and nothing of it is run."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.database import FILE, copy
from bartizan.ledger.entry import ORIGIN
from bartizan.ledger.export import export
from bartizan.ledger.installation import CHECKPOINT, read_small
from bartizan.ledger.installation import KEYS as PUBLIC
from bartizan.ledger.restore import restore
from bartizan.ledger.restore_refusal import KeysDamaged, SourceOther
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, Ground, fill


def small(folder: Path, requests: int = 20, keys: Signers = KEYS) -> Ground:
    ground = Ground(folder, keys)
    (folder / PUBLIC).write_bytes(keys.verifiers.encode())
    fill(ground, 1, requests)
    ground.sequencer.checkpoint()
    return ground


def other_keys() -> Signers:
    return Signers(
        "bartizan.local/ffffffffffffffff",
        SigningKey.generate(Algorithm.ED25519),
        SigningKey.generate(Algorithm.ML_DSA_44),
    )


@pytest.mark.parametrize("kept_by", ["backup", "export"])
def test_entries_that_nobody_signed_are_not_taken_from_a_copy(tmp_path: Path, kept_by: str) -> None:
    ground = small(tmp_path / "ledger")
    before = ground.entries()
    ground.sequencer.release()
    forged = small(tmp_path / "forged", 500, other_keys())
    if kept_by == "backup":
        copy(forged.folder, tmp_path / "kept")
    else:
        export(forged.folder, forged.keys.verifiers, tmp_path / "kept")
    (tmp_path / "kept" / PUBLIC).write_bytes(KEYS.verifiers.encode())
    done = restore(ground.folder, [tmp_path / "kept"])
    assert (done.whole, done.entries) == (True, len(before))
    ground.open()
    assert ground.entries() == before


@pytest.mark.parametrize("own", [True, False], ids=["into its own", "into nothing"])
def test_a_backup_of_another_ledger_is_refused(tmp_path: Path, own: bool) -> None:  # noqa: FBT001 - a parameter
    ground, other = small(tmp_path / "ledger"), small(tmp_path / "other", keys=other_keys())
    copy(ground.folder, tmp_path / "kept")
    ground.sequencer.release()
    into, sources = (ground.folder, []) if own else (tmp_path / "new", [tmp_path / "kept"])
    with pytest.raises(SourceOther):
        restore(into, [*sources, other.folder])


def test_keys_that_cannot_be_read_are_named_and_not_replaced(tmp_path: Path) -> None:
    """With those of whatever source comes first, another ledger would take this one's place."""
    ground = small(tmp_path / "ledger")
    copy(ground.folder, tmp_path / "kept")
    ground.sequencer.release()
    (ground.folder / PUBLIC).write_bytes(b"junk\n")
    with pytest.raises(KeysDamaged, match=r"keys\.pub"):
        restore(ground.folder, [tmp_path / "kept"])


def test_a_copy_with_a_view_in_it_is_not_read(tmp_path: Path) -> None:
    ground = small(tmp_path / "ledger")
    before = ground.entries()
    copy(ground.folder, tmp_path / "kept")
    ground.sequencer.release()
    with sqlite3.connect(tmp_path / "kept" / FILE) as connection:
        connection.execute("ALTER TABLE entries RENAME TO real")
        connection.execute("CREATE VIEW entries AS SELECT number, entry FROM real")
    done = restore(tmp_path / "new", [tmp_path / "kept"])
    assert (done.whole, done.entries) == (False, 0)
    assert before


def test_a_remembered_checkpoint_of_another_ledger_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ground = small(tmp_path / "s" / "ledger")
    ground.sequencer.release()
    (tmp_path / "kept").write_bytes(
        read_small(small(tmp_path / "other", keys=other_keys()).folder / CHECKPOINT)
    )
    code = run(["ledger", "restore", "--state", "s", "--checkpoint", "kept"])
    assert code == Exit.USAGE
    assert "another ledger" in capsys.readouterr().err
    assert not list(ground.folder.glob("*damaged*"))


def test_an_origin_that_no_hash_covers_does_not_break_it(tmp_path: Path) -> None:
    ground = small(tmp_path / "ledger", 200)
    note = read_small(ground.folder / CHECKPOINT)
    export(ground.folder, KEYS.verifiers, tmp_path / "kept")
    ground.sequencer.release()
    bundle = tmp_path / "kept" / "tile/entries/000"
    octets = bundle.read_bytes()
    first = int.from_bytes(octets[:2], "big")
    stub = ORIGIN.pack(2**64 - 1, 2**64 - 1)
    bundle.write_bytes(len(stub).to_bytes(2, "big") + stub + octets[2 + first :])
    done = restore(tmp_path / "new", [tmp_path / "kept"], [note])
    assert done.whole
    anew = Ground(tmp_path / "new")
    found = verify(anew.folder, KEYS.verifiers, note)
    assert {fault.word.value for fault in found.faults} == {"missing"}


def test_evidence_of_an_earlier_time_is_never_overwritten(tmp_path: Path) -> None:
    ground = small(tmp_path)
    ground.sequencer.release()
    first, second = (Path(restore(tmp_path, []).evidence) for _ in range(2))
    kept = second.read_bytes()
    first.unlink()
    third = Path(restore(tmp_path, []).evidence)
    assert third != second
    assert second.read_bytes() == kept


def test_private_keys_of_another_ledger_are_not_put_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ground, stranger = small(tmp_path / "s" / "ledger"), other_keys()
    ground.sequencer.release()
    for name, key in (("ledger-ed25519.pem", stranger.ed25519), ("ledger-mldsa44.pem", stranger.ml_dsa_44)):
        file = tmp_path / "kept" / "keys" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(key.pem().reveal())
        file.chmod(0o600)
    shutil.copy(ground.folder / CHECKPOINT, tmp_path / "kept" / CHECKPOINT)
    code = run(["ledger", "restore", "--state", "s", "--from", "kept"])
    out, err = capsys.readouterr()
    assert code == Exit.CLEAN, err
    assert "private keys are missing" in out
    assert not list((tmp_path / "s" / "keys").glob("ledger-*"))


def test_a_bundle_that_is_no_bundle_takes_no_memory(tmp_path: Path) -> None:
    ground = small(tmp_path / "ledger", 200)
    export(ground.folder, KEYS.verifiers, tmp_path / "kept")
    ground.sequencer.release()
    with (tmp_path / "kept" / "tile/entries/000").open("r+b") as file:
        file.truncate(1 << 40)  # sparse
    done = restore(tmp_path / "new", [tmp_path / "kept"])
    assert (done.whole, done.lost) == (True, 256)


@pytest.mark.parametrize("name", [CHECKPOINT, "witnessed", "tile/entries/001.p/145", "tile/0/001.p/145"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_lies_in_a_files_place_is_passed_over(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    ground = small(tmp_path / "ledger", 200)
    note = read_small(ground.folder / CHECKPOINT)
    export(ground.folder, KEYS.verifiers, tmp_path / "kept")
    ground.sequencer.release()
    (tmp_path / "kept" / name).unlink(missing_ok=True)
    make(tmp_path / "kept" / name)
    done = restore(ground.folder, [tmp_path / "kept"], [note])
    assert (done.whole, done.lost) == (True, 0)


def test_cut_off_while_it_takes_the_place_it_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform's last entries are in the log of the damaged database alone."""
    ground = Ground(tmp_path / "alive")
    (ground.folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
    fill(ground, 1, 50)
    ground.sequencer.checkpoint()
    fill(ground, 2, 10)
    before, folder = ground.entries(), tmp_path / "ledger"
    shutil.copytree(ground.folder, folder)  # as a power loss leaves it: with a log
    assert (folder / f"{FILE}-wal").stat().st_size
    for step in ("unlink", "replace"):
        with monkeypatch.context() as cut:
            cut.setattr(Path, step, _cut(folder, step))
            with pytest.raises(KeyboardInterrupt):
                restore(folder, [])
    done = restore(folder, [])
    assert (done.whole, done.entries, done.lost) == (True, len(before), 0)
    assert Ground(folder).entries() == before


def _cut(folder: Path, step: str) -> object:
    real = getattr(Path, step)

    def cut(path: Path, *words: object, **named: object) -> object:
        reached = {"unlink": folder / f"{FILE}-shm", "replace": folder / f"{FILE}.new"}[step]
        if path == reached:
            raise KeyboardInterrupt
        return real(path, *words, **named)

    return cut
