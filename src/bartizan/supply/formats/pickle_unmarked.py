"""Pickles of protocols 0 and 1, which have no magic: text or octets that read as instructions of a pickle."""

from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Exhausted, Octets
from bartizan.supply.pickles.machine import Machine
from bartizan.supply.pickles.opcodes import OPCODES, STOP, Stream
from bartizan.supply.pickles.whole import read_pickles

_TRIED, _WORTH = 64, 1 << 14
"""Instructions that are read to see whether it is a pickle, and operations that are run for it."""
_ENOUGH: Final = 3
_NAMING: Final = frozenset(code for code, each in OPCODES.items() if each.name in {"GLOBAL", "INST"})


def knows(octets: Octets) -> bool:
    """Return whether a file's first octets are instructions up to STOP, or many of them, or a few that name something.

    What an unpickler would begin to run and then stumble over is one, so that what it names is told.
    """
    stream, names = Stream(octets.view), False
    for count in range(_TRIED):
        try:
            code, _ = stream.next()
        except Damaged:
            return names and count >= _ENOUGH
        if code == STOP:
            return count > 0
        names = names or code in _NAMING
    return _begins(octets)


def _begins(octets: Octets) -> bool:
    """Return whether an unpickler would go on for long, or name something before it stumbles: a text of `aaaa` it would not."""
    machine = Machine(Stream(octets.view), Budget(_WORTH))
    try:
        machine.run()
    except Damaged:
        return bool(machine.globals or machine.faults)
    except Exhausted:
        return True
    return True


def read(octets: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of a pickle.

    Raises:
        Exhausted: the budget does not reach.
    """
    found = read_pickles(octets.view, budget)
    return Read(found.reasons, found.format or "pickle")


FORMAT = Format("pickle-unmarked", knows, read, order=LAST)
