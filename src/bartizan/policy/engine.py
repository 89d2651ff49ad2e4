"""The Cedar engine: policies, schema and entities parsed once, then asked.

Rules of this file: identifiers go to Cedar as structured values, never inside text. Whatever Cedar cannot
evaluate without an error is denied, also where another policy would have allowed it. Every policy has an
`@id`, so a verdict can name what decided.
Source: Cedar, https://docs.cedarpolicy.com; docs/decisions/0002-cedar.md.
"""

import bisect
import re
from collections.abc import Mapping
from typing import Final

import msgspec
from cedarpy import Decision, Entities, PolicySet, Schema, is_authorized, validate_policies

from bartizan.identity.principal import Uid
from bartizan.policy.bounds import require_bounded
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.likeness import Described, Like, Likenesses
from bartizan.policy.schema import parsed, shapes
from bartizan.policy.scope import ACTION, Above, Rule, closed, fits, rules
from bartizan.policy.slicing import Slices

MAX_POLICY: Final = 256 * 1024
"""Longest policy text or schema that is read, in characters."""
POLICY_ID: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")
"""Form of an `@id`."""
_SHOWN: Final = 200
_UNFINISHED: Final = "unexpected end of input"

Context = Mapping[str, bool | int | str]
"""Attributes of a request beyond principal, action and resource, by name."""


class Verdict(msgspec.Struct, frozen=True):
    """What the policies say.

    Attributes:
        allowed: whether a permit holds, no forbid does, and nothing failed.
        policies: `@id` of each policy that decided, in order; empty where none applies.
        failed: whether evaluation met an error (then it is denied).
    """

    allowed: bool
    policies: tuple[str, ...]
    failed: bool


class Pair(msgspec.Struct, frozen=True):
    """A principal and a resource, as far as the policies can tell them from others, and whether they are one."""

    principal: Like
    resource: Like
    same: bool


_ENCODE: Final = msgspec.json.Encoder().encode  # a sixth of what the library takes for it
_FAILED: Final = Verdict(allowed=False, policies=(), failed=True)


class Engine:
    """One policy set over one entity graph; immutable.

    Attributes:
        rules: the policies, taken apart, in their order.
        above: what entities and actions are in.
    """

    __slots__ = ("_entities", "_likenesses", "_schema", "_slices", "above", "rules")

    def __init__(self, policy: str, schema: str, entities: str, *, file: str = "policy") -> None:
        """Parse and validate.

        Args:
            policy: Cedar policies.
            schema: Cedar schema, which policies, entities and every request must fit.
            entities: Cedar JSON.
            file: name of the policy text in errors.
        Raises:
            PolicyInvalid: any of the three does not parse or does not fit the schema.
        """
        self._schema = parsed(schema)
        policies = _read_policies(file, policy, self._schema)
        try:
            self._entities = Entities.from_json_str(entities, self._schema)
        except ValueError as fault:
            raise PolicyInvalid("entities", 0, str(fault)) from fault
        self.rules: tuple[Rule, ...] = rules(policies)
        graph = msgspec.json.decode(entities, type=list[Described])  # Cedar has checked the text
        parents = {one.uid: tuple(one.parents) for one in graph}
        self.above: Above = closed(shapes(self._schema).groups() | parents)
        self._likenesses = Likenesses(self.rules, graph)
        self._slices = Slices(policies, self.rules, self.above)

    def decide(self, principal: Uid, action: str, resource: Uid, context: Context) -> Verdict:
        """Return what the policies say about one request.

        Args:
            principal, resource: entities; one that the graph does not hold has no attributes and no parents.
            action: id of an `Action` of the schema.
            context: the attributes that the schema declares for the action.
        """
        return self.ask(self._slices.of(principal, action, resource), principal, action, resource, context)

    def may_permit(self, action: str) -> bool:
        """Return whether any policy that permits has a head that holds for this action."""
        one = Uid(ACTION, action)
        return any(rule.permits and fits(rule.node.action, one, self.above) for rule in self.rules)

    def pair(self, principal: Uid, resource: Uid) -> Pair:
        """Return what a verdict depends on of who and where: pairs that are equal get the same one."""
        return Pair(self._likenesses.of(principal), self._likenesses.of(resource), same=principal == resource)

    def ask(
        self, policies: PolicySet, principal: Uid, action: str, resource: Uid, context: Context
    ) -> Verdict:
        """Return what other policies say about one request, over the same entities; `decide` says the rest."""
        try:
            request = {
                "principal": {"type": principal.type, "id": principal.id},
                "action": {"type": "Action", "id": action},
                "resource": {"type": resource.type, "id": resource.id},
                "context": _ENCODE(context).decode(),
            }
            result = is_authorized(request, policies, self._entities, self._schema)
        except (
            ValueError,
            TypeError,
            OverflowError,
        ):  # text that is not UTF-8 (a lone surrogate) or not a Cedar value
            return _FAILED
        found = result.diagnostics
        if result.decision is Decision.NoDecision or found.errors:
            return _FAILED
        named = found.id_annotations_by_reason
        return Verdict(result.allowed, tuple(sorted(named[reason] for reason in found.reasons)), failed=False)


def join(files: Mapping[str, str], schema: str) -> str:
    """Return the policies of several files as one text, each checked under its own name.

    Args:
        files: name, as the operator knows it -> Cedar policies.
        schema: Cedar schema.
    Raises:
        PolicyInvalid: one does not parse or fit the schema, two files give a policy the same `@id`, or there are
            files and no policy in them.
    """
    understood = parsed(schema)
    given: dict[str, str] = {}
    for file, text in files.items():
        for name in _named(file, text, _read_policies(file, text, understood)).values():
            first = given.setdefault(name, file)
            if first != file:
                raise PolicyInvalid(file, line_of(text, name), f"the id {name} is given in {first} already")
    if files and not given:
        # An empty text would be taken for "none given", and the built-in policies permit a great deal.
        what = "holds no policy, so nobody could call anything; leave `policy.path` out for the built-in policies"
        raise PolicyInvalid(", ".join(files), 0, what)
    text = "\n".join(files.values())
    if len(text) > MAX_POLICY:  # each file is shorter, but whoever decides reads them as one
        raise PolicyInvalid(", ".join(files)[:_SHOWN], 0, f"have more than {MAX_POLICY} characters together")
    return text


def _read_policies(file: str, text: str, schema: Schema) -> PolicySet:
    if len(text) > MAX_POLICY:
        raise PolicyInvalid(file, 0, f"has more than {MAX_POLICY} characters; split it")
    require_bounded(file, text)
    try:
        policies = PolicySet.from_str(text)
    except ValueError as fault:
        raise PolicyInvalid(file, _line_of_fault(text, str(fault)), str(fault)) from fault
    named = _named(file, text, policies)
    for error in validate_policies(text, schema).errors:
        ids = named.get(error.policy_id, "")
        what = error.error.replace(f"for policy `{error.policy_id}`, ", "")
        raise PolicyInvalid(file, line_of(text, ids), f"policy {ids}: {what}")
    return policies


def _named(file: str, text: str, policies: PolicySet) -> Mapping[str, str]:
    """Return Cedar's own name of each policy -> its `@id`; every policy must have one of its own."""
    try:
        found = policies.to_pst()
    except ValueError as fault:
        raise PolicyInvalid(file, 0, str(fault)) from fault
    if found.templates:
        raise PolicyInvalid(file, _line_of(text, "?"), "templates are not used here; write the policy out")
    named: dict[str, str] = {}
    for number, policy in found.static_policies.items():
        name = policy.annotations.get("id") or ""
        if POLICY_ID.fullmatch(name) is None:
            ordinal = int(number.removeprefix("policy")) + 1
            what = f'policy number {ordinal} needs an @id("...") of lower-case letters, digits, . _ -'
            raise PolicyInvalid(file, 0, what)
        if name in named.values():
            raise PolicyInvalid(file, line_of(text, name), f"the id {name} is given to two policies")
        named[number] = name
    return named


def _line_of_fault(text: str, what: str) -> int:
    """Return the first line, from 1, after which the text can no longer become valid.

    Cedar names no line. Where it names a word and finds it wrong only at the end of the statement, the line
    is the word's.
    """
    lines = text.split("\n")
    count = 1 + bisect.bisect_left(range(1, len(lines) + 1), 1, key=lambda n: _broken(lines[:n]))
    last = min(count, len(lines))
    word = what.rpartition(": ")[2]
    return _line_of("\n".join(lines[:last]), word) or last


def _broken(lines: list[str]) -> bool:
    try:
        PolicySet.from_str("\n".join(lines))
    except ValueError as fault:
        return _UNFINISHED not in str(fault)
    return False


def line_of(text: str, name: str) -> int:
    """Return the line, from 1, on which a policy's `@id` stands; 0 where it does not."""
    return _line_of(text, f'@id("{name}")')


def _line_of(text: str, part: str) -> int:
    """Return the last line, from 1, that holds the part; 0 where none does."""
    return text.count("\n", 0, text.rindex(part)) + 1 if part in text else 0
