"""Which policies can matter for a request: the others are not evaluated for it.

Rules of this file: a policy is left out where its head does not hold, and for no other reason, so that what is left
decides as all of them do, with the same names and the same errors; whether it forbids is not even looked at. Slices are
kept by what heads can tell apart, which is bounded by the policies' own text and never by who asks.
"""

from collections.abc import Sequence
from typing import Final

from cedarpy import PolicySet

from bartizan.identity.principal import Uid
from bartizan.policy.scope import ACTION, Above, Rule, named, policy_set

CAPACITY: Final = 4096
"""Most slices remembered; two that hold the same policies share one set."""
_Kind = tuple[str, frozenset[Uid]]


class Slices:
    """One policy set over one entity graph, cut per request."""

    __slots__ = ("_above", "_all", "_by_action", "_kinds", "_named", "_rules", "_sets", "_slices")

    def __init__(self, policies: PolicySet, rules: Sequence[Rule], above: Above) -> None:
        """Take a set.

        Args:
            policies: all of it.
            rules: the same, taken apart.
            above: what entities and actions are in.
        """
        self._all, self._rules, self._above = policies, tuple(rules), above
        self._named = named(rules)
        self._kinds: dict[Uid, _Kind] = {}
        self._slices: dict[tuple[_Kind, str, _Kind], PolicySet] = {}
        self._sets: dict[frozenset[str], PolicySet] = {frozenset(rule.number for rule in rules): policies}

    def of(self, principal: Uid, action: str, resource: Uid) -> PolicySet:
        """Return the policies that can matter for a request.

        Args:
            principal, resource: entities.
            action: id of an action.
        """
        key = (self._kind(principal), action, self._kind(resource))
        found = self._slices.get(key)
        if found is None:
            found = self._cut(principal, Uid(ACTION, action), resource)
            if len(self._slices) >= CAPACITY:  # actions that the schema does not know, which nobody asks for
                self._slices.clear()
            self._slices[key] = found
        return found

    def matter(self, principal: Uid, action: Uid, resource: Uid) -> tuple[Rule, ...]:
        """Return the policies whose heads hold for a request."""
        return tuple(rule for rule in self._rules if rule.matters(principal, action, resource, self._above))

    def _cut(self, principal: Uid, action: Uid, resource: Uid) -> PolicySet:
        kept = self.matter(principal, action, resource)
        numbers = frozenset(rule.number for rule in kept)
        if numbers not in self._sets:
            if len(self._sets) >= CAPACITY:
                self._sets.clear()
            self._sets[numbers] = policy_set(rule.node for rule in kept)
        return self._sets[numbers]

    def _kind(self, one: Uid) -> _Kind:
        """Return all that a head can tell of an entity: its type, and which of the named ones it is or is in."""
        found = self._kinds.get(one)
        if found is None:
            found = (one.type, self._named & (self._above.get(one, frozenset()) | {one}))
            if one in self._above:  # strangers' names are not remembered
                self._kinds[one] = found
        return found
