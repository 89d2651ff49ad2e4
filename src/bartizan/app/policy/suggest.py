"""The least policy that permits what was seen: for whom, which action, on which service, and under what circumstances.

Rules of this file: never broader. What it permits is exactly what was let through, to the circumstance; what cannot be said
without saying more is left out and named. It is text for a person to review, and nothing puts it in force by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bartizan.app.policy.asked import Count
from bartizan.app.policy.replay import Request
from bartizan.identity.principal import ANONYMOUS, Kind

_LONGEST: Final = 55
_SAFE: Final = {
    frozenset({True}): "context.quantum_safe",
    frozenset({False}): "!context.quantum_safe",
}


class Suggestion(msgspec.Struct, frozen=True):
    """What is suggested.

    Attributes:
        text: Cedar policies; empty where nothing was seen.
        policies: how many.
        left_out: requests whose tool or operation nobody named, by principal and service.
    """

    text: str
    policies: int
    left_out: Mapping[tuple[str, str], int]


class _Seen(msgspec.Struct, frozen=True):
    """Circumstances under which something was seen."""

    operation: str
    tool: str


class _Asker(msgspec.Struct, frozen=True, order=True):
    """Who asked which service, verified by which passkey."""

    principal: str
    service: str
    passkey: str


def suggest(requests: Mapping[Request, Count]) -> Suggestion:
    """Return the least policy that permits every request that was let through."""
    left_out: dict[tuple[str, str], int] = defaultdict(int)
    safe: dict[tuple[_Asker, str, _Seen], set[bool]] = defaultdict(set)
    names = {}
    for request, count in requests.items():
        if not count.admitted:
            continue
        if not request.known:
            left_out[request.principal, request.service] += count.admitted
            continue
        names[request.principal] = _entity(request)
        asker = _Asker(request.principal, request.service, request.passkey)
        safe[asker, request.action, _Seen(request.operation, request.tool)].add(request.quantum_safe)
    policies = [
        _policy(number, names[key[0].principal], key, actions)
        for number, (key, actions) in enumerate(_together(safe), 1)
    ]
    return Suggestion("\n".join(policies), len(policies), dict(left_out))


_Key = tuple[_Asker, tuple[_Seen, ...], frozenset[bool]]


def _together(safe: Mapping[tuple[_Asker, str, _Seen], set[bool]]) -> Iterable[tuple[_Key, tuple[str, ...]]]:
    """Return actions that were seen under exactly the same circumstances together: a product and nothing besides."""
    by_action: dict[tuple[_Asker, str, frozenset[bool]], set[_Seen]] = defaultdict(set)
    for (asker, action, seen), kinds in safe.items():
        by_action[asker, action, frozenset(kinds)].add(seen)
    found: dict[_Key, list[str]] = defaultdict(list)
    for (asker, action, under), all_seen in by_action.items():
        ordered = tuple(sorted(all_seen, key=lambda each: (each.operation, each.tool)))
        found[asker, ordered, under].append(action)
    rows = ((key, tuple(sorted(actions))) for key, actions in found.items())
    return sorted(rows, key=lambda row: (row[0][0], row[1], sorted(row[0][2])))


def _policy(number: int, entity: str, key: _Key, actions: tuple[str, ...]) -> str:
    asker, seen, kinds = key
    name = f"{f'{asker.principal}.{asker.service}'[:_LONGEST]}.{number}"
    listed = ", ".join(f'Action::"{action}"' for action in actions)
    head = f"action == {listed}" if len(actions) == 1 else f"action in [{listed}]"
    conditions = [*([_SAFE[kinds]] if kinds in _SAFE else []), *_verified(asker), *_named(seen)]
    when = f"\nwhen {{ {' && '.join(conditions)} }}" if conditions else ""
    return (
        f'@id("{name}")\npermit (\n    principal == {entity},\n    {head},\n'
        f"    resource == Service::{quoted(asker.service)}\n){when};\n"
    )


def _verified(asker: _Asker) -> list[str]:
    """Return the condition that says by which passkey, of those who may have one."""
    person = asker.principal.startswith(f"{Kind.USER.value}.")
    return [f"context.passkey == {quoted(asker.passkey)}"] if person else []


def _named(seen: tuple[_Seen, ...]) -> list[str]:
    """Return the conditions that say which tools or operations; nothing where none has a name."""
    if seen == (_Seen("", ""),):
        return []
    operations, tools = sorted({each.operation for each in seen}), sorted({each.tool for each in seen})
    if len(operations) == 1 or len(tools) == 1:
        return [_among("operation", operations), _among("tool", tools)]
    pairs = (
        f"(context.operation == {quoted(each.operation)} && context.tool == {quoted(each.tool)})"
        for each in seen
    )
    return [f"({' || '.join(pairs)})"]


def _among(attribute: str, names: list[str]) -> str:
    if len(names) == 1:
        return f"context.{attribute} == {quoted(names[0])}"
    return f"[{', '.join(map(quoted, names))}].contains(context.{attribute})"


def quoted(text: str) -> str:
    """Return a text as Cedar writes one: nothing in it can end it."""
    plain = "".join(
        each if each.isascii() and each.isprintable() and each not in '"\\*' else f"\\u{{{ord(each):x}}}"
        for each in text
    )
    return f'"{plain}"'


def _entity(request: Request) -> str:
    kind = ANONYMOUS.uid.type if request.principal == ANONYMOUS.id else request.uid.type
    return f"{kind}::{quoted(request.uid.id)}"
