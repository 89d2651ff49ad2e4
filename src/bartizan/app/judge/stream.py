"""An answer that came in pieces, as one document: the pieces of each text joined, everything else once.

Rules of this file: pure. Nothing of a piece is left out; what cannot be read holds all of them back.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bartizan.app.judge.document import HeldBack, plain
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.events import EventReader
from bartizan.threats.answer import DONE, Key, lane_of
from bartizan.threats.parts import Json, parts_of
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import UNINSPECTED


def joined(pieces: Sequence[object]) -> Json:
    """Return the texts of a streamed answer; what a piece says as a whole, once.

    Args:
        pieces: a framework's objects, or octets or text of server-sent events.
    Raises:
        HeldBack: they are neither.
    """
    lanes, once = dict[Key, list[str]](), dict[str, None]()
    for document in _documents(pieces):
        for part in parts_of(document, Channel.RESPONSE).parts:
            key = lane_of(document, part.path)
            if key is None:
                once[part.text] = None
            else:
                lanes.setdefault(key, []).append(part.text)
    return [*map("".join, lanes.values()), *once]


def _documents(pieces: Sequence[object]) -> Iterator[Json]:
    octets = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    sent = [piece for piece in octets if isinstance(piece, bytes)]
    if not sent:
        yield from map(plain, pieces)
    elif len(sent) == len(pieces):
        yield from _events(b"".join(sent))
    else:
        raise HeldBack(
            UNINSPECTED, "an answer that streams as objects and octets at once cannot be inspected"
        )


def _events(octets: bytes) -> Iterable[Json]:
    reader = EventReader()
    try:
        said = [event.data for event in reader.feed(octets) if event.data not in (b"", DONE)]
        documents: list[Json] = [msgspec.json.decode(data) for data in said]
    except (FramingDoubt, msgspec.DecodeError, UnicodeDecodeError):
        documents = []
    if not documents or reader.held:
        raise HeldBack(
            UNINSPECTED, "an answer that streams as anything but events of JSON cannot be inspected"
        )
    return documents
