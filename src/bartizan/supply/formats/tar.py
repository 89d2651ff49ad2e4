"""tar archives: each member is judged for itself."""

from bartizan.supply import archive
from bartizan.supply.containers import tar as container
from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of an archive: what is said of its members.

    Raises:
        Damaged, TooShort, Exhausted: the archive is not to be understood.
    """
    return archive.judged(container.members(octets, budget), budget, look)


FORMAT = Format("tar", container.knows, read, order=80)
