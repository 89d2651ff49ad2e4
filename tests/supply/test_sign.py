"""An artifact that was signed verifies, and everything that is done to it since is named."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bartizan.artifact import digest, dsse, keys
from bartizan.artifact import manifest as manifests
from bartizan.artifact.compare import Word
from bartizan.artifact.dsse import IN_TOTO
from bartizan.artifact.errors import Malformed, Unsignable
from bartizan.artifact.inventory import Request, take
from bartizan.artifact.manifest import Manifest
from bartizan.supply import attested
from bartizan.supply import sign as signing
from bartizan.supply.sign import Order, Signed, beside, sidecar, sign
from bartizan.supply.verify import Verified, verify, verify_bundle
from tests.artifact.trees import LATE, signer, tree

FILES: dict[str, bytes | str] = {
    "a": b"first",
    "b": b"other",
    ".git/config": b"[core]",
    "d/c": b"deep",
    "l": "d/c",
}


def made(folder: Path) -> Path:
    path = tree(folder / "model", FILES)
    signed(path)
    return path


def signed(path: Path, bundle: Path | None = None) -> Signed:
    return sign(path, Order(beside(path), bundle), signer(), LATE)


def verified(path: Path, number: int = 0) -> Verified:
    return verify(path, beside(path).read_bytes(), signer(number).verifier)


def test_what_was_signed_verifies_wherever_it_lies(tmp_path: Path) -> None:
    path = made(tmp_path)
    found = verified(path)
    assert found.holds
    assert (found.name, found.files, found.signatures) == ("model", 4, ("ed25519", "ml-dsa-65"))
    moved = path.rename(tmp_path / "elsewhere")
    assert verify(moved, beside(path).read_bytes(), signer().verifier).holds


def test_a_single_file_is_known_by_its_own_digest(tmp_path: Path) -> None:
    file = tree(tmp_path, {"w.bin": b"abc"}) / "w.bin"
    assert signed(file).digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert verified(file).holds
    file.write_bytes(b"abd")
    assert [(one.name, one.word) for one in verified(file).differences] == [(".", Word.CHANGED)]


def test_a_folder_that_holds_one_file_is_not_that_file(tmp_path: Path) -> None:
    file = tree(tmp_path / "m", {"w": b"abc"}) / "w"
    assert signed(file.parent).digest != signed(file).digest


def instead(file: Path, make: Callable[[Path], object]) -> None:
    """Have something else in a file's place."""
    file.unlink()
    make(file)


def linked(target: str) -> Callable[[Path], object]:
    return lambda file: file.symlink_to(target)


CHANGES: dict[str, tuple[Callable[[Path], object], set[tuple[str, Word]]]] = {
    "changed": (lambda at: (at / "a").write_bytes(b"First"), {("a", Word.CHANGED)}),
    "truncated": (lambda at: os.truncate(at / "a", 3), {("a", Word.CHANGED)}),
    "removed": (lambda at: (at / "a").unlink(), {("a", Word.MISSING)}),
    "added": (lambda at: (at / "new").write_bytes(b""), {("new", Word.ADDED)}),
    "planted": (lambda at: (at / ".git/hooks").write_bytes(b"x"), {(".git/hooks", Word.ADDED)}),
    "renamed": (lambda at: (at / "a").rename(at / "d/z"), {("a", Word.RENAMED)}),
    "folder": (lambda at: (at / "empty").mkdir(), {("empty", Word.ADDED)}),
    "retyped": (lambda at: instead(at / "a", Path.mkdir), {("a", Word.TYPE_CHANGED)}),
    "linked": (lambda at: instead(at / "a", linked("b")), {("a", Word.TYPE_CHANGED)}),
    "relinked": (lambda at: instead(at / "l", linked("b")), {("l", Word.CHANGED)}),
    "led out": (
        lambda at: instead(at / "l", linked("/etc/passwd")),
        {("l", Word.REFUSED)},
    ),
    "piped": (lambda at: instead(at / "a", os.mkfifo), {("a", Word.REFUSED)}),
    "swapped": (
        lambda at: [(at / "a").write_bytes(b"other"), (at / "b").write_bytes(b"first")],
        {("a", Word.CHANGED), ("b", Word.CHANGED)},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_found_and_named(tmp_path: Path, change: str) -> None:
    path = made(tmp_path)
    act, wanted = CHANGES[change]
    act(path)
    found = verified(path)
    assert not found.holds
    assert {(one.name, one.word) for one in found.differences} == wanted


def test_what_a_file_holds_now_is_said(tmp_path: Path) -> None:
    path = made(tmp_path)
    (path / "a").write_bytes(b"other")
    os.truncate(path / "d/c", 2)
    (path / "b").rename(path / "z")
    assert [one.what for one in verified(path).differences] == [
        "holds what b was signed with",
        "to z",
        "2 octets, not 4",
    ]


def test_it_is_said_which_shards_changed(tmp_path: Path) -> None:
    shard = 1 << 20
    path = tree(tmp_path / "m", {"w": bytes(3 * shard + 5)})
    manifest = take(path, Request(("blake3",), shard=shard)).manifest
    payload = attested.statement("m", manifest)
    beside(path).write_bytes(dsse.encoded(keys.sealed(IN_TOTO, payload, signer())))
    with (path / "w").open("r+b") as file:
        for place in (0, 3 * shard):
            file.seek(place)
            file.write(b"1")
    (one,) = verified(path).differences
    assert one.what == f"in octets 0 to {shard}, {3 * shard} to {3 * shard + 5}"


def test_signing_twice_reads_what_changed_alone(tmp_path: Path) -> None:
    path = made(tmp_path)
    first = signed(path)
    (path / "b").write_bytes(b"changed")
    again = sign(path, Order(beside(path), kept=first.rows), signer(), LATE)
    assert (first.hashed, again.hashed) == (4, 1)
    assert verified(path).holds


def test_digests_that_are_not_the_file_s_are_signed_but_never_verified(tmp_path: Path) -> None:
    """Verifying has no cache: a stale one makes a signature that its own artifact fails."""
    path = tree(tmp_path / "m", {"a": b"1"})
    rows = signed(path).rows
    wrong = {of: digest.Digests("0" * 64, ("0" * 64,)) for of in rows}
    sign(path, Order(beside(path), kept=wrong), signer(), LATE)
    assert [(one.name, one.word) for one in verified(path).differences] == [("a", Word.CHANGED)]


# ---- what is not signed -------------------------------------------------------------------------------------
@pytest.mark.parametrize("target", ["/etc/passwd", "..", "gone"])
def test_a_link_out_is_not_signed(tmp_path: Path, target: str) -> None:
    path = tree(tmp_path / "m", {"a": b"", "l": target})
    with pytest.raises(Unsignable, match="l is a symbolic link"):
        signed(path)
    assert not beside(path).exists()


def test_private_keys_are_not_signed(tmp_path: Path) -> None:
    path = tree(tmp_path / "m", {"a": b"", "keys/k.pem": b""})
    with pytest.raises(Unsignable, match=r"keys/k\.pem is a private key"):
        sign(path, Order(beside(path), private=(path / "keys/k.pem",)), signer(), LATE)


@pytest.mark.sources
def test_what_could_not_be_verified_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "MOST_OCTETS", 1000)
    path = tree(tmp_path / "m", {"a": b""})
    with pytest.raises(Unsignable, match="sign its parts"):
        signed(path)
    assert not beside(path).exists()


# ---- signatures within --------------------------------------------------------------------------------------
def within(tmp_path: Path) -> Path:
    path = tree(tmp_path / "m", {"a": b"1", ".git/x": b""})
    found = sign(path, Order(path / "m.json", path / "model.sig"), signer(), LATE)
    assert found.left_out == (".git/x",)
    return path


def test_signatures_may_lie_in_the_artifact(tmp_path: Path) -> None:
    path = within(tmp_path)
    assert verify(path, (path / "m.json").read_bytes(), signer().verifier).holds
    bundle, pair = (path / "model.sig").read_bytes(), sidecar(path / "model.sig").read_bytes()
    found = verify_bundle(path, bundle, pair, signer().verifier)
    assert [(one.name, one.word) for one in found.differences] == [(".git/x", Word.OUTSIDE)]


@pytest.mark.parametrize("name", ["m.json", "model.sig", "model.sig.pq"])
@pytest.mark.parametrize("content", [b"", b"import os", None])
def test_anything_else_in_their_place_is_found(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = within(tmp_path)
    octets = (path / "m.json").read_bytes()
    spoilt = content
    if spoilt is None:
        spoilt = dsse.encoded(keys.sealed(IN_TOTO, b"{}", signer(1)))
    (path / name).write_bytes(spoilt)
    found = verify(path, octets, signer().verifier)
    assert [(one.name, one.word) for one in found.differences] == [(name, Word.OUTSIDE)]


def test_a_folder_in_their_place_is_found(tmp_path: Path) -> None:
    path = within(tmp_path)
    octets = (path / "m.json").read_bytes()
    (path / "model.sig").unlink()
    tree(path / "model.sig", {"x": b""})
    names = {one.name for one in verify(path, octets, signer().verifier).differences}
    assert names == {"model.sig", "model.sig/x"}


# ---- statements ---------------------------------------------------------------------------------------------
def payload(tmp_path: Path) -> bytes:
    return attested.statement("m", take(tree(tmp_path / "m", {"a": b"1"}), Request()).manifest)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"Statement/v1", b"Statement/v2", "version 1"),
        (b"bartizan.local/manifest/v1", b"slsa.dev/provenance/v1", "says something else"),
        (b'"name":"m"', b'"name":""', "subject"),
        (b'"subject":[', b'"subject":[],"subject":[', "one form"),
        (b'"sha256":"', b'"sha512":"', "subject|not valid|manifest"),
        (b'"name":"m"', b'"name": "m"', "one form"),
        (b'"outside":[]', b'"outside":["b"]', "subject is not"),
    ],
)
def test_a_statement_that_is_not_its_manifest_s_is_refused(
    tmp_path: Path, old: bytes, new: bytes, why: str
) -> None:
    octets = payload(tmp_path)
    assert attested.attested(octets)[0] == "m"
    assert old in octets
    with pytest.raises(Malformed, match=why):
        attested.attested(octets.replace(old, new))


def test_a_second_subject_is_refused(tmp_path: Path) -> None:
    octets = payload(tmp_path)
    said = msgspec.json.decode(octets)
    said["subject"].append(said["subject"][0])
    with pytest.raises(Malformed, match="subject is not"):
        attested.attested(msgspec.json.encode(said, order="sorted"))


def test_the_digest_stands_for_every_name_and_octet(tmp_path: Path) -> None:
    manifest = take(made(tmp_path), Request()).manifest
    digests = {attested.digest(manifest)}
    for number in range(len(manifest.entries)):
        less = tuple(one for at, one in enumerate(manifest.entries) if at != number)
        digests.add(attested.digest(Manifest(manifest.digests, less)))
    assert len(digests) == len(manifest.entries) + 1
    assert manifests.parsed(manifests.encoded(manifest)) == manifest
