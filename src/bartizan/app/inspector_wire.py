"""What a worker and the inspector say to each other, over a stream of their own: frames of a length and a message.

Rules of this file: a worker may be compromised, and what the inspector reads may take it over, so both bound what they
take and neither believes a length. Pure.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec
from typing_extensions import override

from bartizan.app.guard_judge.doubt import Doubt
from bartizan.gateway.inspected import Passed, Said

LONGEST: Final = 20 << 20
"""Octets of one frame: the largest body of a request, and more."""
_HEAD: Final = 4


class Wanted(msgspec.Struct, frozen=True, array_like=True, tag="wanted"):
    """Inspect a request.

    Attributes:
        number: of the question, which what is said of it and of its answer repeats.
        service: whose guard it is.
        source: pseudonym of who asks, by which turns are taken.
        octets: of the request, as they are to go on.
        planted: marks that its system prompt goes on with, or lately went on with in another of the same session; the key is not here.
    """

    number: int
    service: str
    source: str
    octets: bytes
    planted: tuple[str, ...] = ()

    @override
    def __repr__(self) -> str:
        """Return the length alone: what was asked stands in no log, nor what was planted."""
        return f"Wanted({self.number}, {len(self.octets)} octets, …)"


class Answered(msgspec.Struct, frozen=True, array_like=True, tag="answered"):
    """More of the answer to a request that was inspected: of `inspected.EVENTS`, `JSON` or `OTHER`."""

    number: int
    octets: bytes
    kind: str
    last: bool


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """Nothing more comes of a question."""

    number: int


class Told(msgspec.Struct, frozen=True, array_like=True, tag="told"):
    """What the guard says of a request, and what a judge is to be asked before it is said."""

    number: int
    said: Said
    doubt: Doubt | None = None


class Going(msgspec.Struct, frozen=True, array_like=True, tag="going"):
    """What of an answer may go on: one for each `Answered`, in their order."""

    number: int
    passed: Passed


ToInspector = Wanted | Answered | Ended
ToWorker = Told | Going
M = TypeVar("M")


class FrameRefused(ValueError):
    """What arrives is not what was agreed on."""


def framed(message: msgspec.Struct) -> bytes:
    """Return a message with its length."""
    octets = msgspec.msgpack.encode(message)
    return len(octets).to_bytes(_HEAD, "big") + octets


class Frames(Generic[M]):
    """Cuts a stream into frames."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401  # a type form
        """Take messages of this kind."""
        self._decode: Callable[[bytes], M] = msgspec.msgpack.Decoder(kind).decode
        self._held = bytearray()

    def take(self, octets: bytes) -> list[M]:
        """Return the messages that are whole with these octets.

        Raises:
            FrameRefused: a frame is too long or none of the agreed form.
        """
        held, found = self._held, list[M]()
        held += octets
        at = 0
        while len(held) - at >= _HEAD:
            length = int.from_bytes(held[at : at + _HEAD], "big")
            if length > LONGEST:
                raise FrameRefused("longer than any message")
            if len(held) - at - _HEAD < length:
                break
            try:
                found.append(self._decode(bytes(held[at + _HEAD : at + _HEAD + length])))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
                raise FrameRefused("not of the agreed form") from fault
            at += _HEAD + length
        del held[:at]
        return found
