"""Where a page begins: opaque, bounded, and good for the one question that it was made for.

Rules of this file: a cursor holds the key of the last item, never an offset, so that what comes and goes meanwhile neither
doubles nor hides what stays. It is sealed under a key that dies with the process: nobody makes one, and none of
another question is taken.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, Protocol, TypeVar

from bartizan.admin.forms import Page
from bartizan.crypto.secret import Secret

_MAC: Final = 16
_KEY: Final = 32
_Item = TypeVar("_Item")


class Paging(Protocol):
    """What a query for a page says."""

    @property
    def cursor(self) -> str | None:
        """Where it begins; None at the beginning."""
        ...

    @property
    def limit(self) -> int:
        """How many items at most."""
        ...


class CursorUnknown(ValueError):
    """A cursor that was not made here, or for another question."""

    reason = "cursor-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the cursor is of another question, or of before the platform's last start; begin without one"
        )


class Cursors:
    """Makes cursors and reads them."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        """Make a key of its own."""
        self._key = Secret(secrets.token_bytes(_KEY))

    def seal(self, question: str, after: str) -> str:
        """Return the cursor of what follows an item.

        Args:
            question: that is asked, without cursor and limit.
            after: key of the item, at most 160 octets.
        """
        octets = after.encode()
        return base64.urlsafe_b64encode(self._mac(question, octets) + octets).rstrip(b"=").decode()

    def open(self, question: str, cursor: str | None) -> str:
        """Return the key of the item that a cursor follows; empty without a cursor.

        Raises:
            CursorUnknown.
        """
        if cursor is None:
            return ""
        try:
            octets = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError) as fault:
            raise CursorUnknown from fault
        mac, after = octets[:_MAC], octets[_MAC:]
        if (
            not hmac.compare_digest(mac, self._mac(question, after))
            or self.seal(question, after.decode()) != cursor
        ):
            raise CursorUnknown  # the latter: base64 has several texts for the same octets
        return after.decode()

    def page(
        self,
        question: str,
        asked: Paging,
        items: Callable[[str, int], Iterable[_Item]],
        key: Callable[[_Item], str],
    ) -> Page[_Item]:
        """Return the page that is asked for.

        Args:
            question: as of `seal`.
            asked: which page.
            items: (key, how many) -> so many items at most that follow the one of that key, in order.
            key: of an item.
        Raises:
            CursorUnknown.
        """
        found = tuple(islice(items(self.open(question, asked.cursor), asked.limit + 1), asked.limit + 1))
        return self.cut(question, found, asked.limit, key)

    def cut(
        self, question: str, found: Sequence[_Item], limit: int, key: Callable[[_Item], str]
    ) -> Page[_Item]:
        """Return a page of what was found, of which there is one more where another page follows."""
        shown = tuple(found[:limit])
        return Page(shown, self.seal(question, key(shown[-1])) if len(found) > limit else "")

    def _mac(self, question: str, after: bytes) -> bytes:
        return hmac.digest(self._key.reveal(), question.encode() + b"\0" + after, hashlib.sha256)[:_MAC]


def following(items: Iterable[_Item], key: Callable[[_Item], str]) -> Callable[[str, int], Iterable[_Item]]:
    """Return what finds items behind a key among a few that are all at hand, in order of their keys."""
    ordered = sorted(items, key=key)
    return lambda after, most: islice((each for each in ordered if key(each) > after), most)
