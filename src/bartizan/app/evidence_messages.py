"""Evidence on its way from a worker to the control process: sealed, and bound to what it is about.

Rules of this file: as in `messages`. Nobody on the way can read what is sealed; what it is bound to stands beside it.
"""

import hashlib
from typing import Annotated, Final

import msgspec
from typing_extensions import override

from bartizan.app.channel import Message

OVERHEAD: Final = 1_136
LONGEST: Final = OVERHEAD + 36_000
"""Octets of what is sealed, at the least and at the most: as `crypto.sealing` and `threats.excerpt` say, which the supervisor,
through which it goes, does not import."""
_PURPOSE: Final = b"bartizan evidence 1\0"
_ENCODE: Final = msgspec.msgpack.Encoder(order="deterministic").encode
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What evidence is bound to: no other can be named when it is opened.

    Attributes:
        service: that the request was for.
        request: its id.
        principal: pseudonym of who asked.
        segment, entry: of the journal, and of the event in it that tells what was found.
        at: when, UTC nanoseconds.
        until: from when it is to be gone, UTC nanoseconds.
    """

    service: Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,39}\Z")]
    request: Annotated[str, msgspec.Meta(pattern=r"\Aq-[0-9a-f]{16}\Z")]
    principal: Annotated[str, msgspec.Meta(pattern=r"\Ap-[0-9a-f]{16}\Z")]
    segment: Count
    entry: Count
    at: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    until: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

    @property
    def octets(self) -> bytes:
        """It, as it is bound."""
        return _PURPOSE + _ENCODE(self)


class EvidenceSealed(Message, frozen=True):
    """What a worker has sealed. `lost` is how much of the like was lost on the way since the last."""

    about: About
    sealed: Annotated[bytes, msgspec.Meta(min_length=OVERHEAD, max_length=LONGEST)]
    lost: Count = 0

    @property
    def digest(self) -> str:
        """SHA-256 of both, hexadecimal: what the record knows it by."""
        about = self.about.octets
        return hashlib.sha256(len(about).to_bytes(4, "big") + about + self.sealed).hexdigest()

    @override
    def __repr__(self) -> str:
        """Return which request it is of."""
        return f"EvidenceSealed({self.about.request}, …)"


class EvidenceTaken(Message, frozen=True):
    """The last `EvidenceSealed` of this worker waits for control; it may hand on the next."""


class EvidenceKept(Message, frozen=True):
    """The last `EvidenceSealed` is dealt with."""
