"""What a run of the drill says: a verdict for each attack, a row for each control, an exit code.

Rules of this file: pure. An attack that got through breaks a promise only where the platform claims to
keep it; where nobody claims it, the row is "not proven" and the gap is named. An attack that could not be
judged proves nothing, and the run says so in its exit code.
"""

import enum
from collections.abc import Collection, Iterable, Mapping

import msgspec

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Undecided
from bartizan.ledger.event import Outcome as Word


class Verdict(enum.Enum):
    """What an attempt means for the promise that it attacked."""

    HELD = "held"
    BROKEN = "broken"
    UNPROTECTED = "not protected"
    UNDECIDED = "could not be judged"


class Standing(enum.Enum):
    """What all attempts together mean for a control; the three words of every screen."""

    PROVEN = "PROVEN"
    BROKEN = "BROKEN"
    NOT_PROVEN = "NOT PROVEN"


WORDS: Mapping[Verdict, Word] = {
    Verdict.HELD: Word.CLEARED,
    Verdict.BROKEN: Word.FOUND,
    Verdict.UNPROTECTED: Word.FOUND,
    Verdict.UNDECIDED: Word.FAILED,
}
"""Verdict -> outcome of the `drill.attack.tried` entry."""


class Tried(msgspec.Struct, frozen=True):
    """One attack, carried out once.

    Attributes:
        attack: which.
        verdict, said: what came of it, and how, in a sentence of ours.
        micros: how long it took, in microseconds.
        first, last: indices of the platform's own entries about its requests; None where it left none
            (its requests were dropped before they had a name, or it ran on a throw-away twin).
        entry: index of the drill's own entry; None until that is in the tree.
    """

    attack: Attack
    verdict: Verdict
    said: str
    micros: int
    first: int | None = None
    last: int | None = None
    entry: int | None = None


class Row(msgspec.Struct, frozen=True):
    """One control, with every attack tried on it (at least one), in order of skill."""

    control: str
    tried: tuple[Tried, ...]

    @property
    def held(self) -> int:
        """How many attacks were turned away."""
        return sum(attempt.verdict is Verdict.HELD for attempt in self.tried)

    @property
    def standing(self) -> Standing:
        """Proven when every attack was held, broken when one broke a claimed promise."""
        verdicts = {attempt.verdict for attempt in self.tried}
        if Verdict.BROKEN in verdicts:
            return Standing.BROKEN
        return Standing.PROVEN if verdicts == {Verdict.HELD} else Standing.NOT_PROVEN

    @property
    def hardest(self) -> Tried:
        """The attempt to show: what got through if anything did, else the most skilled one."""
        through = (Verdict.BROKEN, Verdict.UNPROTECTED)
        return max(self.tried, key=lambda attempt: (attempt.verdict in through, attempt.attack.skill))

    @property
    def entries(self) -> tuple[int, int] | None:
        """First and last index of the drill's entries about this control."""
        known = [attempt.entry for attempt in self.tried if attempt.entry is not None]
        return (min(known), max(known)) if known else None


class Result(msgspec.Struct, frozen=True):
    """One run of the drill.

    Attributes:
        run: eight random bytes in hexadecimal, which every entry of the run carries.
        service: name of the service behind the front door that was attacked.
        rows: one for each control that was attacked, in order of id.
        controls: every control id there is; those without a row are not proven.
        seconds: how long the run took.
    """

    run: str
    service: str
    rows: tuple[Row, ...]
    controls: tuple[str, ...]
    seconds: float

    def standing(self, control: str) -> Standing:
        """Return how a control stands; one that was not attacked is not proven."""
        return next((row.standing for row in self.rows if row.control == control), Standing.NOT_PROVEN)

    def count(self, standing: Standing) -> int:
        """Return how many controls stand so."""
        every = {*self.controls, *(row.control for row in self.rows)}
        return sum(self.standing(control) is standing for control in every)

    @property
    def recorded(self) -> bool:
        """Whether every attempt is an entry of the tree."""
        return all(tried.entry is not None for row in self.rows for tried in row.tried)

    def attempts(self, *verdicts: Verdict) -> tuple[Tried, ...]:
        """Return the attempts with one of these verdicts, in order of the rows."""
        return tuple(tried for row in self.rows for tried in row.tried if tried.verdict in verdicts)


def judge(attack: Attack, outcome: Outcome, micros: int, enforced: Collection[str]) -> Tried:
    """Return what an outcome means.

    Args:
        attack: what was tried.
        outcome: what happened.
        micros: how long it took, in microseconds.
        enforced: ids of the controls that the platform claims to enforce.
    """
    match outcome:
        case Held(how):
            return Tried(attack, Verdict.HELD, how, micros)
        case GotThrough(what):
            claimed = attack.control in enforced
            return Tried(attack, Verdict.BROKEN if claimed else Verdict.UNPROTECTED, what, micros)
        case Undecided(why):
            return Tried(attack, Verdict.UNDECIDED, why, micros)


def rows(tried: Iterable[Tried]) -> tuple[Row, ...]:
    """Return the attempts by control, in order of id; within a row in order of skill, then name."""
    grouped: dict[str, list[Tried]] = {}
    for attempt in sorted(tried, key=lambda one: (one.attack.control, one.attack.skill, one.attack.name)):
        grouped.setdefault(attempt.attack.control, []).append(attempt)
    return tuple(Row(control, tuple(attempts)) for control, attempts in grouped.items())


def exit_code(result: Result, required: Iterable[str]) -> int:
    """Return 0 clean, 1 a promise broken or a required control not proven, 3 something not judged or kept.

    Args:
        result: the run.
        required: control ids that must be proven.
    """
    broken = result.count(Standing.BROKEN) > 0
    missing = any(result.standing(control) is not Standing.PROVEN for control in required)
    if broken or missing:
        return 1
    return 3 if result.attempts(Verdict.UNDECIDED) or not result.recorded else 0
