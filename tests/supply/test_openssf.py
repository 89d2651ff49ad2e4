"""OpenSSF model signatures: those of the real tool are verified, ours say the same, and what they leave out is named."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifact import keys
from bartizan.artifact.compare import Word
from bartizan.artifact.dsse import IN_TOTO, pae
from bartizan.artifact.dsse import encoded as envelope_octets
from bartizan.artifact.errors import Malformed, Unproven, Unsignable
from bartizan.artifact.inventory import Request, take
from bartizan.supply import openssf
from bartizan.supply.verify import Verified, verify_bundle
from tests.artifact.trees import signer, tree
from tests.supply.models import RECORDED, model

THEIRS = keys.parsed((RECORDED / "key.pub").read_bytes())
FOLDER = (RECORDED / "folder.sig").read_bytes()
LEFT_OUT = [(".git/config", Word.OUTSIDE), (".gitignore", Word.OUTSIDE)]


def found(path: Path, name: str) -> Verified:
    return verify_bundle(path, (RECORDED / name).read_bytes(), None, THEIRS)


def words(verified: Verified) -> list[tuple[str, Word]]:
    return [(one.name, one.word) for one in verified.differences]


@pytest.mark.parametrize("name", ["folder.sig", "blake3.sig"])
def test_a_recorded_signature_of_a_folder_holds_and_what_it_leaves_out_is_named(
    tmp_path: Path, name: str
) -> None:
    verified = found(model(tmp_path), name)
    assert (verified.fault, verified.files, verified.signatures) == ("", 5, ("ecdsa",))
    assert words(verified) == LEFT_OUT


def test_a_recorded_signature_of_a_file_holds(tmp_path: Path) -> None:
    verified = found(model(tmp_path) / "a.bin", "single.sig")
    assert verified.holds
    assert not found(model(tmp_path / "other") / "d/b.bin", "single.sig").holds


def test_the_signature_itself_may_lie_in_the_model(tmp_path: Path) -> None:
    folder = model(tmp_path)
    (folder / "model.sig").write_bytes(FOLDER)
    assert words(found(folder, "folder.sig")) == LEFT_OUT
    for spoilt in (
        FOLDER + b"import os",
        FOLDER.replace(b'"sig":"M', b'"sig":"N'),
        FOLDER.replace(b'"keyid":"', b'"keyid":"x'),
    ):
        assert spoilt != FOLDER
        (folder / "model.sig").write_bytes(spoilt)
        assert ("model.sig", Word.OUTSIDE) in words(found(folder, "folder.sig"))


def test_every_difference_to_a_recorded_signature_is_named(tmp_path: Path) -> None:
    folder = model(tmp_path)
    (folder / "a.bin").write_bytes(b"Weights")
    (folder / "d/b.bin").rename(folder / "d/z.bin")
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    (folder / "new").write_bytes(b"")
    (folder / "link").symlink_to("a.bin")
    assert set(words(found(folder, "folder.sig"))) - set(LEFT_OUT) == {
        ("a.bin", Word.CHANGED),
        ("d/b.bin", Word.RENAMED),
        ("config.json", Word.MISSING),
        ("new", Word.ADDED),
        ("link", Word.ADDED),
    }


def test_what_is_told_by_shards_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="by shards"):
        found(model(tmp_path), "shards.sig")


# ---- ours ---------------------------------------------------------------------------------------------------
def ours(folder: Path, *ignored: str) -> bytes:
    manifest = take(folder, Request()).manifest
    return openssf.payload("model", manifest, ignored)


def test_ours_says_what_theirs_says(tmp_path: Path) -> None:
    theirs = json.loads(base64.b64decode(json.loads(FOLDER)["dsseEnvelope"]["payload"]))
    said = json.loads(ours(model(tmp_path), "model.sig"))
    for one in (theirs, said):
        one["predicate"]["serialization"]["ignore_paths"].sort()
    assert said == theirs
    bundle = json.loads(openssf.bundle(ours(model(tmp_path), "model.sig"), signer().ec))
    assert form(bundle) == form(json.loads(FOLDER))


def form(told: Any) -> object:  # noqa: ANN401 - JSON
    """Return the names of all members, and the types of their values."""
    return {name: form(each) for name, each in told.items()} if isinstance(told, dict) else type(told)


def test_links_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(Unsignable, match="symbolic link"):
        ours(tree(tmp_path, {"a": b"", "l": "a"}))


# ---- what is refused ----------------------------------------------------------------------------------------
def signed(payload: bytes, payload_type: str = IN_TOTO) -> dict[str, Any]:
    """Return a bundle whose signature holds over any payload."""
    made: dict[str, Any] = json.loads(openssf.bundle(payload, signer().ec))
    made["dsseEnvelope"]["payloadType"] = payload_type
    made["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(
        signer().ec.sign(pae(payload_type, payload))
    ).decode()
    return made


def opened(bundle: dict[str, Any]) -> bytes:
    return openssf.opened(json.dumps(bundle).encode(), signer().verifier.ec)


def test_a_signature_of_another_key_or_payload_proves_nothing() -> None:
    with pytest.raises(Unproven, match="another key"):
        openssf.opened(FOLDER, signer().verifier.ec)
    bundle = signed(b"{}")
    bundle["verificationMaterial"]["publicKey"]["hint"] = ""
    assert opened(bundle) == b"{}"
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(b"[]").decode()
    with pytest.raises(Unproven, match="does not verify"):
        opened(bundle)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(mediaType="application/vnd.dev.sigstore.bundle.v0.2+json"),
        lambda one: one.update(more=1),
        lambda one: one["verificationMaterial"].update(certificate={"rawBytes": ""}),
        lambda one: one["verificationMaterial"].update(tlogEntries=["a"]),
        lambda one: one["verificationMaterial"].update(tlogEntries=[{}]),
        lambda one: one["dsseEnvelope"].update(payload="e30"),
        lambda one: one["dsseEnvelope"]["signatures"].append(one["dsseEnvelope"]["signatures"][0]),
        lambda one: one["dsseEnvelope"].update(signatures=[]),
        lambda one: one.pop("dsseEnvelope"),
    ],
)
def test_a_bundle_of_another_form_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    bundle = signed(b"{}")
    change(bundle)
    with pytest.raises((Malformed, Unproven)):
        opened(bundle)


def test_a_payload_of_another_type_is_refused() -> None:
    with pytest.raises(Malformed):
        opened(signed(b"{}", "application/json"))


def test_a_member_that_stands_twice_is_refused() -> None:
    octets = FOLDER.replace(b'"dsseEnvelope":', b'"dsseEnvelope":null,"dsseEnvelope":')
    with pytest.raises(Malformed):
        openssf.opened(octets, THEIRS.ec)


def statement(**changed: Any) -> bytes:  # noqa: ANN401 - members of JSON
    said = json.loads(base64.b64decode(json.loads(FOLDER)["dsseEnvelope"]["payload"]))
    for path, value in changed.items():
        *inner, last = path.split("__")
        here = said
        for name in inner:
            here = here[name]
        here[last] = value
    return json.dumps(said).encode()


RESOURCE = {"algorithm": "sha256", "digest": "0" * 64, "name": "a"}


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (statement(_type="https://in-toto.io/Statement/v0.1"), "not a statement"),
        (statement(predicateType="https://slsa.dev/provenance/v1"), "not a statement"),
        (statement(subject=[]), "not a statement"),
        (statement(subject=[{"name": "m", "digest": {"sha256": "0" * 64}}]), "digest is not that"),
        (statement(predicate__resources=[RESOURCE, RESOURCE]), "twice"),
        (statement(predicate__resources=[RESOURCE | {"name": "../a"}]), "relative path"),
        (statement(predicate__resources=[RESOURCE | {"name": "/etc/passwd"}]), "relative path"),
        (statement(predicate__resources=[RESOURCE | {"digest": "0" * 63}]), "digest is not of the kind"),
        (statement(predicate__resources=[RESOURCE | {"algorithm": "md5"}]), "digest is not of the kind"),
        (statement(predicate__serialization__ignore_paths=["../x"]), "leaves out"),
        (statement(predicate__serialization__ignore_paths=["."]), "leaves out"),
        (statement(predicate__serialization__hash_type="blake2b"), "BLAKE2"),
        (statement().replace(b'"predicate":', b'"predicate":null,"predicate":'), "not a statement"),
        (b"[" * 100_000, "not a statement"),
        (b"\xff", "not a statement"),
    ],
)
def test_a_statement_that_does_not_hold_together_is_refused(payload: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        openssf.predicate(payload)


@given(st.data())
def test_any_octets_are_read_or_refused(data: st.DataObject) -> None:
    octets = bytearray(FOLDER)
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        openssf.predicate(openssf.opened(bytes(octets), THEIRS.ec))
    except (Malformed, Unproven):
        return
    assert json.loads(octets)["dsseEnvelope"]["payload"] == json.loads(FOLDER)["dsseEnvelope"]["payload"]


# ---- the sidecar --------------------------------------------------------------------------------------------
def test_the_sidecar_is_of_the_same_payload_and_both_keys(tmp_path: Path) -> None:
    folder = tree(tmp_path / "m", {"a": b"1"})
    payload = ours(folder)
    bundle, verifier = openssf.bundle(payload, signer().ec), signer().verifier
    pair = envelope_octets(keys.sealed(IN_TOTO, payload, signer()))
    assert verify_bundle(folder, bundle, pair, verifier).holds
    other = envelope_octets(keys.sealed(IN_TOTO, ours(tree(tmp_path / "o", {"b": b"2"})), signer()))
    assert "another model" in verify_bundle(folder, bundle, other, verifier).fault
    foreign = envelope_octets(keys.sealed(IN_TOTO, payload, signer(1)))
    assert "other keys" in verify_bundle(folder, bundle, foreign, verifier).fault
