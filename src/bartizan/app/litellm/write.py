"""The text of a `bartizan.toml` for services to be, every line of which this version takes.

Rules of this file: this version's own rules judge each line; what they refuse stands as a comment with their reason.
Nothing of the imported document gets out of a string or a comment.
"""

import json
import tomllib
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.app.litellm.draft import Draft, Found, Spare
from bartizan.app.settings import Settings, settled
from bartizan.config_form import Fault, faults
from bartizan.printable import printable

WHOLE: Final = frozenset({"name", "upstream", "protocol"})
"""Keys without which there is no service."""
_REMARK: Final = 160


class Written(msgspec.Struct, frozen=True):
    """A configuration, ready to be written.

    Attributes:
        text: of the file.
        services: names of those that this version serves.
        environment: variables that must be set for them.
        refused: `service.key` and why, for what stands as a comment.
    """

    text: str
    services: tuple[str, ...]
    environment: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def written(found: Found, source: str) -> Written:
    """Return the configuration for what was found.

    Args:
        found: services and remarks.
        source: name of the imported file, for the first line.
    """
    parts = [
        f"# From {_printed(source)}, by `bartizan import litellm`. What this version does not take stands as a comment.\n"
    ]
    served, refused = [], []
    variables: list[str] = []
    for draft in found.services:
        if draft.home:
            continue
        lines = _lines(draft)
        against = _judged(_text(lines), lines, 2)
        parts.append(_service(draft, lines, against))
        refused += [(f"{draft.name}.{key}", why) for key, why in against.items()]
        if WHOLE & against.keys():
            continue
        served.append(draft.name)
        variables.append(draft.credential)
        for spare in draft.targets:
            text, why = _target(lines, against, spare)
            parts.append(text)
            refused += [(f"{draft.name}.target.{spare.name}", why)] if why else []
            variables += [] if why else [spare.place.credential]
    if not served:
        parts.append("# No service is left: as it stands, this serves the built-in sample.\n")
    if found.remarks:
        parts.append("# Fallbacks that no target stands for:\n" + "".join(map(_remark, found.remarks)))
    names = (credential.removeprefix("env:") for credential in variables if credential)
    return Written("\n".join(parts), tuple(served), tuple(dict.fromkeys(names)), tuple(refused))


def _lines(draft: Draft) -> dict[str, str]:
    """Return the lines of a service by key; those of its limits last."""
    return _said(
        name=draft.name,
        upstream=draft.upstream,
        protocol=draft.protocol,
        credential=draft.credential,
        allow_private=[draft.private] if draft.private else [],
        models={alias: name for alias, name in draft.named.items() if alias != name},
        requests_per_minute=draft.requests or None,
        tokens_per_minute=draft.tokens or None,
    )


def _said(**values: object) -> dict[str, str]:
    """Return a line for each key; none for empty text, an empty list or table, or None."""
    return {key: f"{key} = {_value(value)}" for key, value in values.items() if value or value == 0}


def _value(value: object) -> str:
    """Return a value of visible ASCII characters and numbers, which TOML and JSON write alike, but for tables."""
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(name)}" for key, name in value.items()) + " }"


_LIMITS: Final = ("requests_per_minute", "tokens_per_minute")


def _text(lines: dict[str, str]) -> str:
    own = [line for key, line in lines.items() if key not in _LIMITS]
    limits = [line for key, line in lines.items() if key in _LIMITS]
    return "\n".join(["[[service]]", *own, *(["[service.limits]", *limits] if limits else [])]) + "\n"


def _target(lines: dict[str, str], against: dict[str, str], spare: Spare) -> tuple[str, str]:
    """Return the text of a target, as a comment where this version refuses it, and why it does."""
    place = spare.place
    own = _said(
        name=spare.name,
        upstream=place.upstream,
        weight=spare.weight,
        models=spare.models,
        credential=place.credential,
        allow_private=[place.private] if place.private else [],
    )
    text = "\n".join(["[[service.target]]", *own.values()]) + "\n"
    service = {key: line for key, line in lines.items() if key not in against}
    why = next(iter(_judged(_text(service) + text, own, 4).values()), "")
    if why:
        text = "".join(f"# {line}\n" for line in text.splitlines()) + f"#   {_printed(why)}\n"
    return text, why


def _judged(text: str, lines: dict[str, str], at: int) -> dict[str, str]:
    """Return the keys that this version refuses, and why; in a fault's path they stand in this place, or they are limits."""
    document = tomllib.loads(text)
    found: Sequence[Fault] = faults(document, Settings)
    if not found:
        found = tuple(settled(msgspec.convert(document, Settings)))
    against: dict[str, str] = {}
    for fault in found:
        said = [part for part in fault.path[at : at + 2] if isinstance(part, str)]
        key = next(
            (part for part in reversed(said[:1] + said[1:] * (said[:1] == ["limits"])) if part in lines),
            "name",
        )
        against.setdefault(key, fault.what)
    return against


def _service(draft: Draft, lines: dict[str, str], against: dict[str, str]) -> str:
    models = "".join(
        _remark(f"{model.alias}: ask for {model.name} (line {model.line})")
        for model in draft.models
        if model.alias != model.name and ("models" in against or model.alias not in draft.named)
    )
    gone = bool(WHOLE & against.keys())
    shown = {key: _shown(line, against.get(key, ""), commented=gone) for key, line in lines.items()}
    text = _text(shown)
    if gone:
        text = text.replace("[[service]]", "# [[service]]", 1).replace(
            "\n[service.limits]", "\n# [service.limits]", 1
        )
    return models + text


def _shown(line: str, why: str, *, commented: bool) -> str:
    if why:
        return f"# {line}  # {_printed(why)}"
    return f"# {line}" if commented else line


def _remark(text: str) -> str:
    return f"#   {_printed(text)}\n"


def _printed(text: str) -> str:
    """Return a text that stays on its line and within its comment."""
    return printable(text if len(text) <= _REMARK else text[:_REMARK] + "...")
