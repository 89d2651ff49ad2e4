"""The text of a `bartizan.toml` for services to be, every line of which this version takes.

Rules of this file: this version's own rules judge each line; what they refuse stands as a comment with their reason.
Nothing of the imported document gets out of a string or a comment.
"""

import json
import tomllib
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.app.litellm.draft import Draft, Found
from bartizan.app.settings import Settings, settled
from bartizan.config_form import Fault, faults

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
    for draft in found.services:
        lines = _lines(draft)
        against = _judged(lines)
        parts.append(_service(draft, lines, against))
        refused += [(f"{draft.name}.{key}", why) for key, why in against.items()]
        if not WHOLE & against.keys():
            served.append(draft.name)
    if not served:
        parts.append("# No service is left: as it stands, this serves the built-in sample.\n")
    if found.remarks:
        parts.append(
            "# Fallbacks, which have no counterpart in this version:\n" + "".join(map(_remark, found.remarks))
        )
    variables = (draft.credential.removeprefix("env:") for draft in found.services if draft.name in served)
    return Written(
        "\n".join(parts), tuple(served), tuple(dict.fromkeys(filter(None, variables))), tuple(refused)
    )


def _lines(draft: Draft) -> dict[str, str]:
    """Return the lines of a service by key; those of its limits last."""
    lines = {
        "name": f"name = {json.dumps(draft.name)}",
        "upstream": f"upstream = {json.dumps(draft.upstream)}",
        "protocol": f"protocol = {json.dumps(draft.protocol)}",
    }
    if draft.credential:
        lines["credential"] = f"credential = {json.dumps(draft.credential)}"
    if draft.private:
        lines["allow_private"] = f"allow_private = [{json.dumps(draft.private)}]"
    if draft.requests:
        lines["requests_per_minute"] = f"requests_per_minute = {draft.requests}"
    if draft.tokens:
        lines["tokens_per_minute"] = f"tokens_per_minute = {draft.tokens}"
    return lines


_LIMITS: Final = ("requests_per_minute", "tokens_per_minute")


def _text(lines: dict[str, str]) -> str:
    own = [line for key, line in lines.items() if key not in _LIMITS]
    limits = [line for key, line in lines.items() if key in _LIMITS]
    return "\n".join(["[[service]]", *own, *(["[service.limits]", *limits] if limits else [])]) + "\n"


def _judged(lines: dict[str, str]) -> dict[str, str]:
    """Return the keys that this version refuses, and why."""
    document = tomllib.loads(_text(lines))
    found: Sequence[Fault] = faults(document, Settings)
    if not found:
        found = tuple(settled(msgspec.convert(document, Settings)))
    against: dict[str, str] = {}
    for fault in found:
        key = next((part for part in reversed(fault.path) if isinstance(part, str) and part in lines), "name")
        against.setdefault(key, fault.what)
    return against


def _service(draft: Draft, lines: dict[str, str], against: dict[str, str]) -> str:
    models = "".join(
        _remark(f"{model.alias}: ask for {model.name} (line {model.line})") for model in draft.models
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
    cut = text if len(text) <= _REMARK else text[:_REMARK] + "..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
