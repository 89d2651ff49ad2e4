"""The real model-signing verifies what we sign, and we verify what it signs; a folder it passes over is no way past us."""

import subprocess
from pathlib import Path

import pytest

from bartizan.artifact.compare import Word
from bartizan.artifact.keys import parsed
from bartizan.supply.sign import Order, beside, sidecar, sign
from bartizan.supply.verify import verify, verify_bundle
from tests.artifact.trees import LATE, signer
from tests.foreign import environment
from tests.supply.models import model

pytestmark = pytest.mark.slow


def model_signing(*words: str | Path) -> tuple[int, str]:
    """Run the real tool; return its code and what it says."""
    command = [environment("bench-model-signing") / "model_signing", *words]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return said.returncode, said.stdout + said.stderr


def theirs(folder: Path, bundle: Path, key: Path) -> tuple[int, str]:
    return model_signing("verify", "key", "--public_key", key, "--signature", bundle, folder)


def test_what_we_sign_holds_for_it_until_a_file_that_it_covers_changes(tmp_path: Path) -> None:
    folder, key = model(tmp_path), tmp_path / "keys.pub"
    key.write_bytes(signer().verifier.pem())  # the file that `bartizan sign-key` writes, as it is
    bundle = folder / "model.sig"
    sign(folder, Order(beside(folder), bundle), signer(), LATE)
    assert theirs(folder, bundle, key) == (0, "Verification succeeded\n")
    (folder / ".git/hooks").write_bytes(b"planted")
    assert theirs(folder, bundle, key)[0] == 0  # it does not look there
    found = verify(folder, beside(folder).read_bytes(), signer().verifier)
    assert [(one.name, one.word) for one in found.differences] == [(".git/hooks", Word.ADDED)]
    (folder / "a.bin").write_bytes(b"Weights")
    assert theirs(folder, bundle, key)[0] == 1
    found = verify_bundle(folder, bundle.read_bytes(), sidecar(bundle).read_bytes(), signer().verifier)
    assert ("a.bin", Word.CHANGED) in [(one.name, one.word) for one in found.differences]


def test_what_it_signs_holds_for_us(tmp_path: Path) -> None:
    folder, key, bundle = model(tmp_path), tmp_path / "key.pem", tmp_path / "model.sig"
    key.write_bytes(signer().ec.pem().reveal())
    words = ("sign", "key", "--private_key", key, "--signature", bundle, "--no-ignore-git-paths", folder)
    assert model_signing(*words) == (0, "Signing succeeded\n")
    verifier = parsed(signer().verifier.ec.pem)
    assert verify_bundle(folder, bundle.read_bytes(), None, verifier).holds
    (folder / ".git/hooks").write_bytes(b"planted")
    found = verify_bundle(folder, bundle.read_bytes(), None, verifier)
    assert [(one.name, one.word) for one in found.differences] == [(".git/hooks", Word.ADDED)]
