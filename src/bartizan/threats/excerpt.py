"""An excerpt: the letters in which something was found, and a few around them, for a person who has to judge it.

Rules of this file: pure, and bounded: so many letters, so many excerpts. An excerpt may hold a secret, so it never shows
itself; it goes where it is sealed, and nowhere else.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from bartizan.crypto.secret import Reticent
from bartizan.threats.inspect import Found, Inspected
from bartizan.threats.parts import Part
from bartizan.threats.subject import Channel

MOST: Final = 8
"""Excerpts of one request, and of its answer."""
LONGEST: Final = 1_024
"""Letters of one."""
AROUND: Final = 160
"""Letters before and after what was found, where there is room."""
LARGEST: Final = 36_000
"""Octets that as many as there may be take, encoded."""
Word = Annotated[str, msgspec.Meta(max_length=64)]


class Excerpt(Reticent, frozen=True):
    """What stood there.

    Attributes:
        reason, rule, reading: of the finding.
        channel: whose words it stands in.
        text: the letters.
        start, end: which of them are what was found; the end is not included.
        cut: whether what was found goes on beyond them.
    """

    reason: Word
    rule: Word
    reading: Word
    channel: Word
    text: Annotated[str, msgspec.Meta(max_length=LONGEST)]
    start: Annotated[int, msgspec.Meta(ge=0, le=LONGEST)]
    end: Annotated[int, msgspec.Meta(ge=0, le=LONGEST)]
    cut: bool = False


_DECODER: Final = msgspec.msgpack.Decoder(Annotated[tuple[Excerpt, ...], msgspec.Meta(max_length=MOST)])


class ExcerptsUnreadable(ValueError):
    """Octets that are no excerpts."""


def excerpt(channel: Channel, found: Found, text: str) -> Excerpt:
    """Return the excerpt of a finding.

    Args:
        channel: whose words the text is.
        found: where something stands in it.
        text: that it stands in.
    """
    start = min(max(found.start, 0), len(text))
    end = min(max(found.end, start), start + LONGEST, len(text))
    around = min(AROUND, (LONGEST - (end - start)) // 2)
    first = max(0, start - around)
    letters = text[first : end + around].encode("utf-8", "replace").decode("utf-8")
    cut = found.end > end
    return Excerpt(
        found.reason, found.rule, found.reading[:64], channel.value, letters, start - first, end - first, cut
    )


def excerpts(found: Iterable[tuple[Part, Inspected]]) -> list[Excerpt]:
    """Return the excerpts of what was found in a request, each place once."""
    several = list[Excerpt]()
    for part, inspected in found:
        for each in inspected.found:
            if len(several) == MOST:
                return several
            several.append(excerpt(part.channel, each, part.text))
    return several


def encoded(several: Sequence[Excerpt]) -> bytes:
    """Return excerpts as octets, `LARGEST` at most; without any, none."""
    return msgspec.msgpack.encode(several[:MOST]) if several else b""


def decoded(octets: bytes) -> tuple[Excerpt, ...]:
    """Return the excerpts of `encoded`.

    Raises:
        ExcerptsUnreadable: they are none.
    """
    try:
        several: tuple[Excerpt, ...] = _DECODER.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ExcerptsUnreadable("not of the form of excerpts") from fault
    return several
