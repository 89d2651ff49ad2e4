"""What a format has to say, gathered while it reads: what was found before a fault is told beside the fault.

Rules of this file: a fault never hides what was found before it, and whatever a reader runs into ends in a reason.
"""

from collections.abc import Callable

from bartizan.printable import printable
from bartizan.supply.format import Damaged, Read
from bartizan.supply.octets import Exhausted, TooShort
from bartizan.supply.subject import MOST_BESIDE, MOST_PARTS, MOST_REASONS, Beside, Reason, Standing

LONGEST_NAME = 120
"""Letters of a name of the file's that are told."""


def shown(name: str) -> str:
    """Return a name that a file gives, fit for a terminal and cut to 120 letters."""
    told = printable(name[: LONGEST_NAME + 1])
    return told if len(told) <= LONGEST_NAME else told[: LONGEST_NAME - 1] + "…"


class Telling:
    """The reasons of one file.

    Attributes:
        format: a more exact word than the format's own; empty for that.
    """

    __slots__ = ("_beside", "_reasons", "format")

    def __init__(self) -> None:
        """Begin with none."""
        self._reasons: dict[tuple[str, str, str], Reason] = {}
        self._beside: dict[str, list[tuple[int, int]]] = {}
        self.format = ""

    def say(self, word: str, what: str, standing: Standing, *, member: str = "", offset: int = -1) -> None:
        """Add a reason; the same one is told once, and the worst are kept where there are too many."""
        self.add(Reason(word, what, standing, member, offset))

    def add(self, reason: Reason) -> None:
        """Add a reason that is made already."""
        self._reasons.setdefault((reason.word, reason.what, reason.member), reason)
        if len(self._reasons) > 2 * MOST_REASONS:
            self._reasons = {(each.word, each.what, each.member): each for each in self._worst()}

    def describe(self, name: str, start: int, count: int) -> None:
        """Say that octets of a file beside belong to this one; -1 for all from there on."""
        self._beside.setdefault(name, []).append((start, count))

    def _described(self) -> tuple[Beside, ...]:
        """Return the files beside, whose parts may be named in any order and more than once; none where there are too many."""
        parts = sum(map(len, self._beside.values()))
        if len(self._beside) > MOST_BESIDE or parts > MOST_PARTS:
            return ()
        return tuple(Beside(name, tuple(sorted(set(found)))) for name, found in self._beside.items())

    def _worst(self) -> list[Reason]:
        ordered = sorted(self._reasons.values(), key=lambda each: -each.standing.rank)
        return ordered[:MOST_REASONS]

    def read(self) -> Read:
        """Return what there is to say, the worst first."""
        return Read(tuple(self._worst()), self.format, self._described())


def told(walk: Callable[[Telling], None]) -> Read:
    """Return what a walk through a file says, whatever ends it.

    Args:
        walk: says its reasons, and raises `Damaged`, `TooShort`, `Exhausted` or, of a parser beneath, `RecursionError`.
    """
    telling = Telling()
    try:
        walk(telling)
    except Damaged as fault:
        telling.add(fault.reason)
    except TooShort:
        telling.say(
            "cut-off",
            "it ends before what it says that it holds; get it anew from its source",
            Standing.UNKNOWN,
        )
    except Exhausted:
        telling.say(
            "too-much-work",
            "reading it takes more work than a file is worth; it was not read whole",
            Standing.UNKNOWN,
        )
    except RecursionError:
        telling.say("too-deep", "it is nested too deep to be read", Standing.UNKNOWN)
    return telling.read()
