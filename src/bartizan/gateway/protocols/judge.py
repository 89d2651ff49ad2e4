"""The guard's verdict on texts that go another way: asked for here, and answered by the gateway itself.

Rules of this file: data. A text is taken as it is; what it says is the inspector's.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from msgspec import UNSET, Meta, UnsetType
from typing_extensions import override

from bartizan.gateway.body import JsonBody
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row
from bartizan.gateway.protocols.shape import Choice, Strict

PROTOCOL: Final = "judge"
"""Protocol of the platform's own service that gives verdicts; the gateway opens no connection to it."""
TEXTS: Final = 64
"""Texts of one request."""
Channel = Annotated[str, Meta(pattern=r"^(user|tool|document|response|system)\Z")]
Profile = Annotated[str, Meta(pattern=r"^(observe|standard|strict)\Z")]
Task = Annotated[str, Meta(max_length=8192)]


class Text(Strict, frozen=True):
    """One text, whose words it is, and what the user wants, which this version does not use."""

    text: str
    channel: Channel | UnsetType = UNSET
    task: Task | UnsetType = UNSET


class One(Text, frozen=True):
    """A body with one text, answered with its verdict."""

    profile: Profile | UnsetType = UNSET


class Several(Strict, frozen=True):
    """A body with several texts, answered with the verdict on each, in order, and the gravest of their actions."""

    texts: Annotated[list[Text], Meta(min_length=1, max_length=TEXTS)]
    profile: Profile | UnsetType = UNSET


class Wanted(Choice):
    """What is to be judged, and by which profile."""

    untagged: ClassVar[tuple[type[Strict], ...]] = (One, Several)

    @classmethod
    @override
    def chosen(cls, value: Mapping[str, object]) -> type[Strict]:
        """Return the shape of a body, by whether it names texts."""
        return Several if "texts" in value else One


def _judged(_: Wanted, octets: bytes) -> Judged:
    return Judged(octets)


JUDGE: Final = Dialect(
    (Row(PROTOCOL, b"POST", "/judge", PROTOCOL, JsonBody(Wanted, _judged)),),
    errors=Errors.PROBLEM,
    own=True,
)
