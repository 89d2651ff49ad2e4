"""Why a request is allowed or not: the policies that decide, and what keeps those from allowing that nearly do.

Rules of this file: what a head says is told from the head; whether a condition holds is Cedar's to say, each condition
asked by itself. Nothing here decides anything: the verdict is the engine's.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from cedarpy import pst

from bartizan.identity.principal import Uid
from bartizan.policy.engine import Context, Engine, Verdict
from bartizan.policy.scope import ACTION, Part, Rule, fits, policy_set, uid

_ANYTHING: Final = pst.ScopeAny()
NEAREST: Final = 3
"""Policies that are named where none allows."""


class Shortfall(msgspec.Struct, frozen=True):
    """What keeps one policy from allowing a request.

    Attributes:
        policy: its `@id`.
        missing: what does not hold, a sentence each.
    """

    policy: str
    missing: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True):
    """Why.

    Attributes:
        verdict: what the engine says.
        forbids: `@id` of each policy that forbids it.
        nearest: where it is not allowed, the policies that come nearest to allowing it, the nearest first.
    """

    verdict: Verdict
    forbids: tuple[str, ...]
    nearest: tuple[Shortfall, ...]


def explain(engine: Engine, principal: Uid, action: str, resource: Uid, context: Context) -> Explanation:
    """Return why a request is allowed or not; arguments as of `Engine.decide`."""
    verdict = engine.decide(principal, action, resource, context)
    if verdict.allowed:
        return Explanation(verdict, (), ())
    decisive = {rule.name for rule in engine.rules if not rule.permits}
    found = [
        Shortfall(rule.name, _missing(engine, rule, principal, action, resource, context))
        for rule in engine.rules
        if rule.permits
    ]
    near = sorted((each for each in found if each.missing), key=lambda each: len(each.missing))
    forbids = tuple(name for name in verdict.policies if name in decisive)
    return Explanation(verdict, forbids, () if forbids else tuple(near[:NEAREST]))


def _missing(
    engine: Engine, rule: Rule, principal: Uid, action: str, resource: Uid, context: Context
) -> tuple[str, ...]:
    node, above = rule.node, engine.above
    parts: tuple[tuple[str, Part, Uid], ...] = (
        ("principal", node.principal, principal),
        ("action", node.action, Uid(ACTION, action)),
        ("service", node.resource, resource),
    )
    heads = [f"the {word} is not {_said(part)}" for word, part, one in parts if not fits(part, one, above)]
    clauses = [
        f"this does not hold: {text}"
        for text, clause in zip(clauses_of(rule), node.clauses, strict=True)
        if not holds(engine, clause, principal, action, resource, context)
    ]
    return (*heads, *clauses)


def holds(
    engine: Engine, clause: pst.Clause, principal: Uid, action: str, resource: Uid, context: Context
) -> bool:
    """Return whether one condition holds for a request; one that cannot be evaluated does not."""
    alone = pst.Template("policy0", "permit", _ANYTHING, _ANYTHING, _ANYTHING, (clause,), {"id": "condition"})
    return engine.ask(policy_set((alone,)), principal, action, resource, context).allowed


def clauses_of(rule: Rule) -> tuple[str, ...]:
    """Return the conditions of a policy as text, `when { … }` and `unless { … }`."""
    return tuple(map(_text, rule.node.clauses))


def _text(clause: pst.Clause) -> str:
    alone = pst.Template("policy0", "permit", _ANYTHING, _ANYTHING, _ANYTHING, (clause,), {})
    return str(policy_set((alone,))).partition("resource) ")[2].removesuffix(";")


def _said(part: Part) -> str:
    match part:
        case pst.ScopeEq(entity) | pst.ActionEq(entity):
            return _shown(entity)
        case pst.ScopeIn(entity):
            return f"in {_shown(entity)}"
        case pst.ActionIn(entities):
            return "in " + " or ".join(map(_shown, entities))
        case pst.ScopeIs(entity_type):
            return f"of type {entity_type}"
        case pst.ScopeIsIn(entity_type, entity):
            return f"of type {entity_type} in {_shown(entity)}"
        case _:
            return "anything"


def _shown(entity: pst.EntityOrSlot) -> str:
    one = uid(entity)
    return f'{one.type}::"{one.id}"'


def deciders(found: Iterable[Explanation]) -> frozenset[str]:
    """Return the `@id` of every policy that decided any of these."""
    return frozenset(name for each in found for name in each.verdict.policies)
