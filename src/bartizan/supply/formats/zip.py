"""ZIP archives that are nothing more exact: each member is judged for itself."""

from bartizan.supply import archive
from bartizan.supply.containers import zip as container
from bartizan.supply.containers.zip_end import ends_as_one
from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets


def knows(octets: Octets) -> bool:
    """Return whether a file begins as an archive, or ends as one: readers look for its end first."""
    return octets.begins(container.LOCAL) or octets.begins(container.EMPTY) or ends_as_one(octets)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of an archive: what is said of its members.

    Raises:
        Damaged, TooShort, Exhausted: the archive is not to be understood.
    """
    return archive.judged(container.members(octets, budget), budget, look)


FORMAT = Format("zip", knows, read, order=80)
