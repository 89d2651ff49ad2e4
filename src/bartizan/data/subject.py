"""The typed facts that the data room's controls judge."""

from typing import Final, Literal

import msgspec

HYBRID: Final = frozenset({"x25519mlkem768", "secp256r1mlkem768", "secp384r1mlkem1024"})
"""Key-agreement groups that stay safe against a quantum computer, by their words in the ledger."""


class Channel(msgspec.Struct, frozen=True):
    """One connection over which data was, or would have been, carried.

    Attributes:
        group: key-agreement group, a word of the ledger's vocabulary; `none` is a connection without TLS.
        offered: whether both ends could have agreed on a hybrid group.
        pq: the configured policy: hybrid groups `preferred` or `required`.
    """

    group: str
    offered: bool
    pq: Literal["preferred", "required"] = "preferred"


class Integrity(msgspec.Struct, frozen=True):
    """What the last verification of all kept artifacts came to: data sets, models and tools whose signatures are known.

    Attributes:
        artifacts: that were to be verified.
        differing: of them, that are not what was signed.
        unread: of them, that could not be verified.
        seconds: since it was carried out.
    """

    artifacts: int
    differing: int
    unread: int
    seconds: int
