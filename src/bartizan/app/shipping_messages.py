"""What the supervisor says to the processes that carry the record away, and they to it: feeder and shipper.

Rules of this file: as in `messages`.
"""

from typing import Annotated, Literal

import msgspec

from bartizan.app.channel import Message
from bartizan.app.messages import Alive, Ask, Number, Ready, Word


# ---- feeder ----------------------------------------------------------------------------------------------
class BootFeeder(Message, frozen=True):
    """Descriptor: which checkpoints to submit, and to whom (sealed memory)."""

    confined: bool = True


class WitnessSaid(Message, frozen=True):
    """What a witness makes of our checkpoints since now: a word of `feeding.WORDS`, and the tree's size."""

    witness: Word
    word: Word
    size: Number


class Witnessed(Message, frozen=True):
    """Enough witnesses have cosigned the checkpoint of this size, and it is written down."""

    size: Number
    count: Annotated[int, msgspec.Meta(ge=1, le=16)]


FeederOrders = BootFeeder | Ask
FeederReports = Ready | Alive | WitnessSaid | Witnessed


# ---- shipper ---------------------------------------------------------------------------------------------
class BootShipper(Message, frozen=True):
    """Where the state lies. Descriptor: the connectors (sealed memory)."""

    folder: str
    confined: bool = True


class Shipped(Message, frozen=True):
    """How far a connector has come.

    `next` is the entry that it delivers next, `oldest` the instant of the one that waits longest or 0, `delivered` how
    many its receiver has taken in this life of the shipper, `word` why its last delivery failed, or empty.
    """

    connector: Word
    next: Number
    oldest: Annotated[int, msgspec.Meta(ge=0)] = 0
    delivered: Number = 0
    word: Annotated[str, msgspec.Meta(pattern=r"\A([a-z][a-z0-9._-]{0,62})?\Z")] = ""


class Departed(Message, frozen=True):
    """A connector leaves entries out, or begins anew: not before that is on record, and `Noted` says so."""

    connector: Word
    what: Literal["skipped", "restarted"]
    entry: Number
    count: Number
    reason: Word


class Noted(Message, frozen=True):
    """The connector's `Departed` of that entry is on record."""

    connector: str
    entry: int


class FileWanted(Message, frozen=True):
    """A connector is to append to its file, which the shipper cannot open itself."""

    connector: Word


class FileOpened(Message, frozen=True):
    """Descriptors: the file of that connector and its folder; or why there are none."""

    connector: str
    errno: int = 0


ShipperOrders = BootShipper | Ask | Noted | FileOpened
ShipperReports = Ready | Alive | Shipped | Departed | FileWanted
