"""Steps as entries of the record: one for each artifact, then one that closes the step.

Rules of this file: pure. The last entry names the step's id, and only what adds up to that id is a step; entries of other steps may
stand in between, the same ones may stand twice, and what is left open or was added to is told as such.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from bartizan.supply.provenance.step import Kind, Origin, Stage, Step, Use, faults

USED: Final = "supply.step.used"
MADE: Final = "supply.step.made"
RECORDED: Final = "supply.step.recorded"
MOST_OPEN: Final = 200_000
"""Artifacts of steps that are not closed yet, all together; more are not read together any more."""
_UNREADABLE: Final = (KeyError, TypeError, ValueError)

Detail = Mapping[str, int | str]


class Told(NamedTuple):
    """One entry that is to be written: its kind, its detail."""

    kind: str
    detail: dict[str, int | str]


class Part(msgspec.Struct, frozen=True):
    """An artifact of a step that is not closed yet, and on which side of it."""

    side: Literal["used", "made"]
    use: Use


def entries(one: Step) -> Iterator[Told]:
    """Yield the entries of a step, in the order in which they are written."""
    name = one.id
    for kind, uses in ((USED, one.materials), (MADE, one.products)):
        for use in uses:
            yield Told(kind, {"step": name, "digest": use.digest, "kind": use.kind, "seen": use.seen})
    yield Told(
        RECORDED,
        {
            "step": name,
            "stage": one.stage.value,
            "materials": len(one.materials),
            "products": len(one.products),
            "began": one.began,
            "ended": one.ended,
            "origin": one.origin.value,
        },
    )


class Assembly:
    """Puts steps together out of their entries, in the order of the record.

    Attributes:
        parts: step -> its artifacts so far, of those that are not closed.
    """

    __slots__ = ("_count", "parts")

    def __init__(self, parts: Mapping[str, set[Part]] | None = None) -> None:
        """Go on with what was open."""
        self.parts: dict[str, set[Part]] = {name: set(some) for name, some in (parts or {}).items()}
        self._count = sum(map(len, self.parts.values()))

    def part(self, kind: str, detail: Detail) -> None:
        """Take an artifact of a step; what is no such entry is passed over, and then the step does not add up."""
        try:
            use = msgspec.convert(
                {"digest": detail["digest"], "kind": detail["kind"], "seen": detail["seen"]}, Use
            )
            name = str(detail["step"])
        except _UNREADABLE:
            return
        found = Part("used" if kind == USED else "made", use)
        some = self.parts.setdefault(name, set())
        if found not in some and self._count < MOST_OPEN:
            some.add(found)
            self._count += 1

    def closed(self, detail: Detail) -> Step | None:
        """Return the step that an entry closes; None where its artifacts do not add up to it."""
        some = self.parts.pop(str(detail.get("step", "")), set())
        self._count -= len(some)
        uses = {
            side: tuple(sorted(part.use for part in some if part.side == side)) for side in ("used", "made")
        }
        try:
            found = Step(
                Stage(detail["stage"]),
                uses["used"],
                uses["made"],
                int(detail["began"]),
                int(detail["ended"]),
                Origin(detail["origin"]),
            )
        except _UNREADABLE:
            return None
        adds_up = found.id == detail.get("step") and not any(True for _ in faults(found))
        return found if adds_up else None


KINDS_OF_THINGS: Final = tuple(each.value for each in Kind)
"""Words of kinds of artifacts, in a fixed order: their places are bits of the index."""
