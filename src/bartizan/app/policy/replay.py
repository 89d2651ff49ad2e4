"""Asking other policies what was asked before: who would gain and who would lose what.

Rules of this file: pure over what was read. A name that the record has as a digest is put back where somebody says it; one
that nobody says is some name that no policy speaks of, and where a policy speaks in patterns the question is left out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

import msgspec
from cedarpy import pst

from bartizan.access.decide import SERVICE, Circumstances, context
from bartizan.app.policy.asked import Count, Traffic
from bartizan.identity.principal import ANONYMOUS, Principal, Uid
from bartizan.policy.engine import Context, Engine, Verdict
from bartizan.policy.scope import Rule

_GONE: Final = "by principals who are erased, revoked or of another register"
_PATTERN: Final = "of a tool or operation whose name nobody says, while a policy speaks in patterns"


class Request(msgspec.Struct, frozen=True):
    """A question that can be asked again.

    Attributes:
        principal: id.
        uid: the same, as policies name it.
        action, service: by name.
        quantum_safe: whether the connection's key agreement was.
        operation, tool: by name, or empty.
        known: whether both of these are their names; else one is a stand-in.
        agent: who acted for the principal, and must be permitted the same; None where it acted itself.
        passkey: which kind verified the person, or empty.
    """

    principal: str
    uid: Uid
    action: str
    service: str
    quantum_safe: bool
    operation: str = ""
    tool: str = ""
    known: bool = True
    agent: Principal | None = None
    passkey: str = ""

    @property
    def context(self) -> Context:
        """Return what policies may look at besides; of the device nothing is on record, so none is known."""
        agent = self.agent.id if self.agent is not None else ""
        return context(Circumstances(self.quantum_safe, self.operation, self.tool, agent, self.passkey))

    def ask(self, engine: Engine) -> Verdict:
        """Return what a policy set says: of whoever acts, where that is what it is refused for."""
        service = Uid(SERVICE, self.service)
        verdict = engine.decide(self.uid, self.action, service, self.context)
        if self.agent is None or not verdict.allowed:
            return verdict
        agents = engine.decide(self.agent.uid, self.action, service, {**self.context, "agent": ""})
        return verdict if agents.allowed else agents


class Names(msgspec.Struct, frozen=True):
    """What the record's digests stand for.

    Attributes:
        operations: digest -> name.
        tools: pseudonym -> tag -> name.
        patterns: whether a policy speaks of either in patterns.
        stranger: a name that no policy speaks of.
    """

    operations: Mapping[str, str]
    tools: Mapping[str, Mapping[str, str]]
    patterns: bool
    stranger: str


class Replayed(msgspec.Struct, frozen=True):
    """Questions that can be asked again, with how often they were, and how many requests cannot, by why."""

    requests: Mapping[Request, Count]
    left_out: Mapping[str, int]


class Change(msgspec.Struct, frozen=True):
    """A question that is answered otherwise.

    Attributes:
        request, count: which, and how often it was asked.
        before, after: what the policies in force and the others say.
    """

    request: Request
    count: Count
    before: Verdict
    after: Verdict


def resolve(traffic: Traffic, people: Iterable[Principal], names: Names) -> Replayed:
    """Return what of the traffic can be asked again, strangers' questions of the anonymous principal put together."""
    known = {person.pseudonym: person for person in people if not person.revoked}
    found: dict[Request, Count] = {}
    left_out = Counter(traffic.left_out)
    for question, count in traffic.counts.items():
        person = ANONYMOUS if question.actor.startswith("a-") else known.get(question.actor)
        operation = _named(question.operation, names.operations, names)
        tool = _named(question.tool, names.tools.get(question.actor, {}), names)
        agent = known.get(f"p-{question.agent}") if question.agent else None
        if person is None or (question.agent and agent is None):
            left_out[_GONE] += count.admitted + count.refused
            continue
        is_known = names.stranger not in {operation, tool}
        if names.patterns and not is_known:
            left_out[_PATTERN] += count.admitted + count.refused
            continue
        request = Request(
            person.id,
            person.uid,
            question.action,
            question.service,
            question.quantum_safe,
            operation,
            tool,
            is_known,
            agent,
            question.passkey,
        )
        total = found.setdefault(request, Count())
        total.admitted += count.admitted
        total.refused += count.refused
    return Replayed(found, left_out)


def changes(requests: Mapping[Request, Count], before: Engine, after: Engine) -> tuple[Change, ...]:
    """Return every question that two policy sets answer otherwise, what is lost first, the most frequent first."""
    found = [
        Change(request, count, request.ask(before), request.ask(after)) for request, count in requests.items()
    ]
    changed = [each for each in found if each.before.allowed != each.after.allowed]
    return tuple(
        sorted(changed, key=lambda each: (each.after.allowed, -(each.count.admitted + each.count.refused)))
    )


def spoken_of(rules: Sequence[Rule]) -> tuple[frozenset[str], bool]:
    """Return every text that stands in the conditions of policies, and whether any speaks in patterns."""
    texts: set[str] = set()
    patterns = False
    stack: list[object] = [rule.node.clauses for rule in rules]
    while stack:
        node = stack.pop()
        if isinstance(node, pst.StringLit):
            texts.add(node.value)
        patterns = patterns or isinstance(node, pst.Like)
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, Mapping):
            stack.extend(node.values())
        elif is_dataclass(node) and not isinstance(node, type):
            stack.extend(getattr(node, field.name) for field in fields(node))
    return frozenset(texts), patterns


def stranger(texts: frozenset[str]) -> str:
    """Return a name that is none of these."""
    name = "~"
    while name in texts:
        name += "~"
    return name


def operation_digest(name: str) -> str:
    """Return what the record calls an operation: 8 octets of its SHA-256, hexadecimal."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _named(digest: str, known: Mapping[str, str], names: Names) -> str:
    return known.get(digest, names.stranger) if digest else ""
