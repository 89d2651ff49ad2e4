"""What a foreign log tells of a sign-in, before names become pseudonyms; and how its lines are taken apart.

Rules of this file: pure. A line is somebody else's, and parts of it are an attacker's: it is read in one way or not at all,
its length is bounded, and what cannot be read is counted and never stops the rest. Names and addresses live only until they
are pseudonyms.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final, TypeVar

import msgspec
from typing_extensions import override

from bartizan.access.signin.subject import Act, Credential, Reason
from bartizan.clock import SECOND

LONGEST: Final = 64 << 10
"""Octets of one line."""
LARGEST: Final = 64 << 20
"""Octets of a document that is one JSON value."""
_TEXT: Final = 512
_LATEST: Final = 2**63 - 1
_LISTS: Final = ("value", "records", "events")
Shape = TypeVar("Shape")


class LineUnreadable(ValueError):
    """A line that is not of its format; says nothing of what it holds."""


class Told(msgspec.Struct, frozen=True):
    """One sign-in as a log tells it; fields as in `subject.SignIn`, but for names, which are as they stand there.

    Attributes:
        id: by which the same line is known again; empty where the log gives none.
        address: that it came from.
    """

    at: int
    act: Act = Act.SIGN_IN
    reason: Reason = Reason.NONE
    credential: Credential = Credential.UNKNOWN
    principal: str = ""
    address: str = ""
    client: str = ""
    device: str = ""
    place: str = ""
    session: str = ""
    grave: bool = False
    id: str = ""

    def __post_init__(self) -> None:
        """Refuse what is longer or later than anything honest.

        Raises:
            LineUnreadable: one of them.
        """
        texts = (self.principal, self.client, self.device, self.place, self.session, self.id)
        if not 0 <= self.at < _LATEST or max(map(len, texts)) > _TEXT:
            raise LineUnreadable

    @override
    def __repr__(self) -> str:
        """Return what happened; never to whom."""
        return f"Told({self.act.value}, {self.reason.value})"


class Reader(msgspec.Struct, frozen=True):
    """What reads one format.

    Attributes:
        name: of the format.
        about: what it is, for people.
        read: a line -> what it tells; None where it tells of no sign-in. Raises LineUnreadable.
    """

    name: str
    about: str
    read: Callable[[bytes], Told | None]


def decoded(decoder: msgspec.json.Decoder[Shape], line: bytes) -> Shape:
    """Return a line of JSON.

    Raises:
        LineUnreadable: it is none of that shape.
    """
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise LineUnreadable from fault


def instant(text: str) -> int:
    """Return an instant as UTC nanoseconds; one without a zone is UTC.

    Raises:
        LineUnreadable: not of ISO 8601.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return round(found.timestamp() * 1_000_000) * (SECOND // 1_000_000)
    except (ValueError, OverflowError) as fault:
        raise LineUnreadable from fault


def address(text: str | None) -> str:
    """Return an address; empty for what is none: an unknown place is no place."""
    try:
        return str(ip_address((text or "").strip()))
    except ValueError:
        return ""


def lines(octets: bytes) -> Iterator[bytes]:
    """Yield the lines of a log: of text, or the items of one JSON array, also where it is a member of an object.

    Args:
        octets: the whole of it.
    """
    head = octets[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"[" or (head[:1] == b"{" and _is_whole(head)):
        found = _items(octets)
        if found is not None:
            yield from found
            return
    at = 0
    while at < len(octets):
        end = octets.find(b"\n", at)
        end = len(octets) if end < 0 else end
        line = octets[at:end].strip(b"\xef\xbb\xbf \t\r")
        if line:
            yield line
        at = end + 1


def _is_whole(head: bytes) -> bool:
    return any(f'"{name}"'.encode() in head for name in _LISTS)


def _items(octets: bytes) -> list[bytes] | None:
    """Return the items of one JSON array; None where it is no such document."""
    if len(octets) > LARGEST:
        return None
    try:
        if octets.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
            return [bytes(each) for each in msgspec.json.decode(_plain(octets), type=list[msgspec.Raw])]
        whole = msgspec.json.decode(_plain(octets), type=dict[str, msgspec.Raw])
        for name in _LISTS:
            if name in whole:
                return [bytes(each) for each in msgspec.json.decode(whole[name], type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None


def _plain(octets: bytes) -> bytes:
    return octets.removeprefix(b"\xef\xbb\xbf")
