"""Pickles of protocols 0 and 1, which have no magic: text or octets that read as instructions of a pickle."""

from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Exhausted, Octets
from bartizan.supply.pickles.machine import Machine
from bartizan.supply.pickles.opcodes import Stream
from bartizan.supply.pickles.run import run
from bartizan.supply.pickles.whole import read_pickles
from bartizan.supply.subject import Standing

_TRIED: Final = 2000
"""Operations that are tried, which for text end at its first letters."""


def knows(octets: Octets) -> bool:
    """Return whether all of a file is a row of pickles, or it runs for long, or a pickle of it names something.

    What an unpickler would begin to run and then stumble over is one, so that what it names is told; of damage it must be malicious,
    for a text that begins with "c" names its first two lines. Text that comes to a STOP by its letters, and names nothing, runs nothing.
    """
    budget, at, named = Budget(_TRIED), 0, False
    while at < len(octets):
        machine = Machine(Stream(octets.view, at), budget)
        try:
            run(machine)
        except Damaged:
            return named or any(each.standing is Standing.MALICIOUS for each in machine.faults)
        except Exhausted:
            return True
        named = named or machine.names > 0
        at = machine.stream.position
    return at > 0


def read(octets: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of a pickle.

    Raises:
        Exhausted: the budget does not reach.
    """
    found = read_pickles(octets.view, budget)
    return Read(found.reasons, found.format or "pickle")


FORMAT = Format("pickle-unmarked", knows, read, order=LAST)
