"""A small world in which everything happens that policies can tell apart: requests to try them all on.

Rules of this file: a policy sees of a request what it compares: names that stand in its text, and that a value is none of
them. So for comparisons by equality, membership, type and truth the world is complete: whatever holds in it holds of
every request that fits the schema. Where policies do more (patterns, sums, many roles at once), the world holds the
values at the edges of what they name, `complete` is false, and whoever shows a finding says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import combinations, count, islice, product
from typing import Any, Final

import msgspec
from cedarpy import pst

from bartizan.identity.principal import Uid
from bartizan.policy.engine import Context
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.schema import OPTIONAL, Action, Shapes
from bartizan.policy.scope import ACTION, Rule, closed, named, uid

MOST: Final = 60_000
"""Requests of a world that is tried."""
_ALL_SUBSETS: Final = 5
"""Roles of which every combination is tried; of more, at most two together, and all but one."""
_PAIRED: Final = frozenset({"eq", "not_eq", "contains", "contains_all", "contains_any"})
_ORDERED: Final = frozenset({"less", "less_eq", "greater", "greater_eq"})
_PLAIN: Final = frozenset({"and", "or", "in", "not", "is_empty", *_PAIRED, *_ORDERED})
_LONGS: Final = range(-(2**63), 2**63)
Value = bool | int | str


class Asked(msgspec.Struct, frozen=True):
    """One request of the world, with the entities that it is about.

    Attributes:
        principal, resource: which.
        roles: what the principal is in.
        traits: attributes of the principal.
        attributes: of the resource.
        action: one of a class of actions that no policy tells apart.
        context: what the request says besides.
    """

    principal: Uid
    roles: tuple[Uid, ...]
    action: str
    resource: Uid
    attributes: Mapping[str, Value]
    context: Context
    traits: Mapping[str, Value] = {}


class World(msgspec.Struct, frozen=True):
    """Every request that is tried.

    Attributes:
        asked: them.
        alike: an action -> all that it stands for.
        complete: whether what holds of these holds of every request.
    """

    asked: tuple[Asked, ...]
    alike: Mapping[str, tuple[str, ...]]
    complete: bool


def world(rules: Sequence[Rule], shapes: Shapes) -> World:
    """Return the world of some policies.

    Args:
        rules: all that are to be told apart in it.
        shapes: what the schema says.
    Raises:
        PolicyInvalid: it would be too large to be tried.
    """
    seen = _Seen(rules)
    classes = _classes(rules, shapes)
    asked: list[Asked] = []
    for name in classes:
        action = shapes.actions[name]
        for request in _requests(name, action, shapes, seen):
            asked.append(request)
            if len(asked) > MOST:
                what = f"tell more than {MOST} requests apart, too many to try; analyse fewer of them at once"
                raise PolicyInvalid("these policies", 0, what)
    return World(tuple(asked), classes, seen.complete)


class _Seen:
    """What policies name, and in what company."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.complete = True
        self.uids: dict[str, set[str]] = {}
        self.values: dict[str, set[int | str]] = {}
        self.anywhere: set[int | str] = set()
        self.attributes: set[str] = set()
        self.whole = self.crossed = False
        for rule in rules:
            self._walk(rule.node, None)
        taken = self.anywhere.union(*self.values.values(), *self.uids.values())
        fresh = (name for number in count() if (name := f"~{number}") not in taken)
        # one name that is none of those; where attributes are compared with one another, one for each of them
        self.fresh = tuple(islice(fresh, max(2, len(self.attributes)) if self.crossed else 1))

    def _walk(self, node: Any, attribute: str | None) -> None:  # noqa: ANN401 - any part of a syntax tree
        match node:
            case pst.EntityUid():
                one = uid(node)
                self.uids.setdefault(one.type, set()).add(one.id)
            case pst.StringLit(value) | pst.LongLit(value):
                self._note(value, attribute)
            case pst.GetAttr(base, attr):
                self.attributes.add(attr)
                self._looked_into(base)
            case pst.HasAttr(base, attrs):
                self.attributes.update(attrs)
                self._looked_into(base)
            case pst.Var("context"):
                self.whole = True
            case pst.BinaryOp() | pst.UnaryOp() | pst.Like():
                self._operation(node, attribute)
            case _:
                for part in _parts(node):
                    self._walk(part, attribute)

    def _operation(self, node: pst.BinaryOp | pst.UnaryOp | pst.Like, attribute: str | None) -> None:
        match node:
            case pst.Like(base, pattern):
                self.complete = False
                for text in _examples(pattern):
                    self._note(text, _attribute(base))
                self._walk(base, None)
            case pst.BinaryOp(op, left, right):
                self.complete &= op in _PLAIN
                compares = op in _PAIRED | _ORDERED
                self.crossed |= compares and _looks_up(left) and _looks_up(right)
                with_ = (_attribute(left) or _attribute(right)) if compares else None
                self._walk(left, with_)
                self._walk(right, with_)
            case pst.UnaryOp(op, arg):
                self.complete &= op in _PLAIN
                self._walk(arg, attribute)

    def _looked_into(self, base: Any) -> None:  # noqa: ANN401 - any expression
        if not isinstance(base, pst.Var):
            self._walk(base, None)

    def _note(self, value: int | str, attribute: str | None) -> None:
        if attribute is None:
            self.anywhere.add(value)
        else:
            self.values.setdefault(attribute, set()).add(value)

    def of(self, shape: Mapping[str, str]) -> Iterator[dict[str, Value]]:
        """Yield what the attributes of a shape can say that policies can tell apart; what may be left out, is in some."""
        names = list(shape)
        for values in product(*(self._said(name, shape[name]) for name in names)):
            yield {name: value for name, value in zip(names, values, strict=True) if value is not None}

    def _said(self, name: str, kind: str) -> Sequence[Value | None]:
        if not kind.endswith(OPTIONAL):
            return self._values(name, kind)
        if not self._looks_at(name):
            return (None,)
        return (None, *self._values(name, kind.removesuffix(OPTIONAL)))

    def _looks_at(self, name: str) -> bool:
        return self.whole or name in self.attributes

    def _values(self, name: str, kind: str) -> Sequence[Value]:
        looked_at = self._looks_at(name)
        if kind == "Bool":
            return (False, True) if looked_at else (False,)
        # one attribute that is compared with another may be whatever that one is
        known = self.anywhere.union(
            *(self.values.values() if self.crossed else [self.values.get(name, set())])
        )
        if kind == "Long":
            self.complete &= not (self.crossed and looked_at)  # which of two is greater has no edges
            edges = {each + by for each in known if isinstance(each, int) for by in (-1, 0, 1)}
            return tuple(sorted(each for each in edges | {0} if each in _LONGS)) if looked_at else (0,)
        texts = sorted(each for each in known if isinstance(each, str))
        return (*texts, *self.fresh) if looked_at else self.fresh[:1]


def _requests(name: str, action: Action, shapes: Shapes, seen: _Seen) -> Iterator[Asked]:
    principals = [each for kind in action.principals for each in _principals(kind, shapes, seen)]
    seen.complete &= not any(shapes.entities[kind].parents for kind in action.resources)
    resources = [
        (Uid(kind, one), attributes)
        for kind in action.resources
        for one in _ids(kind, seen)
        for attributes in seen.of(shapes.entities[kind].shape)
    ]
    contexts = list(seen.of(action.context))
    for (principal, roles, traits), (resource, attributes), context in product(
        principals, resources, contexts
    ):
        yield Asked(principal, roles, name, resource, attributes, context, traits)


def _principals(
    kind: str, shapes: Shapes, seen: _Seen
) -> Iterator[tuple[Uid, tuple[Uid, ...], dict[str, Value]]]:
    entity = shapes.entities[kind]
    roles = [Uid(parent, one) for parent in entity.parents for one in sorted(seen.uids.get(parent, ()))]
    if len(roles) > _ALL_SUBSETS or any(shapes.entities[parent].parents for parent in entity.parents):
        seen.complete = False
    said = list(seen.of(entity.shape))
    for one, held, traits in product(_ids(kind, seen), list(_subsets(roles)), said):
        yield Uid(kind, one), held, traits


def _ids(kind: str, seen: _Seen) -> list[str]:
    return [*sorted(seen.uids.get(kind, ())), seen.fresh[0]]


def _subsets(roles: list[Uid]) -> Iterator[tuple[Uid, ...]]:
    sizes = range(len(roles) + 1)
    few = sizes if len(roles) <= _ALL_SUBSETS else (0, 1, 2, len(roles) - 1, len(roles))
    for size in few:
        yield from combinations(roles, size)


def _classes(rules: Sequence[Rule], shapes: Shapes) -> dict[str, tuple[str, ...]]:
    """Return one action of each class that no policy and no schema tells apart -> all of the class."""
    above, told = closed(shapes.groups()), named(rules) | _compared(rules)
    classes: dict[object, list[str]] = {}
    for name, action in shapes.actions.items():
        one = Uid(ACTION, name)
        kind = (action.principals, action.resources, *sorted(action.context.items()))
        if action.principals:
            classes.setdefault((kind, told & (above[one] | {one})), []).append(name)
    return {members[0]: tuple(members) for members in classes.values()}


def _compared(rules: Iterable[Rule]) -> frozenset[Uid]:
    return frozenset(uid(entity) for rule in rules for entity in pst.entity_uids(rule.node.clauses))


def _attribute(node: object) -> str | None:
    return node.attr if isinstance(node, pst.GetAttr) else None


def _looks_up(node: object) -> bool:
    """Return whether an expression looks at an attribute anywhere."""
    return isinstance(node, pst.GetAttr) or any(map(_looks_up, _parts(node)))


def _parts(node: object) -> Iterator[object]:
    if isinstance(node, Mapping):
        yield from node.values()
    elif isinstance(node, tuple):
        yield from node
    elif is_dataclass(node) and not isinstance(node, type):
        yield from (getattr(node, field.name) for field in fields(node) if field.name != "annotations")


def _examples(pattern: Iterable[pst.PatternElem]) -> Iterator[str]:
    """Yield texts that fit a pattern, and one that nearly does."""
    elements = list(pattern)
    for filling in ("", "~"):
        yield "".join(each.value if isinstance(each, pst.Char) else filling for each in elements)
    yield "".join(each.value for each in elements if isinstance(each, pst.Char))[:-1]
