"""One pickle, read and measured.

Rules of this file: what a format wants of a pickle is `read`; whatever goes wrong in it is a reason, never an error, but for a
budget that does not reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.held import holding, unsound
from bartizan.supply.pickles.machine import PLAIN, Loader, Machine
from bartizan.supply.pickles.measure import overgrown
from bartizan.supply.pickles.opcodes import Stream
from bartizan.supply.pickles.run import run
from bartizan.supply.subject import Reason, Standing


@dataclass(frozen=True, slots=True)
class Pickle:
    """What a pickle would build.

    Attributes:
        root: what loading it returns, in the types of `values`; to be used only where there are no reasons.
        end: place after STOP; where reading stopped, if it is damaged.
        reasons: why it is not inert; none where it makes data and nothing else.
        globals: what it names of what is allowed.
        pieces: octets of storages that lie within it, by key (`legacy`); none for most.
    """

    root: object
    end: int
    reasons: tuple[Reason, ...] = ()
    globals: frozenset[tuple[str, str]] = frozenset()
    pieces: Mapping[str, memoryview] = field(default_factory=dict)

    @property
    def inert(self) -> bool:
        """Return whether loading it makes data and nothing else."""
        return not self.reasons

    @property
    def whole(self) -> bool:
        """Return whether it was read to its STOP."""
        return all(each.word not in _STOPPED for each in self.reasons)


_WORK: Final = Reason(
    "too-much-work", "it asks for more work than a file is worth; scan its parts", Standing.UNKNOWN
)
_STOPPED: Final = frozenset({"pickle-damaged", _WORK.word})


def read(view: memoryview, budget: Budget, start: int = 0, loader: Loader = PLAIN) -> Pickle:
    """Return what the pickle at a place would build.

    Args:
        view: the whole file; the pickle may end before its end.
        budget: of the file.
        start: of the pickle, in octets.
        loader: what the format's loader does beside what `pickle.load` does.
    Raises:
        Exhausted: the budget does not reach, and nothing was found before.
    """
    stream = Stream(view, start)
    machine = Machine(stream, budget, loader)
    before = budget.operations
    try:
        run(machine)
    except Exhausted:
        if not machine.faults:
            raise
        return Pickle(None, stream.position, (*machine.faults, _WORK), frozenset(machine.globals))
    except Damaged as fault:
        return Pickle(None, stream.position, (*machine.faults, fault.reason), frozenset(machine.globals))
    reasons = tuple(machine.faults)
    if not reasons:
        grown = overgrown(machine.root, before - budget.operations)
        if grown is None and holding(frozenset(machine.globals)):
            grown = unsound(machine.root, view, budget)
        reasons = (grown,) if grown else ()
    return Pickle(machine.root, stream.position, reasons, frozenset(machine.globals))


def after(offset: int) -> Reason:
    """Return the reason of a file that goes on after all that belongs to it."""
    what = "octets follow its end, which loaders pass over and others may run; save it anew"
    return Reason("octets-after", what, Standing.UNKNOWN, offset=offset)
