"""What holds of policies whoever asks: that one never applies, that a set allows everything, that one allows no more than another.

Rules of this file: every request of a small world is tried on Cedar itself (`model.py`), so each finding has a request
that shows it, and a "none" is a proof exactly where the world is complete. There is no solver here: Cedar's own has no
binding for Python (docs/decisions/0026-policies-while-running.md).
"""

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from cedarpy import Entities, Schema, is_authorized_batch

from bartizan.identity.principal import Uid
from bartizan.policy.model import Asked, World, world
from bartizan.policy.schema import shapes
from bartizan.policy.scope import Rule, policy_set

_ENCODE: Final = msgspec.json.Encoder().encode


class Fault(enum.Enum):
    """What is odd about one policy."""

    NEVER = "never-applies"
    OVERRULED = "always-overruled"
    REPEATED = "allows-nothing-more"


class Finding(msgspec.Struct, frozen=True):
    """An odd policy, and the policies that make it so."""

    policy: str
    fault: Fault
    others: tuple[str, ...] = ()


class Analysis(msgspec.Struct, frozen=True):
    """What was found of one set.

    Attributes:
        requests: how many were tried.
        complete: whether what holds of these holds of every request.
        allowed: how many of them are allowed: all of them, or none, is worth a word.
        findings: odd policies, in the order of the set.
    """

    requests: int
    complete: bool
    allowed: int
    findings: tuple[Finding, ...]


class Comparison(msgspec.Struct, frozen=True):
    """How two sets lie to one another; each example is None where there is no such request.

    Attributes:
        requests, complete: as in `Analysis`.
        first_only: a request that only the first set allows; none means that the first implies the second.
        second_only: the other way round; neither means that they are equivalent.
        both: one that both allow; none means that they are disjoint.
    """

    requests: int
    complete: bool
    first_only: Asked | None
    second_only: Asked | None
    both: Asked | None


class _Held(msgspec.Struct, frozen=True):
    """Which policies' conditions hold for a request, and whether evaluating any failed."""

    permits: frozenset[str]
    forbids: frozenset[str]
    failed: bool

    @property
    def allowed(self) -> bool:
        """Return whether the set allows the request."""
        return bool(self.permits) and not self.forbids and not self.failed


def analyse(rules: Sequence[Rule], schema: Schema) -> Analysis:
    """Return what is odd about a set of policies.

    Raises:
        PolicyInvalid: they tell too many requests apart, or the schema is not understood.
    """
    tried = world(rules, shapes(schema))
    held = _tried(rules, tried, schema)
    found = [finding for rule in rules if (finding := _odd(rule, held))]
    return Analysis(len(held), tried.complete, sum(each.allowed for each in held), tuple(found))


def compare(first: Sequence[Rule], second: Sequence[Rule], schema: Schema) -> Comparison:
    """Return how two sets lie to one another; raises as `analyse`."""
    tried = world([*first, *second], shapes(schema))
    ones, others = _tried(first, tried, schema), _tried(second, tried, schema)
    found: dict[tuple[bool, bool], Asked] = {}
    for asked, one, other in zip(tried.asked, ones, others, strict=True):
        found.setdefault((one.allowed, other.allowed), asked)
    return Comparison(
        len(tried.asked),
        tried.complete,
        first_only=found.get((True, False)),
        second_only=found.get((False, True)),
        both=found.get((True, True)),
    )


def _odd(rule: Rule, held: Sequence[_Held]) -> Finding | None:
    if not rule.permits:
        matters = any(rule.name in each.forbids for each in held)
        return None if matters else Finding(rule.name, Fault.NEVER)
    where = [each for each in held if rule.name in each.permits]
    if not where:
        return Finding(rule.name, Fault.NEVER)
    if all(each.forbids for each in where):
        overruling = frozenset.union(*(each.forbids for each in where))
        return Finding(rule.name, Fault.OVERRULED, tuple(sorted(overruling)))
    beside = frozenset.intersection(*(each.permits for each in where)) - {rule.name}
    return Finding(rule.name, Fault.REPEATED, tuple(sorted(beside))) if beside else None


def _tried(rules: Sequence[Rule], tried: World, schema: Schema) -> list[_Held]:
    """Return what holds for each request of a world, in its order: as permits all, so that Cedar names each."""
    policies = policy_set(replace(rule.node, effect="permit") for rule in rules)
    names = {rule.number: rule for rule in rules}
    held: dict[int, _Held] = {}
    for numbers in _by_entities(tried).values():
        one = tried.asked[numbers[0]]
        entities = Entities.from_json_str(
            _ENCODE(_entities(one)).decode(), schema
        )  # which knows the groups of actions
        requests = [_request(tried.asked[number]) for number in numbers]
        for number, result in zip(
            numbers, is_authorized_batch(requests, policies, entities, schema), strict=True
        ):
            holding = [names[reason] for reason in result.diagnostics.reasons]
            held[number] = _Held(
                frozenset(rule.name for rule in holding if rule.permits),
                frozenset(rule.name for rule in holding if not rule.permits),
                bool(result.diagnostics.errors),
            )
    return [held[number] for number in range(len(tried.asked))]


def _by_entities(tried: World) -> dict[object, list[int]]:
    """Return the requests that can be tried over the same entities, by number."""
    found: dict[object, list[int]] = defaultdict(list)
    for number, one in enumerate(tried.asked):
        key = (
            *(one.principal, one.roles, tuple(sorted(one.traits.items()))),
            *(one.resource, tuple(sorted(one.attributes.items()))),
        )
        found[key].append(number)
    return found


def _entities(one: Asked) -> list[dict[str, Any]]:
    return [
        {"uid": one.principal, "attrs": dict(one.traits), "parents": list(one.roles)},
        {"uid": one.resource, "attrs": dict(one.attributes), "parents": []},
    ]


def _request(one: Asked) -> dict[str, Any]:
    return {
        "principal": _named(one.principal),
        "action": {"type": "Action", "id": one.action},
        "resource": _named(one.resource),
        "context": _ENCODE(one.context).decode(),
    }


def _named(one: Uid) -> dict[str, str]:
    return {"type": one.type, "id": one.id}
