"""The OpenAPI description of a service: its file, read in one way, and what it comes to.

Rules of this file: a description is the operator's, yet may be anybody's work, so that its size and its nesting are
bounded, names of members stand once, and no tag, reference or address of it is followed. Nothing is compiled that the
gateway does not compile again: here it is judged whether it can, once for a text in a process.
"""

import functools
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bartizan.app.litellm.document import Value, YamlRefused, read_yaml
from bartizan.config import ConfigurationUnreadable, read_octets
from bartizan.gateway.openapi.describe import Described, described
from bartizan.gateway.structure import structure_fault
from bartizan.strict_json import MemberRepeated, no_constant, once

LARGEST: Final = 2 << 20
"""Octets of a file; a YAML one may have an eighth of that (`litellm.document`)."""
EXTRA: Final = "openapi"
"""The extra that brings what schemas are judged with."""


class DescriptionUnreadable(ValueError):
    """A file that is no description; the message says why and what to do."""


def read_description(path: Path) -> tuple[Described, str]:
    """Return what the description of a file comes to, and its JSON.

    Args:
        path: `*.json` is JSON, everything else YAML.
    Raises:
        DescriptionUnreadable: it cannot be read, or not in one way only.
        DocumentInvalid: it says something that it may not.
    """
    if find_spec("jsonschema_rs") is None:
        raise DescriptionUnreadable(f"needs the package jsonschema-rs: pip install 'bartizan[{EXTRA}]'")
    return _read(_text(path), is_json=path.suffix == ".json")


def _text(path: Path) -> str:
    try:
        return read_octets(path, LARGEST).decode("utf-8-sig")
    except ConfigurationUnreadable as fault:
        raise DescriptionUnreadable(f"cannot be read: {fault.why}") from None
    except UnicodeDecodeError:
        raise DescriptionUnreadable("is not UTF-8 text") from None


@functools.lru_cache(maxsize=32)  # what is checked is started a moment later; a large one takes seconds
def _read(text: str, *, is_json: bool) -> tuple[Described, str]:
    document = _json(text) if is_json else _yaml(text)
    return described(document), json.dumps(document, separators=(",", ":"))


def _json(text: str) -> Any:  # noqa: ANN401 - whatever JSON is
    if structure_fault(text.encode()):
        raise DescriptionUnreadable("is nested too deep, or built of too many parts")
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
    except MemberRepeated:
        raise DescriptionUnreadable(
            "names the same member of an object twice, so it has two readings"
        ) from None
    except ValueError as fault:
        line = getattr(fault, "lineno", 0)
        raise DescriptionUnreadable(f"is not JSON{f' from line {line} on' if line else ''}") from None


def _yaml(text: str) -> Any:  # noqa: ANN401 - whatever YAML is
    try:
        return _plain(read_yaml(text))
    except YamlRefused as fault:
        where = f"line {fault.line}: " if fault.line else ""
        advice = "; as JSON it may be larger" if "larger" in fault.what or "more than" in fault.what else ""
        raise DescriptionUnreadable(f"is not taken: {where}{fault.what}{advice}") from None


def _plain(value: Value) -> Any:  # noqa: ANN401 - whatever YAML is
    if isinstance(value.data, dict):
        return {name: _plain(inner) for name, inner in value.data.items()}
    if isinstance(value.data, list):
        return [_plain(inner) for inner in value.data]
    if not value.number:
        return value.data
    try:
        found = json.loads(str(value.data), parse_constant=no_constant)
    except ValueError:
        raise YamlRefused(value.line, "it has a number in a form that JSON does not have") from None
    return found
