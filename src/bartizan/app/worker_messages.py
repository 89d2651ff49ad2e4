"""What the supervisor and a gateway worker say to each other.

Rules of this file: as in `messages`. A worker may be compromised: what it reports is checked like a stranger's.
"""

from typing import Annotated

import msgspec

from bartizan.app.channel import Message
from bartizan.app.evidence_messages import EvidenceSealed, EvidenceTaken
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.messages import (
    Alive,
    Ask,
    Dial,
    Dialled,
    Minted,
    Number,
    Ready,
    Segment,
    SegmentWanted,
    Undecided,
    Word,
)


class BootWorker(Message, frozen=True):
    """Descriptors: listener, generation counter, board, plan (sealed), pipe where there are traces, segment, first key (sealed)."""

    number: int
    boot: str
    segment: int
    issuer: str


class LeafWanted(Message, frozen=True):
    """The worker's certificate request, PEM."""

    request: Annotated[str, msgspec.Meta(max_length=8192)]


class Leaf(Message, frozen=True):
    """The signed chain, PEM, and the one for clients that ask for the gateway by a name."""

    chain: str
    named: str = ""


class StateChanged(Message, frozen=True):
    """A generation of what decisions rest on. Descriptor: the state (sealed memory)."""

    generation: int


class Loaded(Message, frozen=True):
    """The worker decides on this generation from now on."""

    generation: Number


class Serve(Message, frozen=True):
    """Start to accept."""


class Serving(Message, frozen=True):
    """The worker accepts."""


class Drain(Message, frozen=True):
    """Accept no more, finish what is open within `seconds`, and end."""

    seconds: float


class Credential(Message, frozen=True):
    """Another credential is presented to a target from now on. Descriptor: it, as the field has it (sealed memory)."""

    service: Word
    target: Word


class InspectorLine(Message, frozen=True):
    """Ask the inspector over this stream from now on. Descriptor: a connected stream socket."""


class GuardJudgeLine(Message, frozen=True):
    """Ask the guard's judge over this stream from now on. Descriptor: a connected stream socket."""


class Unwell(Message, frozen=True):
    """The worker can no longer keep the record and has stopped to accept."""


class ControlPresence(Message, frozen=True):
    """Whether the control process is there, or for how long it is not; without it, a worker serves on for 30 s only."""

    up: bool
    away_ns: Number = 0


class LimiterPresence(Message, frozen=True):
    """Whether the server that counts limits answers this worker."""

    up: bool


class TargetPresence(Message, frozen=True):
    """Whether a target of a service is fit to be asked, as this worker finds it."""

    service: Word
    target: Word
    fit: bool


WorkerReports = (
    Ready
    | Alive
    | LeafWanted
    | Loaded
    | Serving
    | Unwell
    | Dial
    | SegmentWanted
    | Minted
    | Undecided
    | LimiterPresence
    | TargetPresence
    | EvidenceSealed
    | HoldAsked
)
WorkerOrders = (
    BootWorker
    | Ask
    | Leaf
    | StateChanged
    | Serve
    | Drain
    | Dialled
    | Segment
    | ControlPresence
    | Credential
    | InspectorLine
    | EvidenceTaken
    | HoldAnswered
    | GuardJudgeLine
)
