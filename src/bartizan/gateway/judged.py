"""What is made of a request's body, and who makes it.

Rules of this file: shapes alone.
"""

from typing import Final, Protocol

import msgspec
from typing_extensions import override


class Judged(msgspec.Struct, frozen=True):
    """A body that was accepted.

    Attributes:
        octets: the encoding that is forwarded.
        model: name of the model that is asked for, or empty.
        stream: whether the answer is to come as a stream of events.
        most_tokens: tokens that the answer may have at most; 0 where the request names no number.
        untold_tokens: that it is expected to have then; 0 where nothing is special about it.
        choices: answers that are asked for at once.
        action: what the body asks to do, where the route does not say; else empty.
        tool: that is to be called, or empty.
        fields: lines that go on with the body and repeat what it says, each with its CR LF.
        client: `client_id` of a form, or empty. Unproven: nothing is allowed by it.
    """

    octets: bytes
    model: str = ""
    stream: bool = False
    most_tokens: int = 0
    client: str = ""
    choices: int = 1
    action: str = ""
    tool: str = ""
    fields: bytes = b""
    untold_tokens: int = 0

    @override
    def __repr__(self) -> str:
        """Return the length alone: bodies stand in no log."""
        return f"Judged({len(self.octets)} octets, …)"


NOTHING: Final = Judged(b"")


class Reader(Protocol):
    """Reads the body of one kind of request."""

    @property
    def media(self) -> bytes:
        """Media type that the body must have; empty where there is to be none."""
        ...

    def read(self, body: bytes) -> Judged:
        """Return the body, judged. Raises `Refusal`."""
        ...
