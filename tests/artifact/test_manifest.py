"""A manifest has one form, tells what it tells whole, and no link in it leads out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifact.errors import Malformed
from bartizan.artifact.manifest import Entry, Manifest, encoded, parsed, stray_links
from tests.artifact.trees import manifests

ONE, TWO = "1" * 64, "2" * 64
FILE = Entry("a", "file", 3, ONE, (TWO,))
PLAIN = Manifest(("blake3", "sha256"), (FILE,))


@given(manifests())
def test_a_manifest_survives_its_octets(manifest: Manifest) -> None:
    assert parsed(encoded(manifest)) == manifest


@given(manifests(), st.data())
def test_octets_are_one_manifest_or_none(manifest: Manifest, data: st.DataObject) -> None:
    octets = bytearray(encoded(manifest))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parsed(bytes(octets))
    except Malformed:
        return
    assert encoded(found) == octets


def told(**changed: Any) -> bytes:  # noqa: ANN401 - members of JSON
    """Return the plain manifest's octets with members changed, in the form that is taken."""
    said = json.loads(encoded(PLAIN)) | changed
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


FOLDER: dict[str, Any] = {"kind": "folder", "name": "d"}
HELD: dict[str, Any] = {"kind": "file", "name": "a", "octets": 3, "sha256": ONE, "blake3": [TWO]}


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (told(entries=[HELD | {"name": "../a"}]), "relative path"),
        (told(entries=[HELD | {"name": "/a"}]), "relative path"),
        (told(entries=[HELD | {"name": "d/a"}]), "no folder"),
        (told(entries=[HELD | {"name": "a\u202eb"}]), "do not print"),
        (told(entries=[HELD | {"name": "e\u0301"}]), "normal form"),
        (told(entries=[HELD, HELD]), "twice"),
        (told(entries=[FOLDER, HELD]), "not sorted"),
        (told(entries=[HELD | {"sha256": "A" * 64}]), "has not what"),
        (told(entries=[{name: HELD[name] for name in ("kind", "name", "octets", "sha256")}]), "has not what"),
        (told(entries=[HELD | {"blake3": [ONE, TWO]}]), "has not what"),
        (told(entries=[HELD | {"octets": -1}]), "has not what"),
        (told(entries=[HELD | {"target": "b"}]), "has not what"),
        (told(entries=[FOLDER | {"octets": 1}]), "has not what"),
        (told(entries=[{"kind": "link", "name": "l"}]), "has not what"),
        (told(entries=[{"kind": "link", "name": "l", "target": "b"}]), "points to nothing within"),
        (told(digests=[]), "digests"),
        (told(digests=["sha256", "blake3"]), "digests"),
        (told(digests=["md5"]), "not a manifest"),
        (told(shard=1), "shard"),
        (told(outside=["b", "a"]), "not sorted"),
        (told(outside=["a"]), "outside too"),
        (told(more=1), "not a manifest"),
        (encoded(PLAIN) + b" ", "one form"),
        (encoded(PLAIN).replace(b'"shard"', b'"shard":1,"shard"'), "one form"),
        (b"[" * 100_000, "not a manifest"),
        (b"", "not a manifest"),
    ],
)
def test_what_is_no_manifest_is_refused_and_it_is_said_why(octets: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parsed(octets)


def strays(**links: str) -> set[str]:
    entries = [Entry("d", "folder"), Entry("d/f", "file", 1, ONE)]
    entries += [Entry(name.replace("__", "/"), "link", target=target) for name, target in links.items()]
    return {name for name, _ in stray_links(entries)}


def test_links_to_what_is_told_stay_within() -> None:
    assert strays(a="d/f", b="d", c="b/f", d__e="../d/f", d__g="f", h="./d//f", d__i="..") == set()


def test_links_to_anything_else_lead_out() -> None:
    links = {
        "a": "/etc/passwd",
        "b": "..",
        "c": "d/../../x",
        "e": "nothing",
        "g": "d/f/x",
        "h": "h",
        "d__i": "../..",
    }
    assert strays(**links) == {name.replace("__", "/") for name in links}


def test_a_link_out_is_not_hidden_behind_another() -> None:
    assert strays(a="b", b="d/up/../x", d__up="..") == {"a", "b"}
    assert strays(a="d/up/..", d__up="..") == {"a"}
