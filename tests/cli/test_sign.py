"""`bartizan sign-key`, `sign` and `verify`, as somebody without a platform uses them, and what stands in the state folder of one."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.artifacts import Kept, kept
from bartizan.app.folder import Folder
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from tests.artifact.trees import tree


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    tree(folder, {"model/a": b"first", "model/d/b": b"second", "model/.git/config": b"[core]"})
    monkeypatch.chdir(folder)
    assert run(["sign-key", "k.pem"]) == Exit.CLEAN
    return folder


TRUSTED = ("--public-key", "k.pem.pub")


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the document that the last command printed."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def signed(*words: str) -> int:
    return run(["sign", "model", "--key", "k.pem", *words])


def test_keys_are_made_once_for_their_owner_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, public = (here / "k.pem").read_bytes(), (here / "k.pem.pub").read_bytes()
    assert stat.S_IMODE((here / "k.pem").stat().st_mode) == 0o600
    (here / "k.pem.pub").unlink()
    assert run(["sign-key", "k.pem"]) == Exit.CLEAN
    assert ((here / "k.pem").read_bytes(), (here / "k.pem.pub").read_bytes()) == (key, public)
    assert "PRIVATE" not in capsys.readouterr().out
    (here / "k.pem").chmod(0o644)
    assert signed() == Exit.UNEVALUATED
    assert "others may read this key" in capsys.readouterr().err


def test_what_was_signed_is_verified_and_what_changed_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signed("--openssf", "model.sig") == Exit.CLEAN
    out = capsys.readouterr().out
    assert "3 files" in out
    assert "does not cover .git/config" in out
    assert run(["verify", "model", *TRUSTED]) == Exit.CLEAN
    assert capsys.readouterr().out.startswith("verified model: 3 files")
    (here / "model/.git/hooks").write_bytes(b"x")
    (here / "model/a").write_bytes(b"other")
    assert run(["verify", "model", *TRUSTED]) == Exit.FINDINGS
    out = capsys.readouterr().out
    assert "NOT VERIFIED" in out
    assert "added" in out
    assert run(["verify", "model", *TRUSTED, "--json"]) == Exit.FINDINGS
    told = said(capsys)
    assert [(one["name"], one["is"]) for one in told["differences"]] == [
        (".git/hooks", "added"),
        ("a", "changed"),
    ]
    assert (told["verified"], told["on_record"], told["signatures"]) == (
        False,
        False,
        ["ed25519", "ml-dsa-65"],
    )


def test_a_signature_for_other_tools_is_verified_with_its_sidecar_or_said_to_be_without(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signed("--openssf", "model.sig") == Exit.CLEAN
    words = ["verify", "model", *TRUSTED, "--openssf", "model.sig"]
    assert run(words) == Exit.FINDINGS
    assert "outside" in capsys.readouterr().out
    assert run([*words, "--accept-outside"]) == Exit.CLEAN
    (here / "model.sig.pq").unlink()
    assert run([*words, "--accept-outside"]) == Exit.UNEVALUATED
    assert "--classical" in capsys.readouterr().err
    assert run([*words, "--accept-outside", "--classical"]) == Exit.CLEAN
    (here / "model/a").write_bytes(b"other")
    assert run([*words, "--accept-outside", "--classical"]) == Exit.FINDINGS


def test_of_another_key_nothing_is_believed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del here
    assert run(["sign-key", "other.pem"]) == Exit.CLEAN
    assert signed() == Exit.CLEAN
    capsys.readouterr()
    assert run(["verify", "model", "--public-key", "other.pem.pub", "--json"]) == Exit.FINDINGS
    told = said(capsys)
    assert (told["verified"], told["sha256"], told["name"]) == (False, "", "")
    assert "other keys" in told["fault"]


def test_what_cannot_be_told_ends_with_three_or_two(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "model", *TRUSTED]) == Exit.UNEVALUATED
    assert run(["verify", "model"]) == Exit.USAGE
    assert run(["verify", "gone", *TRUSTED]) == Exit.UNEVALUATED
    assert run(["sign", "gone", "--key", "k.pem"]) == Exit.UNEVALUATED
    assert run(["sign", "model"]) == Exit.USAGE
    assert signed("--digest", "blake3", "--openssf", "model.sig") == Exit.USAGE
    (here / "model.intoto.json").write_bytes(b"{}\n")
    assert run(["verify", "model", *TRUSTED]) == Exit.UNEVALUATED
    (here / "model/l").symlink_to("/etc/passwd")
    assert signed() == Exit.USAGE
    assert "l is a symbolic link" in capsys.readouterr().err


@pytest.mark.parametrize("digest", ["blake3", "sha256", "both"])
def test_any_of_the_digests_is_verified(here: Path, digest: str) -> None:
    assert signed("--digest", digest) == Exit.CLEAN
    assert run(["verify", "model", *TRUSTED]) == Exit.CLEAN
    (here / "model/d/b").write_bytes(b"Second")
    assert run(["verify", "model", *TRUSTED]) == Exit.FINDINGS


def test_a_key_within_what_is_signed_is_not_signed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sign", ".", "--key", "k.pem", "--output", "../all.json"]) == Exit.USAGE
    assert "k.pem is a private key" in capsys.readouterr().err
    assert not (here.parent / "all.json").exists()


def test_signing_again_reads_what_changed_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def hashed(*words: str) -> int:
        capsys.readouterr()
        assert signed("--json", *words) == Exit.CLEAN
        return int(said(capsys)["hashed"])

    settled = (here / "model/a").stat().st_mtime_ns + 50_000_000
    while (here / "k.pem").stat().st_mtime_ns < settled:  # a tick of the file system's clock has passed
        (here / "k.pem").touch()
    assert hashed() == 3
    assert hashed() == 0
    (here / "model/a").write_bytes(b"other")
    assert hashed() == 1
    assert hashed("--no-cache") == 3
    assert run(["verify", "model", *TRUSTED]) == Exit.CLEAN
    (here / "k.pem.cache").write_bytes(b"nonsense")
    assert hashed() == 3


# ---- beside a platform's state folder, which does not run ----------------------------------------------------
@pytest.fixture
def folder(here: Path) -> Folder:
    made = Folder(here / ".bartizan")
    made.make()
    return made


def test_a_platform_s_own_keys_sign(here: Path, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "model"]) == Exit.USAGE
    assert run(["sign", "model"]) == Exit.CLEAN
    assert run(["verify", "model"]) == Exit.CLEAN
    assert stat.S_IMODE(folder.artifact_key.stat().st_mode) == 0o600
    assert run(["verify", ".", "--attestation", "model.intoto.json"]) == Exit.USAGE
    assert "name whom you trust" in capsys.readouterr().err
    folder.artifact_key.chmod(0o644)  # as it would be in a folder that was fetched
    assert run(["verify", "model"]) == Exit.UNEVALUATED
    folder.make()  # takes the folder with what lies in it now
    assert (here / ".bartizan/keys/artifacts.pem.pub").exists()


def test_what_is_kept_is_listed_with_whoever_was_trusted(here: Path, folder: Folder) -> None:
    assert run(["sign", "model"]) == Exit.CLEAN
    assert run(["verify", "model", "--keep"]) == Exit.CLEAN
    assert run(["verify", "model", "--keep"]) == Exit.CLEAN
    trusted = (here / ".bartizan/keys/artifacts.pem.pub").read_text()
    assert kept(folder) == (Kept(str(here / "model"), str(here / "model.intoto.json"), trusted),)
    (here / "model/a").write_bytes(b"other")
    assert run(["verify", "model", "--forget"]) == Exit.CLEAN
    assert run(["verify", "model", "--keep"]) == Exit.FINDINGS
    assert kept(folder) == ()
    folder.make()
