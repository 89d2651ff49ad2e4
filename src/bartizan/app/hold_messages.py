"""Requests that a guard holds, between a worker, which asks whether one was released, and control, which knows.

Rules of this file: as in `messages`. No text of a request is in any of them, only its tag under a key of its principal.
"""

from typing import Annotated, Literal

import msgspec

from bartizan.app.channel import Message

Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9._-]{0,62}\Z")]
Request = Annotated[str, msgspec.Meta(pattern=r"\Aq-[0-9a-f]{16}\Z")]
Tag = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Ticket = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class HoldAsked(Message, frozen=True):
    """Was this request released, which uses that up; else it is held from now on. The answer carries the same ticket."""

    ticket: Ticket
    service: Word
    request: Request
    principal: Annotated[str, msgspec.Meta(pattern=r"\Ap-[0-9a-f]{16}\Z")]
    digest: Tag
    reason: Word


class HoldAnswered(Message, frozen=True):
    """What becomes of it, and under which request's id it is held."""

    ticket: Ticket
    word: Literal["released", "waiting", "denied", "full", "unavailable"]
    held: Annotated[str, msgspec.Meta(pattern=r"\A(?:q-[0-9a-f]{16})?\Z")] = ""
