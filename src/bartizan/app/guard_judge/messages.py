"""What the supervisor says to the guard's judge, and what workers and it say to each other over streams of their own.

Rules of this file: as in `messages` and `inspector_wire`. What a worker says may be an adversary's, and so may an answer.
"""

import enum
from typing import Annotated

import msgspec

from bartizan.app.channel import Message
from bartizan.app.inspector_messages import Line
from bartizan.app.messages import Alive, Ask, Ready

MOST_TEXTS, LONGEST_TEXT = 16, 4_000
"""Texts of one question, and letters of one (`threats.grey`)."""


class BootGuardJudge(Message, frozen=True):
    """Descriptors: board, who is asked (sealed memory)."""

    confined: bool = True


GuardJudgeOrders = BootGuardJudge | Line | Ask
GuardJudgeReports = Ready | Alive


class Word(enum.Enum):
    """What came of a question: an answer, or why there is none."""

    ATTACK = "attack"
    HARMLESS = "harmless"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    OVER_BUDGET = "over-budget"
    BUSY = "busy"
    RESTING = "circuit-open"
    AWAY = "away"
    ADDRESS = "address-refused"
    CERTIFICATE = "certificate-refused"
    HANDSHAKE = "handshake-refused"
    TOO_LARGE = "answer-too-large"
    TOO_MUCH = "too-much"
    FAILED = "failed"


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """What does the judge say of these texts?

    Attributes:
        number: of the question, which its answer repeats.
        source: pseudonym of whose request it is.
        texts: in doubt.
    """

    number: int
    source: Annotated[str, msgspec.Meta(max_length=64)]
    texts: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)], ...], msgspec.Meta(max_length=MOST_TEXTS)
    ]


class Thought(msgspec.Struct, frozen=True, array_like=True):
    """What came of a question."""

    number: int
    word: Word
