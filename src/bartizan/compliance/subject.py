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


class RunAge(msgspec.Struct, frozen=True):
    """How old the evidence of something that is to run regularly is.

    Attributes:
        seconds: since the start of the last run that was carried out to its end; since it is wanted, where none was.
        carried_out: whether one was.
        period: seconds from one run to the next.
        grace: seconds by which a run may be late.
    """

    seconds: int
    carried_out: bool
    period: int
    grace: int
