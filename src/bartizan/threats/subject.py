"""What the threats room judges: what detectors found in a text, and where that text stands; what an evaluation found.

Rules of this file: shapes alone. No shape holds the text itself.
"""

import enum
from typing import Final

import msgspec

from bartizan.text.rule import Kind


class Channel(enum.Enum):
    """Whose words a text is, as far as the request says it."""

    USER = "user"
    TOOL = "tool"
    DOCUMENT = "document"
    RESPONSE = "response"
    SYSTEM = "system"


OF_STRANGERS: Final = frozenset({Channel.USER, Channel.TOOL, Channel.DOCUMENT})
"""Channels that others than the application write into."""


class Spotted(msgspec.Struct, frozen=True):
    """One thing that a detector found.

    Attributes:
        channel: where it stands.
        kind: what it is.
        rule: which rule of `text/rules/` found it, or `model`.
        reading: how the text had to be read (`base64`, `base64+rot13`); empty where it stands there plainly.
        score: of a model, from 0 to 1; of a rule that holds, 1.
    """

    channel: Channel
    kind: Kind
    rule: str
    reading: str = ""
    score: float = 1.0


class Evaluated(msgspec.Struct, frozen=True):
    """The newest whole evaluation of a service against known attacks.

    Attributes:
        worst: the largest share of requests that one attack got answered, of 10,000.
        ceiling: what it may be at most, of 10,000.
        seconds: since it began.
    """

    worst: int
    ceiling: int
    seconds: int
