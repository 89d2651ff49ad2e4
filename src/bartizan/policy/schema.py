"""The Cedar schema: composed of what each room ships, and read for what it says of actions and entities.

Rules of this file: Cedar itself parses, checks and writes the schema anew in one form; only that form is read here. What
is not understood is an error, never a guess.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from cedarpy import Schema

from bartizan.identity.principal import Uid
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.scope import ACTION

MAX_SCHEMA: Final = 256 * 1024
"""Longest schema that is read, in characters."""
_STATEMENT: Final = re.compile(r"(type|entity|action) (.+?);\n", re.DOTALL)
_ENTITY: Final = re.compile(
    r"(?P<name>[\w:]+)(?: in \[(?P<parents>[^\]]*)\])?(?: = (?P<shape>\{.*\}))?", re.DOTALL
)
_ACTION: Final = re.compile(
    r'"(?P<name>[^"\\]+)"(?: in \[(?P<parents>[^\]]*)\])?(?: appliesTo \{(?P<applies>.*)\})?', re.DOTALL
)
_APPLIES: Final = re.compile(
    r"\s*principal: \[(?P<principals>[^\]]*)\],\s*resource: \[(?P<resources>[^\]]*)\],\s*context: (?P<context>.*?)\s*",
    re.DOTALL,
)
_PARENT: Final = re.compile(r'Action::"([^"\\]+)"')
_ATTRIBUTE: Final = re.compile(r'\s*"?(\w+)"?(\??): (Bool|Long|String)\s*')

OPTIONAL: Final = "?"
Shape = Mapping[str, str]
"""Name of an attribute -> `Bool`, `Long` or `String`, with `OPTIONAL` behind it where it may be left out."""


class Entity(msgspec.Struct, frozen=True):
    """A type of entities: what they may be in, and what they say."""

    parents: tuple[str, ...]
    shape: Shape


class Action(msgspec.Struct, frozen=True):
    """An action: the groups it is in directly, for which types, and what a request says besides."""

    groups: tuple[str, ...]
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    context: Shape


class Shapes(msgspec.Struct, frozen=True):
    """What a schema says, by name."""

    entities: Mapping[str, Entity]
    actions: Mapping[str, Action]

    def groups(self) -> dict[Uid, tuple[Uid, ...]]:
        """Return what each action is in directly."""
        return {
            Uid(ACTION, name): tuple(Uid(ACTION, group) for group in action.groups)
            for name, action in self.actions.items()
        }


def compose(fragments: Mapping[str, str]) -> str:
    """Return the schemas of several rooms as one.

    Args:
        fragments: room -> what it ships.
    Raises:
        PolicyInvalid: one does not parse, or does not fit those before it, as where two declare the same name.
    """
    text = ""
    for room, fragment in fragments.items():
        text = f"{text}\n{fragment}" if text else fragment
        parsed(text, f"{room}/schema.cedarschema")
    return text


def parsed(text: str, file: str = "the schema") -> Schema:
    """Return a schema that Cedar has checked.

    Raises:
        PolicyInvalid: it does not hold.
    """
    if len(text) > MAX_SCHEMA:
        raise PolicyInvalid(file, 0, f"has more than {MAX_SCHEMA} characters")
    try:
        return Schema.from_str(text)
    except ValueError as fault:
        raise PolicyInvalid(file, 0, str(fault)) from fault


def shapes(schema: Schema) -> Shapes:
    """Return what a schema says of entities and actions.

    Raises:
        PolicyInvalid: it says something that is not read here, such as an attribute that is a set.
    """
    types: dict[str, str] = {}
    entities: dict[str, Entity] = {}
    actions: dict[str, Action] = {}
    written = f"{schema}\n"
    statements = _STATEMENT.findall(written)
    for word, said in statements:
        if word == "type":
            name, _, shape = said.partition(" = ")
            types[name] = shape
        elif word == "entity":
            name, entity = _entity(said)
            entities[name] = entity
    for word, said in statements:
        if word == "action":
            name, action = _action(said, types)
            actions[name] = action
    if _STATEMENT.sub("", written).strip():
        raise _unread(_STATEMENT.sub("", written).strip())
    return Shapes(entities, actions)


def _entity(said: str) -> tuple[str, Entity]:
    found = _ENTITY.fullmatch(said)
    if found is None:
        raise _unread(said)
    return found["name"], Entity(_names(found["parents"]), _shape(found["shape"] or "{}"))


def _action(said: str, types: Mapping[str, str]) -> tuple[str, Action]:
    found = _ACTION.fullmatch(said)
    if found is None:
        raise _unread(said)
    groups = tuple(_PARENT.findall(found["parents"] or ""))
    if found["applies"] is None:
        return found["name"], Action(groups, (), (), {})
    applies = _APPLIES.fullmatch(found["applies"])
    if applies is None:
        raise _unread(said)
    context = types.get(applies["context"], applies["context"])
    return found["name"], Action(
        groups, _names(applies["principals"]), _names(applies["resources"]), _shape(context)
    )


def _names(listed: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())


def _shape(said: str) -> Shape:
    shape: dict[str, str] = {}
    for part in said.strip()[1:-1].split(","):
        if not part.strip():
            continue
        found = _ATTRIBUTE.fullmatch(part)
        if found is None:
            raise _unread(part.strip())
        shape[found[1]] = found[3] + found[2]
    return shape


def _unread(what: str) -> PolicyInvalid:
    return PolicyInvalid("the schema", 0, f"says what is not understood here: {what[:80]}")
