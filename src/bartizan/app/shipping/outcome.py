"""What can come of handing entries to a receiver.

Rules of this file: words are ours, for the record, the log and `status`; nothing that a receiver says is repeated.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bartizan.crypto.tls_faults import TlsTruncated
from bartizan.egress.faults import (
    AddressRefused,
    CertificateRefused,
    HandshakeRefused,
    NameUnknown,
    ResponseMalformed,
    ResponseTooLarge,
)
from bartizan.ledger.entry import Entry


class Taken(msgspec.Struct, frozen=True):
    """The receiver has them."""


class Later(msgspec.Struct, frozen=True):
    """It may take them in so many seconds; `word` says why not now."""

    word: str
    seconds: float = 0.0


class Refused(msgspec.Struct, frozen=True):
    """It does not take these as they are, and will not later; `word` says why."""

    word: str


Outcome = Taken | Later | Refused
Deliver = Callable[[Sequence[Entry]], Outcome]
"""Hands entries over, at least one, and says what came of it."""

_FAULTS: Final[tuple[tuple[type[OSError], str], ...]] = (
    (AddressRefused, "address-refused"),
    (NameUnknown, "name-unknown"),
    (CertificateRefused, "certificate-refused"),
    (HandshakeRefused, "handshake-refused"),
    (TlsTruncated, "cut-short"),
    (ResponseMalformed, "answer-malformed"),
    (ResponseTooLarge, "answer-too-large"),
)


def unreached(fault: OSError) -> Later:
    """Return what a fault on the way out means: whatever it is, nothing says that the receiver has anything."""
    return Later(next((word for kind, word in _FAULTS if isinstance(fault, kind)), "unreachable"))
