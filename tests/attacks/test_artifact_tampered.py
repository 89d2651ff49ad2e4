"""Somebody who may write where a signed model lies, but has no key, makes it pass for what was signed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.artifact import dsse, keys
from bartizan.artifact.dsse import IN_TOTO
from bartizan.artifact.errors import ArtifactFault, Malformed
from bartizan.artifact.inventory import Request, take
from bartizan.supply import attested
from bartizan.supply.sign import Order, beside, sign
from bartizan.supply.verify import verify
from tests.artifact.trees import LATE, signer, tree


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tree(tmp_path / "model", {"w": b"weights", "tokenizer/config": b"{}", ".git/config": b"[core]"})
    sign(path, Order(beside(path)), signer(), LATE)
    return path


def passes(path: Path) -> bool:
    """Return whether it passes for what was signed; an attestation that is not understood never does."""
    try:
        return verify(path, beside(path).read_bytes(), signer().verifier).holds
    except ArtifactFault:
        return False


def forge_times(path: Path) -> None:
    before = (path / "w").stat()
    (path / "w").write_bytes(b"Weights")
    os.utime(path / "w", ns=(before.st_atime_ns, before.st_mtime_ns))


def hide_behind_a_link(path: Path) -> None:
    (path / "tokenizer").rename(path.parent / "elsewhere")
    (path / "tokenizer").symlink_to(path.parent / "elsewhere")


def sign_with_keys_of_his_own(path: Path) -> None:
    (path / "w").write_bytes(b"Weights")
    sign(path, Order(beside(path)), signer(1), LATE)


def strip(*left: int) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        (path / "w").write_bytes(b"Weights")
        sign(path, Order(beside(path)), signer(1), LATE)
        told = json.loads(beside(path).read_bytes())
        told["signatures"] = [told["signatures"][number] for number in left]
        beside(path).write_bytes(json.dumps(told, separators=(",", ":"), sort_keys=True).encode() + b"\n")

    return act


def take_ids_of_the_trusted_keys(path: Path) -> None:
    (path / "w").write_bytes(b"Weights")
    theirs = json.loads(beside(path).read_bytes())["signatures"]
    sign(path, Order(beside(path)), signer(1), LATE)
    told = json.loads(beside(path).read_bytes())
    for one, other in zip(told["signatures"], theirs, strict=True):
        one["keyid"] = other["keyid"]
    beside(path).write_bytes(json.dumps(told, separators=(",", ":"), sort_keys=True).encode() + b"\n")


def say_a_second_payload(path: Path) -> None:
    (path / "w").write_bytes(b"Weights")
    other = dsse.octets_of(json.loads(beside(path).read_bytes())["payload"])
    mine = attested.statement("model", take(path, Request()).manifest)
    for payload in (other, mine):
        text = json.dumps(dsse._base64(payload)).encode()
        octets = beside(path).read_bytes().replace(b"{", b'{"payload":' + text + b",", 1)
        beside(path).write_bytes(octets)


def show_what_was_signed_for_something_else(path: Path) -> None:
    """The signer's keys signed a text that looks like a statement, of another type."""
    (path / "w").write_bytes(b"Weights")
    payload = attested.statement("model", take(path, Request()).manifest)
    told = json.loads(dsse.encoded(keys.sealed("text/plain", payload, signer())))
    told["payloadType"] = IN_TOTO
    beside(path).write_bytes(json.dumps(told, separators=(",", ":"), sort_keys=True).encode() + b"\n")


def show_the_signature_of_another_model(path: Path) -> None:
    other = tree(path.parent / "other", {"w": b"weights", "tokenizer/config": b"{}"})
    sign(other, Order(beside(path)), signer(), LATE)


ATTACKS: dict[str, Callable[[Path], object]] = {
    "plants a hook": lambda path: tree(path, {".git/hooks/post-checkout": b"#!/bin/sh"}),
    "plants a module": lambda path: (path / "modeling.py").write_bytes(b"import os"),
    "forges a file's times": forge_times,
    "hides a folder behind a link": hide_behind_a_link,
    "renames": lambda path: (path / "w").rename(path / "W"),
    "cuts off": lambda path: os.truncate(path / "w", 3),
    "signs it himself": sign_with_keys_of_his_own,
    "strips the quantum-safe signature": strip(0),
    "strips the classical signature": strip(1),
    "strips both": strip(),
    "exchanges signatures": strip(1, 0),
    "takes the trusted keys' ids": take_ids_of_the_trusted_keys,
    "says a second payload": say_a_second_payload,
    "shows what was signed as something else": show_what_was_signed_for_something_else,
    "shows the signature of another model": show_the_signature_of_another_model,
    "empties the attestation": lambda path: beside(path).write_bytes(b""),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_does_not_pass(model: Path, attack: str) -> None:
    assert passes(model)
    ATTACKS[attack](model)
    assert not passes(model)


def test_a_folder_of_any_names_is_read_or_refused_in_words(tmp_path: Path, model: Path) -> None:
    """What he names a file after reaches no terminal as it is."""
    Path(os.fsdecode(bytes(model) + b"/\x1b[2J\xff")).write_bytes(b"")
    (found,) = verify(model, beside(model).read_bytes(), signer().verifier).differences
    assert found.name.isascii()
    assert found.name.isprintable()
    nested = tmp_path / "nested"
    nested.write_bytes(b'{"payload":' + b"[" * 1_000_000)
    with pytest.raises(Malformed):
        verify(model, nested.read_bytes(), signer().verifier)
