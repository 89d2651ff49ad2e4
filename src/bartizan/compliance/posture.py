"""What is proven, broken, not proven: a fold over the record, and nothing besides.

Rules of this file: pure. A control is proven while every attack on it that exists was turned away at its
last try, at most `FRESH` ago. What got through stays so until the same attack is turned away again; an attack
that could not be judged since proves nothing and mends nothing. What a room's own control has judged (an evaluation)
counts as such an attack, for as long as that control lets it. No evidence is "not proven".
"""

import enum
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from bartizan.clock import DAY, Nanoseconds
from bartizan.ledger.event import Event, Outcome

FRESH: Final = Nanoseconds(7 * DAY)
"""How long a proof counts."""
TRIED: Final = "drill.attack.tried"
"""Kind of the entries that posture rests on."""


class Standing(enum.Enum):
    """How a control stands; the three words of every screen."""

    PROVEN = "PROVEN"
    BROKEN = "BROKEN"
    NOT_PROVEN = "NOT PROVEN"


class Proof(msgspec.Struct, frozen=True):
    """What the last try of one attack came to.

    Attributes:
        attack, control: names of both.
        outcome: cleared (turned away), found (got through), failed (could not be judged).
        through: whether it got through at the last try that could be judged.
        at: UTC nanoseconds.
        entry: index of its entry in the tree.
        unclaimed: whether the platform that it got through to did not claim to turn it away.
    """

    attack: str
    control: str
    outcome: Outcome
    through: bool
    at: int
    entry: int
    unclaimed: bool = False


class Judged(msgspec.Struct, frozen=True):
    """What a control said of the newest evidence about something, which it also says the age of.

    Attributes:
        control: its id.
        about: what the evidence is about: the name of a service; empty where there is none at all.
        outcome: cleared (nothing wrong), found, failed (the evidence is not whole, or there is none).
        why: what is wrong, for people; empty where nothing is.
        at: UTC nanoseconds; 0 where there is no evidence.
        entry: index of its entry in the tree; -1 where there is none.
    """

    control: str
    about: str
    outcome: Outcome
    why: str = ""
    at: int = 0
    entry: int = -1


class Row(msgspec.Struct, frozen=True):
    """One control.

    Attributes:
        control: its id.
        standing: how it stands.
        why: for people: why it is not proven, or what broke it; empty where it is proven.
        proofs: the last try of each attack, in order of the record.
        missing: attacks on it that were never tried, in order of name.
    """

    control: str
    standing: Standing
    why: str
    proofs: tuple[Proof, ...]
    missing: tuple[str, ...]

    @property
    def held(self) -> int:
        """How many attacks were turned away at their last try."""
        return sum(proof.outcome is Outcome.CLEARED for proof in self.proofs)

    @property
    def tried(self) -> int:
        """How many attacks there are, those never tried included."""
        return len(self.proofs) + len(self.missing)

    @property
    def oldest(self) -> int | None:
        """Instant of the oldest proof, UTC nanoseconds; None without any."""
        return min((proof.at for proof in self.proofs), default=None)

    @property
    def entries(self) -> tuple[int, int] | None:
        """First and last index of its proofs in the tree."""
        return (self.proofs[0].entry, self.proofs[-1].entry) if self.proofs else None


class Posture(msgspec.Struct, frozen=True):
    """Every control, in the order in which the promises are given."""

    rows: tuple[Row, ...]

    def count(self, standing: Standing) -> int:
        """Return how many controls stand so."""
        return sum(row.standing is standing for row in self.rows)


def fold(proofs: Mapping[str, Proof], entry: int, event: Event) -> Mapping[str, Proof]:
    """Return the last try of each attack after one more entry of the record.

    Args:
        proofs: attack -> its last try so far.
        entry: index of the event in the tree.
        event: the event; other kinds than `TRIED` change nothing.
    """
    attack = event.detail.get("attack")
    if event.kind != TRIED or not isinstance(attack, str):
        return proofs
    before = proofs.get(attack)
    undecided = event.outcome not in {Outcome.CLEARED, Outcome.FOUND}
    kept = before is not None and before.through and undecided
    through = event.outcome is Outcome.FOUND or kept
    unclaimed = before is not None and before.unclaimed if kept else event.detail.get("unclaimed") == 1
    proof = Proof(attack, event.control, event.outcome, through, event.at, entry, unclaimed)
    return {**proofs, attack: proof}


def posture(
    proofs: Mapping[str, Proof],
    promises: Iterable[str],
    enforced: Collection[str],
    attacks: Mapping[str, str],
    now: Nanoseconds,
    judged: Iterable[Judged] = (),
) -> Posture:
    """Return how every control stands.

    Args:
        proofs: what `fold` made of the record.
        promises: every control id there is.
        enforced: those that this platform claims to keep: what gets through there is broken, not absent.
        attacks: every attack there is -> the control that it attacks.
        now: UTC nanoseconds.
        judged: what controls said of evidence that the drill does not make.
    """
    said = tuple(judged)
    rows = (_row(control, proofs, enforced, attacks, now) for control in promises)
    return Posture(tuple(_with(row, [each for each in said if each.control == row.control]) for row in rows))


def _with(row: Row, judged: list[Judged]) -> Row:
    """Return how a control stands with what it said itself: whichever of both is worse."""
    if not judged:
        return row
    proofs = [
        Proof(each.about, each.control, each.outcome, each.outcome is Outcome.FOUND, each.at, each.entry)
        for each in judged
        if each.entry >= 0
    ]
    every = tuple(sorted((*row.proofs, *proofs), key=lambda proof: proof.entry))
    missing = (*row.missing, *(each.about for each in judged if each.entry < 0 and each.about))
    standing, why = _worse(row, judged)
    return Row(row.control, standing, why, every, missing)


def _worse(row: Row, judged: list[Judged]) -> tuple[Standing, str]:
    found = [each for each in judged if each.outcome is Outcome.FOUND]
    if row.standing is Standing.BROKEN:
        return row.standing, row.why
    if found:
        return Standing.BROKEN, f"broken: {_told(found)}"
    open_ = [each for each in judged if each.outcome is not Outcome.CLEARED]
    if open_:
        return Standing.NOT_PROVEN, _told(open_)
    drilled = bool(row.proofs or row.missing)
    return (row.standing, row.why) if drilled else (Standing.PROVEN, "")


def _told(judged: list[Judged]) -> str:
    first = judged[0]
    more = f"; and {len(judged) - 1} more" if len(judged) > 1 else ""
    return f"{first.about}: {first.why}{more}" if first.about else first.why


def _row(
    control: str,
    proofs: Mapping[str, Proof],
    enforced: Collection[str],
    attacks: Mapping[str, str],
    now: Nanoseconds,
) -> Row:
    # an attack that no longer exists counts only while it is through: nothing can turn it away any more
    ours = [
        proof
        for proof in proofs.values()
        if proof.control == control and (attacks.get(proof.attack) == control or proof.through)
    ]
    ours.sort(key=lambda proof: proof.entry)
    missing = tuple(sorted(name for name, of in attacks.items() if of == control and name not in proofs))
    through = [proof for proof in ours if proof.through]
    if through:
        broken = control in enforced and not all(proof.unclaimed for proof in through)
        why = (
            f"{'broken' if broken else 'not protected'}: {_names(through)} got through (#{through[-1].entry})"
        )
        return Row(control, Standing.BROKEN if broken else Standing.NOT_PROVEN, why, tuple(ours), missing)
    why = _doubt(ours, missing, now)
    return Row(control, Standing.NOT_PROVEN if why else Standing.PROVEN, why, tuple(ours), missing)


def _doubt(proofs: list[Proof], missing: tuple[str, ...], now: Nanoseconds) -> str:
    """Return why proofs do not prove, or nothing."""
    if not proofs:
        return "never tried: run `bartizan drill`" if missing else "no attack on it in this version"
    undecided = [proof for proof in proofs if proof.outcome is not Outcome.CLEARED]
    if undecided:
        return f"{_names(undecided)} could not be judged (#{undecided[-1].entry})"
    if missing:
        return f"{len(missing)} of {len(missing) + len(proofs)} attacks never tried"
    age = now - min(proof.at for proof in proofs)
    if age > FRESH:
        return f"the proof is {age // DAY} days old; {FRESH // DAY} count"
    return ""


def _names(proofs: list[Proof]) -> str:
    names = [proof.attack for proof in proofs]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
