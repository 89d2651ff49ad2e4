"""What the inspector is told of services: which guard each has, and what that makes of a request."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Final

import msgspec

from bartizan.app.guard_judge.doubting import Doubting
from bartizan.app.plan import Plan
from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import Said, Signal
from bartizan.threats.excerpt import encoded, excerpts
from bartizan.threats.grey import NEVER
from bartizan.threats.inspect import Found, Inspector
from bartizan.threats.judge import NOBODY, Asker, Judged, judging
from bartizan.threats.links import Links
from bartizan.threats.profile import PROFILES, Action, Profile
from bartizan.threats.subject import Channel

MOST: Final = 32
"""Signals that are told of one request."""


class Guard(msgspec.Struct, frozen=True):
    """The guard of a service.

    Attributes:
        profile: a word of `PROFILES`.
        actions: detector -> what becomes of a text, where that is not the profile's.
        shows: whether excerpts of what was found are told of, because evidence is kept.
        links: hosts that answers may lead to, or None for any.
        floor: score from which on a text is in doubt, so that a judge is asked; above 1 for none.
    """

    profile: str
    actions: Mapping[str, str] = {}
    shows: bool = False
    links: tuple[str, ...] | None = None
    floor: float = NEVER

    def made(self) -> Profile:
        """Return what it does."""
        actions = {detector: Action(action) for detector, action in self.actions.items()}
        profile = PROFILES[self.profile].with_actions(actions)
        return msgspec.structs.replace(profile, shows=self.shows)

    def leading(self) -> Links | None:
        """Return where its answers may lead; None for anywhere."""
        return None if self.links is None else Links(self.links)


class Guards(msgspec.Struct, frozen=True):
    """What the inspector is started with.

    Attributes:
        services: name -> its guard.
        registered: name of a mark that is told wherever it stands -> its digest (`text.mark`).
    """

    services: Mapping[str, Guard]
    registered: Mapping[str, str] = {}


def guards(plan: Plan) -> Guards:
    """Return the guard of each service that has one, by its name, and what is told everywhere."""
    floor = NEVER if plan.guard_judge is None else plan.guard_judge.floor
    of = {
        service.name: Guard(
            service.guard,
            service.guard_actions,
            service.evidence_seconds > 0,
            service.guard_links,
            floor if service.guard_judge else NEVER,
        )
        for service in plan.upstreams
        if service.guard in PROFILES
    }
    return Guards(of, plan.registered)


def seeks_names(plan: Plan) -> bool:
    """Return whether names of people and places may be sought: by the guard of a service, or by whoever asks for verdicts."""
    return plan.judge is not None or any(guard.made().seeks_names for guard in guards(plan).services.values())


def inspecting(
    inspector: Inspector,
    profile: Profile,
    octets: bytes,
    goes_on: Callable[[Judged], None] = lambda _: None,
    asker: Asker = NOBODY,
    doubting: Doubting | None = None,
) -> Generator[None, None, Said]:
    """Inspect a request, a stretch at a time; returns what its worker is told.

    Args:
        inspector: that inspects.
        profile: of the service.
        octets: of the request.
        goes_on: is told of one that is not held back.
        asker: who sent it.
        doubting: finds out what is in doubt about it.
    """
    floor = NEVER if doubting is None else doubting.floor
    judged = yield from judging(inspector, profile, octets, asker=asker, floor=floor)
    if doubting is not None:
        yield from doubting.weigh(judged, profile, asker.source)
    said = judged.verdict
    if said.action is not Action.BLOCK or not profile.enforced:
        goes_on(judged)
    shown = excerpts(judged.found) if profile.shows else []
    return Said(
        said.action.value,
        said.reason,
        said.control,
        said.what,
        judged.octets,
        told_of(judged),
        encoded(shown),
    )


def told_of(judged: Judged, channel: Channel = Channel.USER) -> tuple[Signal, ...]:
    """Return what was found, and what nobody looked at."""
    missed = tuple(unseen(reason, channel) for reason in judged.unseen)
    found = signals_of(judged.findings)
    return (*found[:1], *missed, *found[1:])[:MOST]  # the first is the one by which excerpts are kept


def unseen(reason: str, channel: Channel = Channel.USER) -> Signal:
    """Return what is told of what nobody looked at: `verdict.UNINSPECTED` or `MEDIA`; no control says so."""
    return Signal("", reason, reason, channel.value, Severity.LOW, Confidence.HIGH)


def signals_of(findings: Iterable[tuple[Channel, Found]]) -> tuple[Signal, ...]:
    """Return what was found, told apart by what events tell of it."""
    counts = Counter(
        (each.control, each.reason, each.rule, channel.value, each.severity, each.confidence)
        for channel, each in findings
    )
    return tuple(Signal(*key, count=count) for key, count in counts.most_common(MOST))
