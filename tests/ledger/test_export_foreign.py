"""What we export, an implementation that is not ours accepts: tiles, checkpoint, proofs between sizes, of entries."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from bartizan.ledger.export import export
from bartizan.ledger.prove import prove
from tests.foreign import environment
from tests.ledger.ground import KEYS, Ground, fill

pytestmark = pytest.mark.slow
ENTRIES = 2 + 2 * 700


def foreign(*words: str | Path) -> tuple[int, dict[str, object]]:
    ran = subprocess.run([environment() / "aics-tlog", *words], capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an export that grew once, the checkpoint before that, and the ledger's Ed25519 key."""
    folder = tmp_path_factory.mktemp("foreign")
    ground = Ground(folder / "ledger")
    fill(ground, 1, 300)
    (folder / "older").write_bytes(ground.sequencer.checkpoint())
    export(ground.folder, KEYS.verifiers, folder / "out")
    fill(ground, 2, 400)
    ground.sequencer.checkpoint()
    export(ground.folder, KEYS.verifiers, folder / "out")
    (folder / "key").write_text(f"{KEYS.verifiers.note_key.encode()}\n")
    (folder / "entry").write_bytes(ground.entries()[777])
    return folder


def test_it_believes_the_checkpoint(exported: Path) -> None:
    code, said = foreign("verify-checkpoint", "--tiles", exported / "out", "--vkey-file", exported / "key")
    assert (code, said["ok"], said["size"]) == (0, True, ENTRIES), said


@pytest.mark.parametrize("index", [0, 255, 256, 601, ENTRIES - 1])
def test_it_finds_an_entry_proven_by_the_tiles(exported: Path, index: int, tmp_path: Path) -> None:
    words = ("--tiles", exported / "out", "--vkey-file", exported / "key", "--index", str(index))
    code, said = foreign("verify-inclusion", *words, "--entry-out", tmp_path / "entry")
    assert (code, said["ok"]) == (0, True), said
    assert (tmp_path / "entry").read_bytes()[16:].startswith(b'{"actor":')


def test_it_finds_that_the_tree_only_grew(exported: Path) -> None:
    words = ("--tiles", exported / "out", "--vkey-file", exported / "key")
    code, said = foreign("verify-consistency", *words, "--old-checkpoint", exported / "older")
    assert (code, said["ok"]) == (0, True), said


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/5", "tile/entries/001"])
def test_it_notices_what_is_changed(exported: Path, tmp_path: Path, path: str) -> None:
    out = tmp_path / "out"
    shutil.copytree(exported / "out", out)
    octets = bytearray((out / path).read_bytes())
    octets[-7] ^= 1
    (out / path).write_bytes(octets)
    last = str(511 if "1" in path else 0)
    code, said = foreign("verify-inclusion", "--tiles", out, "--vkey-file", exported / "key", "--index", last)
    assert (code, said["ok"]) == (1, False), said


def test_our_proof_of_an_entry_holds_there(exported: Path, tmp_path: Path) -> None:
    proof = prove(exported / "ledger", KEYS.verifiers, 777)
    (tmp_path / "path").write_text("".join(f"{base64.b64encode(each).decode()}\n" for each in proof.hashes))
    (tmp_path / "checkpoint").write_bytes(proof.note)
    words = ("--leaf", exported / "entry", "--index", "777", "--proof", tmp_path / "path")
    code, said = foreign("verify-inclusion", *words, "--checkpoint", tmp_path / "checkpoint")
    assert (code, said["ok"]) == (0, True), said
