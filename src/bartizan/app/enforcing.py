"""What enforcing a guard would have done, out of the record: by service, profile and detector.

Rules of this file: read-only; nothing but the record is asked. What it does not tell is counted by why, never taken for
harmless. What is suggested changes nothing by itself.
"""

import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.guard_judge.doubt import SILENT
from bartizan.ledger.database import reading
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import Query, Said, events
from bartizan.threats.profile import DETECTORS, PROFILES, Action, Profile, gravest
from bartizan.threats.verdict import MEDIA, UNINSPECTED

MOST: Final = 100_000
"""Requests with findings that are told apart."""
EXAMPLES: Final = 3
"""Requests that are named of each detector, the newest."""
FULL: Final = 32
"""Findings of one request after which no more are on record (`inspection.MOST_SIGNALS`)."""
FEW: Final = 3
"""Requests of which a detector that found something is not called frequent yet."""
OFTEN: Final = 100
"""Of so many requests more than one: that is frequent."""
ENFORCING: Final = ("standard", "strict")
_FOUND: Final = "threats.signal.found"
_ADMITTED, _REFUSED = "gateway.request.admitted", "gateway.request.refused"
_COMPLETED: Final = "gateway.request.completed"
_UNREAD: Final = (UNINSPECTED, MEDIA)


class Guarded(msgspec.Struct, frozen=True):
    """The guard that a service has: a word of `PROFILES`, or `off`; and its own actions, detector -> action."""

    guard: str
    actions: Mapping[str, Action] = {}


class Hit(msgspec.Struct, frozen=True):
    """What one detector found.

    Attributes:
        detector: of `DETECTORS`, or `UNINSPECTED` or `MEDIA`.
        requests, answers: in how many of each.
        exchanges: in how many of both together, a request and its answer once.
        principals: whose.
        actions: profile -> what that would have done, but for what is graver in the same request.
        examples: ids of requests, the newest last.
    """

    detector: str
    requests: int
    answers: int
    exchanges: int
    principals: int
    actions: Mapping[str, str]
    examples: tuple[str, ...]


class Effect(msgspec.Struct, frozen=True):
    """What a profile would have done to all of it, each request and each answer once, by what is gravest.

    Attributes:
        blocked, redacted, flagged: how many requests; what is held until a person releases it counts as blocked.
        blocked_answers, redacted_answers, flagged_answers: how many answers; to a request that is blocked there is none.
        principals: whose requests or answers would have been blocked or redacted.
    """

    blocked: int = 0
    redacted: int = 0
    flagged: int = 0
    blocked_answers: int = 0
    redacted_answers: int = 0
    flagged_answers: int = 0
    principals: int = 0


class Lines(msgspec.Struct, frozen=True):
    """What enforcing a profile takes.

    Attributes:
        profile: its name.
        effect: of the profile, with the actions that the service has now.
        kept: detectors that are to be told and no more for now, since they would have changed much.
        text: lines of bartizan.toml for the service.
        then: the effect with these lines.
    """

    profile: str
    effect: Effect
    kept: tuple[str, ...]
    text: tuple[str, ...]
    then: Effect


class Foreseen(msgspec.Struct, frozen=True):
    """What is on record of one service.

    Attributes:
        service, guard: its name, and the guard that it has now.
        requests, principals: how many were let through or held back by the guard, and whose they were.
        found: in how many something was found, in the request or the answer.
        hits: by detector.
        profiles: what enforcing would have done.
        uninspected: why nobody inspected, or no judge said anything of what was in doubt -> how many requests or answers.
        cut: answers that ended before they were whole.
        full: requests of which there may be more than is on record.
        beyond: requests with findings that were not told apart any more.
    """

    service: str
    guard: str
    requests: int
    principals: int
    found: int
    hits: tuple[Hit, ...]
    profiles: tuple[Lines, ...]
    uninspected: Mapping[str, int]
    cut: int
    full: int
    beyond: int


class _Exchange(msgspec.Struct):
    """What was found in a request and its answer."""

    actor: str
    asked: set[str]
    answered: set[str]
    count: int = 0


class _Seen:
    """One service, as its entries come."""

    def __init__(self) -> None:
        self.exchanges: dict[str, _Exchange] = {}
        self.unseen: set[str] = set()
        self.uninspected: Counter[str] = Counter()
        self.actors: set[str] = set()
        self.requests = self.cut = self.beyond = 0

    def asked(self, said: Said, *, cut: bool) -> None:
        """Take the entry of a request that was let through or refused; `cut` is whether its answer was not whole."""
        held_back = said.subject in self.exchanges or said.subject in self.unseen
        if held_back or (said.kind == _ADMITTED and said.detail.get("octets")):
            self.requests += 1
            self.cut += cut
            self.actors.add(said.actor)

    def found(self, said: Said) -> None:
        """Take an entry about what was found in a request, or that nobody looked."""
        reason = str(said.detail.get("reason", ""))
        if said.outcome is Outcome.FAILED or reason == SILENT:
            self.uninspected[reason] += 1
            self.unseen.add(said.subject)
            return
        exchange = self.exchanges.get(said.subject)
        if exchange is None:
            if len(self.exchanges) >= MOST:
                self.beyond += 1
                return
            exchange = self.exchanges[said.subject] = _Exchange(said.actor, set(), set())
        exchange.count += 1
        (exchange.answered if "half" in said.detail else exchange.asked).add(reason)


def foreseen(ledger: Path, services: Mapping[str, Guarded], since: int, until: int) -> tuple[Foreseen, ...]:
    """Return what enforcing would have done, service by service.

    Args:
        ledger: its folder.
        services: the guard of each, by name; those without one have nothing on record.
        since, until: instants, UTC nanoseconds: since <= at < until.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged; verify says where.
    """
    seen = {name: _Seen() for name in services}
    asked = Query(since=since, until=until)
    with reading(ledger) as connection:
        for said in _of(_FOUND, asked, connection, ledger):
            _told(seen, said).found(said)
        failed = msgspec.structs.replace(asked, outcome=Outcome.FAILED)
        cut = {said.subject for said in islice(_of(_COMPLETED, failed, connection, ledger), MOST)}
        for kind in (_ADMITTED, _REFUSED):
            for said in _of(kind, asked, connection, ledger):
                _told(seen, said).asked(said, cut=said.subject in cut)
    return tuple(_foreseen(name, services[name], seen[name]) for name in services)


def _of(kind: str, asked: Query, connection: sqlite3.Connection, ledger: Path) -> Iterator[Said]:
    return events(connection, ledger, msgspec.structs.replace(asked, kind=kind))


def _told(seen: Mapping[str, _Seen], said: Said) -> _Seen:
    """Return what is known of an entry's service; of one that nobody asked about, a sheet that is thrown away."""
    return seen.get(str(said.detail.get("service", ""))) or _Seen()


def _foreseen(name: str, guarded: Guarded, seen: _Seen) -> Foreseen:
    exchanges = seen.exchanges
    hits = tuple(_hits(exchanges, guarded))
    return Foreseen(
        service=name,
        guard=guarded.guard,
        requests=seen.requests,
        principals=len(seen.actors),
        found=len(exchanges),
        hits=hits,
        profiles=tuple(_lines(profile, guarded, hits, seen) for profile in ENFORCING),
        uninspected=dict(seen.uninspected),
        cut=seen.cut,
        full=sum(each.count >= FULL for each in exchanges.values()),
        beyond=seen.beyond,
    )


def _hits(exchanges: Mapping[str, _Exchange], guarded: Guarded) -> Iterator[Hit]:
    for detector in (*DETECTORS, *_UNREAD):
        asked = {request for request, each in exchanges.items() if detector in each.asked}
        answered = {request for request, each in exchanges.items() if detector in each.answered}
        both = asked | answered
        if both:
            newest = deque((request for request in exchanges if request in both), EXAMPLES)
            yield Hit(
                detector=detector,
                requests=len(asked),
                answers=len(answered),
                exchanges=len(both),
                principals=len({exchanges[request].actor for request in both}),
                actions={
                    name: _action(_profile(name, guarded.actions), detector).value for name in ENFORCING
                },
                examples=tuple(newest),
            )


def _profile(name: str, actions: Mapping[str, Action]) -> Profile:
    return PROFILES[name].with_actions(actions)


def _action(profile: Profile, reason: str) -> Action:
    if reason == UNINSPECTED:
        return profile.uninspected
    return profile.media if reason == MEDIA else profile.action(reason)


def _lines(name: str, guarded: Guarded, hits: tuple[Hit, ...], seen: _Seen) -> Lines:
    kept = tuple(each.detector for each in hits if _kept(each, name, seen.requests))
    actions = {**guarded.actions, **dict.fromkeys(kept, Action.FLAG)}
    said = ", ".join(f'"{detector}" = "{action.value}"' for detector, action in actions.items())
    return Lines(
        profile=name,
        effect=_effect(_profile(name, guarded.actions), seen),
        kept=kept,
        text=(f'guard = "{name}"', *((f"guard_actions = {{ {said} }}",) if said else ())),
        then=_effect(_profile(name, actions), seen),
    )


def _kept(hit: Hit, profile: str, requests: int) -> bool:
    """Return whether a detector would change so much that it is to be told and no more, until somebody has looked."""
    changes = Action(hit.actions[profile]).grade >= Action.REDACT.grade
    often = hit.exchanges >= FEW and hit.exchanges * OFTEN > requests
    return changes and often and hit.detector in DETECTORS


def _effect(profile: Profile, seen: _Seen) -> Effect:
    done: Counter[tuple[Action, str]] = Counter()
    touched = set[str]()
    for each in seen.exchanges.values():
        asked = gravest(_action(profile, reason) for reason in each.asked)
        answered = gravest(_action(profile, reason) for reason in each.answered)
        if asked.grade >= Action.HOLD.grade:
            asked, answered = Action.BLOCK, Action.ALLOW  # there is none
        done[asked, "request"] += 1
        done[Action.BLOCK if answered is Action.HOLD else answered, "answer"] += 1
        if max(asked.grade, answered.grade) >= Action.REDACT.grade:
            touched.add(each.actor)
    return Effect(
        blocked=done[Action.BLOCK, "request"],
        redacted=done[Action.REDACT, "request"],
        flagged=done[Action.FLAG, "request"],
        blocked_answers=done[Action.BLOCK, "answer"],
        redacted_answers=done[Action.REDACT, "answer"],
        flagged_answers=done[Action.FLAG, "answer"],
        principals=len(touched),
    )
