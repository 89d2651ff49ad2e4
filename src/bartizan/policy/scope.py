"""What a policy's head says: for whom, which action, and on what it can matter at all.

Rules of this file: the head of a Cedar policy is total: it is a conjunction of equalities, memberships and types, so
whether it holds can be told without evaluating, exactly and without error. A policy whose head does not hold neither
decides nor fails.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec
from cedarpy import PolicySet, pst

from bartizan.identity.principal import Uid

ACTION: Final = "Action"
"""Type of the entities that stand for actions."""
Above = Mapping[Uid, frozenset[Uid]]
"""An entity -> all that it is in, itself left out."""


class Rule(msgspec.Struct, frozen=True):
    """One policy, taken apart.

    Attributes:
        number: Cedar's own name of it within its text.
        name: its `@id`.
        permits: whether it permits; else it forbids.
        node: its syntax tree.
    """

    number: str
    name: str
    permits: bool
    node: pst.Template

    def matters(self, principal: Uid, action: Uid, resource: Uid, above: Above) -> bool:
        """Return whether its head holds for a request, so that its conditions decide.

        Args:
            principal, action, resource: of the request.
            above: what entities and actions are in; one that it does not hold is in itself alone.
        """
        return (
            fits(self.node.action, action, above)
            and fits(self.node.principal, principal, above)
            and fits(self.node.resource, resource, above)
        )


def rules(policies: PolicySet) -> tuple[Rule, ...]:
    """Return the policies of a set, in their order.

    Args:
        policies: each with an `@id`, and no templates among them.
    """
    found = policies.to_pst().static_policies.items()
    ordered = sorted(found, key=lambda pair: int(pair[0].removeprefix("policy")))
    return tuple(
        Rule(number, node.annotations["id"], node.effect == "permit", node) for number, node in ordered
    )


def policy_set(nodes: Iterable[pst.Template]) -> PolicySet:
    """Return policies as a set that Cedar evaluates; they keep their names."""
    static = {node.id: node for node in nodes}
    return PolicySet.from_pst(pst.PolicySet(templates={}, static_policies=static, template_links=()))


Part = pst.PrincipalOrResourceConstraint | pst.ActionConstraint
"""One part of a head."""


def fits(part: Part, one: Uid, above: Above) -> bool:
    """Return whether an entity is as one part of a head says; what a later Cedar may say there holds of everything."""
    match part:
        case pst.ScopeEq(entity) | pst.ActionEq(entity):
            return uid(entity) == one
        case pst.ScopeIn(entity):
            return is_in(one, uid(entity), above)
        case pst.ActionIn(entities):
            return any(is_in(one, uid(entity), above) for entity in entities)
        case pst.ScopeIs(entity_type):
            return str(entity_type) == one.type
        case pst.ScopeIsIn(entity_type, entity):
            return str(entity_type) == one.type and is_in(one, uid(entity), above)
        case _:
            return True


def uid(entity: pst.EntityOrSlot) -> Uid:
    """Return an entity of the syntax tree as ours.

    Raises:
        TypeError: the slot of a template, which no policy here has.
    """
    if isinstance(entity, pst.Slot):
        raise TypeError("a template's slot stands for no entity")
    return Uid(str(entity.type), entity.id)


def named(head: Iterable[Rule]) -> frozenset[Uid]:
    """Return every entity that a head names: on no other does it hang whether it holds."""
    parts = (part for rule in head for part in (rule.node.principal, rule.node.action, rule.node.resource))
    return frozenset(uid(entity) for part in parts for entity in pst.entity_uids(part))


def closed(parents: Mapping[Uid, Collection[Uid]]) -> dict[Uid, frozenset[Uid]]:
    """Return what each entity is in, through however many others.

    Args:
        parents: an entity -> what it is in directly; Cedar has refused cycles.
    """
    found: dict[Uid, frozenset[Uid]] = {}

    def of(one: Uid) -> frozenset[Uid]:
        if one not in found:
            direct = parents.get(one, ())
            found[one] = frozenset(direct).union(*map(of, direct))
        return found[one]

    for one in parents:
        of(one)
    return found


def is_in(one: Uid, other: Uid, above: Above) -> bool:
    """Return whether an entity is another, or in it."""
    return one == other or other in above.get(one, frozenset())
