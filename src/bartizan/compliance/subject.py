"""The facts that this room's controls judge."""

import msgspec


class LedgerCheck(msgspec.Struct, frozen=True):
    """What a verification of the ledger found.

    Attributes:
        entries: how many were read.
        faults: word of the fault (`edited`, `rolled back`) -> how many of it.
        level: `witnessed` or `signed only`.
    """

    entries: int
    faults: dict[str, int]
    level: str
