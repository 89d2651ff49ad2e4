"""Bills of materials for models and data sets: CycloneDX with machine-learning components.

Rules of this file: pure, and one answer for one question: components and references are sorted, and the serial number is that of the content,
so that two bills differ where what they tell does. What is not known is told as such (`compositions`), and never left out in silence.

Source: CycloneDX 1.6 and 1.7 (ECMA-424), JSON.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from bartizan.supply.provenance.step import Kind

SPECS: Final = ("1.6", "1.7")
"""Versions that can be written."""
_TYPES: Final[Mapping[Kind, str]] = {
    Kind.MODEL: "machine-learning-model",
    Kind.DATA: "data",
    Kind.CODE: "application",
    Kind.PROMPT: "data",
    Kind.SERVER: "application",
    Kind.REPORT: "data",
    Kind.OTHER: "file",
}
_DATA: Final[Mapping[Kind, str]] = {Kind.DATA: "dataset", Kind.PROMPT: "configuration", Kind.REPORT: "other"}
_RANKS: Final = (Kind.MODEL, Kind.DATA, Kind.CODE, Kind.SERVER, Kind.PROMPT, Kind.REPORT, Kind.OTHER)
"""Which kind a component has that steps call by several: the first of these."""


class Held(msgspec.Struct, frozen=True):
    """A file in an artifact.

    Attributes:
        name: in the folder.
        sha256: of it; blake3: of it, where it is known as a whole.
    """

    name: str
    sha256: str
    blake3: str = ""


class Component(msgspec.Struct, frozen=True):
    """What a bill tells of one artifact.

    Attributes:
        digest: SHA-256: of a file, or of a folder's manifest.
        name: what it is called; its digest where nobody called it anything.
        kinds: words of `Kind`.
        made_of: digests of what went into it.
        facts: name -> value, for programs: how it was scanned, where its steps stand on record.
        files: in it.
    """

    digest: str
    name: str
    kinds: tuple[str, ...]
    made_of: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    files: tuple[Held, ...] = ()


def bill(
    subject: Component, others: Sequence[Component], *, complete: bool, spec: str, made: tuple[str, str]
) -> dict[str, Any]:
    """Return a bill of materials.

    Args:
        subject: what it is about.
        others: what went into it, and into that.
        complete: whether everything that went in is among them.
        spec: version of CycloneDX, of `SPECS`.
        made: when, as RFC 3339 in UTC, and by which version of Bartizan.
    """
    known = {one.digest: one for one in (subject, *others)}
    told = [_component(one, known) for one in sorted(others, key=lambda one: one.digest)]
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "version": 1,
        "components": told,
        "dependencies": [
            {
                "ref": _ref(digest),
                "dependsOn": [_ref(each) for each in sorted(set(known[digest].made_of) & known.keys())],
            }
            for digest in sorted(known)
        ],
        "compositions": [
            {"aggregate": "complete" if complete else "incomplete", "dependencies": [_ref(subject.digest)]}
        ],
    }
    about = _component(subject, known)
    return {
        **content,
        "serialNumber": _serial(content, about),
        "metadata": {
            "timestamp": made[0],
            "tools": {"components": [{"type": "application", "name": "bartizan", "version": made[1]}]},
            "component": about,
        },
    }


def _serial(content: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return a UUID of version 8 (RFC 9562, section 5.8) out of what a bill tells."""
    digest = hashlib.sha256(json.dumps([content, about], sort_keys=True).encode()).hexdigest()
    return f"urn:uuid:{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def _ref(digest: str) -> str:
    return f"sha256:{digest}"


def _kind(one: Component) -> Kind:
    return next((each for each in _RANKS if each.value in one.kinds), Kind.OTHER)


def _named(one: Component) -> dict[str, Any]:
    return {
        "type": _TYPES[_kind(one)],
        "name": one.name or one.digest,
        "hashes": [{"alg": "SHA-256", "content": one.digest}],
    }


def _component(one: Component, known: Mapping[str, Component]) -> dict[str, Any]:
    kind = _kind(one)
    found = {**_named(one), "bom-ref": _ref(one.digest)}
    if kind in _DATA:
        found["data"] = [{"type": _DATA[kind], "name": one.name or one.digest}]
    above = [known[each] for each in sorted(set(one.made_of)) if each in known]
    if kind is Kind.MODEL:
        data = [{"ref": _ref(each.digest)} for each in above if _kind(each) is Kind.DATA]
        found["modelCard"] = {"modelParameters": {"datasets": data}} if data else {}
    same = [_named(each) for each in above if _kind(each) is kind]
    if same:
        found["pedigree"] = {"ancestors": same}
    if one.files:
        found["components"] = [_file(one, each) for each in sorted(one.files, key=lambda each: each.name)]
    if one.facts:
        found["properties"] = [
            {"name": f"bartizan:{name}", "value": value} for name, value in sorted(one.facts)
        ]
    return found


def _file(of: Component, one: Held) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": one.sha256}]
    if one.blake3:
        hashes.append({"alg": "BLAKE3", "content": one.blake3})
    return {"type": "file", "name": one.name, "bom-ref": f"{_ref(of.digest)}#{one.name}", "hashes": hashes}
