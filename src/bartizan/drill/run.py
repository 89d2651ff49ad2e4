"""Carry attacks out: several at once, each with a deadline, and all of them into the record.

Rules of this file: one thread decides what runs; an attack gets a thread of its own and cannot hold up the
others. An attack that raises or overstays is undecided, never held; the few that a busy moment left undecided are
carried out once more, alone and on fresh twins, and that counts. The run ends when its entries are in the tree, so
that every row can name them.
"""

import queue
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bartizan.clock import MICROSECOND, SECOND, Clock, Nanoseconds
from bartizan.drill.attack import Attack, Outcome, Stage, Trace, Undecided
from bartizan.drill.target import Target
from bartizan.drill.verdict import WORDS, Result, Row, Standing, Tried, Verdict, judge, rows
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event
from bartizan.ledger.event import Outcome as Word

DEADLINE: Final = Nanoseconds(60 * SECOND)
"""Longest time for one attack, in which the throw-away platform that it needs may have to start, on a busy machine too."""
AT_ONCE: Final = 6
"""How many attacks run at the same time."""
AGAIN_WITHIN: Final = Nanoseconds(60 * SECOND)
"""Longest time in which attacks that were not judged are begun once more."""
RECORDED_WITHIN: Final = Nanoseconds(15 * SECOND)
"""Longest time until what was posted is in the tree."""
TRACED_WITHIN: Final = Nanoseconds(15 * SECOND)
"""Longest time until what the platform wrote about the last attack is in the tree."""
_LONGEST_SAID = 300
_ON_TWIN: Final = (Stage.TWIN, Stage.WRECK)
"""Stages of which one attack runs at a time, in this order."""
_AWAY: Final = frozenset({*_ON_TWIN, Stage.SCENE, Stage.FILES})
"""Stages whose requests, if there are any, are on the record of another platform."""


class Note(msgspec.Struct, frozen=True):
    """What the drill wants on record; the owner's process stamps time and actor.

    Attributes:
        kind: a `drill.…` row of the vocabulary.
        outcome, control, detail: as of `bartizan.ledger.event.Event`.
    """

    kind: str
    outcome: Word
    control: str
    detail: dict[str, int | str]


class Ports(msgspec.Struct, frozen=True):
    """What the run itself needs from above.

    Attributes:
        post: puts notes on record, in order; raises where it cannot.
        enforced: ids of the controls that the platform claims to enforce.
        controls: every control id there is.
        clock: measures the attacks.
        tried: called after each attack, in order of completion, for progress.
        renew: ends the throw-away platforms; whoever asks for one after that gets a new one.
    """

    post: Callable[[Sequence[Note]], None]
    enforced: Collection[str]
    controls: tuple[str, ...]
    clock: Clock
    tried: Callable[[Tried], None]
    renew: Callable[[], None]


class AttackUnknown(LookupError):
    """A name that is neither an attack nor a control with attacks."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Carry the name and what is known."""
        super().__init__(f"no attack or control is called {name!r}; known are {', '.join(known)}")
        self.name = name


def choose(
    attacks: Mapping[str, Attack], names: Collection[str], stages: Collection[Stage]
) -> tuple[Attack, ...]:
    """Return the attacks of these names or control ids that make sense on these stages.

    Args:
        attacks: every attack, by name.
        names: names of attacks or ids of controls; none means all.
        stages: where attacks may run.
    Raises:
        AttackUnknown: a name that fits nothing.
    """
    controls = {attack.control for attack in attacks.values()}
    for name in names:
        if name not in attacks and name not in controls:
            raise AttackUnknown(name, (*attacks, *sorted(controls)))
    return tuple(
        attack
        for attack in attacks.values()
        if attack.stage in stages and (not names or {attack.name, attack.control} & {*names})
    )


def run(attacks: Collection[Attack], target: Target, ports: Ports) -> Result:
    """Return what the attacks found, once it is on record.

    Args:
        attacks: which; in any order.
        target: what they are let loose on.
        ports: record, claims, clock, progress.
    """
    began, size = ports.clock.now(), target.platform.size()
    name = secrets.token_hex(8)
    ports.post([Note("drill.run.started", Word.DONE, "", {"attacks": len(attacks), "run": name})])
    outcomes = _judged(attacks, target, ports)
    table = rows(_place(outcomes, target, size, ports.clock))
    summary = Result(name, target.door.service, table, ports.controls, 0.0)
    notes = [_note(tried, name) for row in table for tried in row.tried]
    ports.post([*notes, Note("drill.run.finished", Word.DONE, "", _counts(summary))])
    table = _find_entries(table, name, size, target, ports.clock)
    return msgspec.structs.replace(summary, rows=table, seconds=(ports.clock.now() - began) / SECOND)


def _judged(attacks: Collection[Attack], target: Target, ports: Ports) -> tuple[tuple[Tried, Outcome], ...]:
    """Carry the attacks out, and those that were not judged once more, one at a time.

    Where most were not judged it is not the moment that is to blame, and once more would tell nothing new.
    """
    done = {tried.attack.name: (tried, outcome) for tried, outcome in _carry_out(attacks, target, ports)}
    missed = [tried.attack for tried, _outcome in done.values() if tried.verdict is Verdict.UNDECIDED]
    worth = 0 < len(missed) <= len(done) / 2
    if worth:
        ports.renew()
    until = ports.clock.now() + AGAIN_WITHIN
    for attack in missed:
        if worth and ports.clock.now() < until:
            done[attack.name] = _carry_out([attack], target, ports)[0]
        if done[attack.name][0].verdict is Verdict.UNDECIDED:
            ports.tried(done[attack.name][0])
    return tuple(done.values())


def _carry_out(attacks: Iterable[Attack], target: Target, ports: Ports) -> tuple[tuple[Tried, Outcome], ...]:
    """Run the attacks, several at once; those on twins, which disturb each other, one after another.

    Tell of those that were judged.
    """
    waiting = list(attacks)
    running: dict[str, tuple[Attack, Nanoseconds]] = {}
    ended: queue.SimpleQueue[tuple[str, Outcome]] = queue.SimpleQueue()
    done: list[tuple[Tried, Outcome]] = []
    while waiting or running:
        for attack in _startable(waiting, running):
            waiting.remove(attack)
            running[attack.name] = (attack, ports.clock.now())
            threading.Thread(target=_act, args=(attack, target, ended), daemon=True).start()
        for name, outcome in _next(running, ended, ports.clock.now()):
            if name not in running:  # it ended after its deadline and has been counted as undecided
                continue
            attack, since = running.pop(name)
            tried = judge(attack, outcome, (ports.clock.now() - since) // MICROSECOND, ports.enforced)
            done.append((tried, outcome))
            if tried.verdict is not Verdict.UNDECIDED:
                ports.tried(tried)
    return tuple(done)


def _startable(waiting: Sequence[Attack], running: Mapping[str, tuple[Attack, Nanoseconds]]) -> list[Attack]:
    """Return the attacks to start now: one on a twin first, since its twin has to start, those on the scene later; one with files last.

    Those with files start processes of their own, several each.
    """
    stages = [attack.stage for attack, _since in running.values()]
    busy, filing = any(stage in _ON_TWIN for stage in stages), Stage.FILES in stages
    twins = [attack for stage in _ON_TWIN for attack in waiting if attack.stage is stage][: 0 if busy else 1]
    files = [attack for attack in waiting if attack.stage is Stage.FILES][: 0 if filing else 1]
    others = [attack for attack in waiting if attack.stage not in (*_ON_TWIN, Stage.FILES)]
    others.sort(key=lambda attack: attack.stage is Stage.SCENE)
    return [*twins, *others, *files][: AT_ONCE - len(running)]


def _next(
    running: Mapping[str, tuple[Attack, Nanoseconds]],
    ended: "queue.SimpleQueue[tuple[str, Outcome]]",
    now: Nanoseconds,
) -> list[tuple[str, Outcome]]:
    """Wait for one attack to end, or for the first deadline."""
    first = min(since for _attack, since in running.values()) + DEADLINE
    try:
        return [ended.get(timeout=max(first - now, 0) / SECOND)]
    except queue.Empty:
        why = f"took longer than {DEADLINE // SECOND} s; try it alone with `bartizan drill ATTACK`"
        late = [name for name, (_attack, since) in running.items() if since <= first - DEADLINE]
        return [(name, Undecided(why)) for name in late]


def _act(attack: Attack, target: Target, ended: "queue.SimpleQueue[tuple[str, Outcome]]") -> None:
    try:
        outcome = attack.act(target)
    except Exception as fault:  # noqa: BLE001 - not to go on: whatever it was, the attack is undecided
        said = "".join(letter for letter in f"{type(fault).__name__}: {fault}" if letter.isprintable())
        outcome = Undecided(said[:_LONGEST_SAID])
    ended.put((attack.name, outcome))


def _place(
    outcomes: Sequence[tuple[Tried, Outcome]], target: Target, size: int, clock: Clock
) -> Iterator[Tried]:
    """Name the platform's own entries about each attack, once every attack that left a trace has one."""
    told = [(tried, Trace() if tried.attack.stage in _AWAY else outcome.trace) for tried, outcome in outcomes]
    traces = [trace for _tried, trace in told if trace]

    def all_traced(entries: tuple[Entry, ...]) -> bool:
        return all(any(_concerns(entry.event, trace) for entry in entries) for trace in traces)

    seen = _wait_for(target, size, clock, TRACED_WITHIN, all_traced)
    for tried, trace in told:
        found = [entry.index for entry in seen if _concerns(entry.event, trace)]
        yield msgspec.structs.replace(tried, first=min(found), last=max(found)) if found else tried


def _concerns(event: Event, trace: Trace) -> bool:
    counted = not event.subject and event.kind == "gateway.request.refused"
    return event.subject in trace.requests or (counted and event.detail.get("reason") in trace.reasons)


def _note(tried: Tried, run: str) -> Note:
    detail: dict[str, int | str] = {"attack": tried.attack.name, "run": run, "micros": tried.micros}
    if tried.verdict is Verdict.UNPROTECTED:
        detail["unclaimed"] = 1
    if tried.first is not None and tried.last is not None:
        detail |= {"first": tried.first, "last": tried.last}
    return Note("drill.attack.tried", WORDS[tried.verdict], tried.attack.control, detail)


def _counts(result: Result) -> dict[str, int | str]:
    return {
        "held": result.count(Standing.PROVEN),
        "broken": result.count(Standing.BROKEN),
        "unproven": result.count(Standing.NOT_PROVEN),
        "run": result.run,
    }


def _wait_for(
    target: Target, size: int, clock: Clock, within: Nanoseconds, enough: Callable[[tuple[Entry, ...]], bool]
) -> tuple[Entry, ...]:
    """Return the entries from `size` on, once there are enough or that time is over."""
    until = clock.now() + within
    while True:
        entries = target.platform.entries(size)
        if enough(entries) or clock.now() >= until:
            return entries
        target.sleep(0.05)


def _find_entries(
    table: tuple[Row, ...], run: str, size: int, target: Target, clock: Clock
) -> tuple[Row, ...]:
    """Return the rows with the place of each attack's entry, once the run's last entry is in the tree."""

    def ours(entries: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in entries if entry.event.detail.get("run") == run]

    entries = _wait_for(
        target,
        size,
        clock,
        RECORDED_WITHIN,
        lambda found: any(entry.event.kind == "drill.run.finished" for entry in ours(found)),
    )
    places = {entry.event.detail.get("attack"): entry.index for entry in ours(entries)}
    return tuple(
        Row(
            row.control,
            tuple(msgspec.structs.replace(tried, entry=places.get(tried.attack.name)) for tried in row.tried),
        )
        for row in table
    )
