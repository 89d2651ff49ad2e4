"""A stranger asks again and again with what is no token, so that the record fills with refusals, and the disk with the record."""

from collections.abc import Sequence

from bartizan.clock import SECOND
from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import read_answer
from bartizan.drill.target import STRICT, Platform, Target
from bartizan.ledger.event import Event

_REFUSALS = 60
_ENTRIES = 12
"""Entries that so many refusals may come to, beside one for each second that they take on a slow machine."""
_ROUNDS, _ROUND_S = 100, 0.05
_REFUSED = "gateway.request.refused"
_NONE = "none"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    since = twin.size()
    sent = sum(_ask(twin) for _ in range(_REFUSALS))
    if not sent:
        return Undecided("a request with what is no token was served: nothing was refused")
    entries = told = 0
    for _ in range(_ROUNDS):
        known = [entry.event for entry in twin.entries(since) if entry.event.kind == _REFUSED]
        entries, told = len(known), sum(int(event.detail.get("count", 1)) for event in known)
        if entries > _ENTRIES + _seconds(known):
            return GotThrough(f"{told} requests of a stranger became {entries} entries")
        if told >= sent:
            return Held(f"{sent} refusals became {entries} entries, each with its count")
        target.sleep(_ROUND_S)
    return Undecided(f"{sent} requests were refused, {told} of them are on record")


def _seconds(events: Sequence[Event]) -> int:
    """Return in how much time they came to pass."""
    times = [event.at for event in events] or [0]
    return (max(times) - min(times)) // SECOND


def _ask(twin: Platform) -> int:
    """Ask with what is no token on a connection of its own; return 1 where that was refused."""
    door = twin.door
    with door.line() as line:
        line.send(door.request("GET", door.path("models"), token=_NONE))
        return int(not read_answer(line, "GET").served)


ATTACK = Attack(
    name="record-flooded",
    control="ledger.intact",
    title="flood of refusals",
    skill=1,
    stage=Stage.WRECK,
    because="a record that strangers can fill is a disk that strangers can fill, and hides what else they do",
    references=("AML.T0029", "CWE-770", "CWE-779"),
    weakening="refusals_each",
    act=_act,
)
