"""Ids that a server gives out, bound to who they were given to.

Rules of this file: a client is given an id of a session, or of an event in a stream, only under a tag over who it is,
and shows it under that tag again: who overhears or guesses another's id can do nothing with it, and nothing has
to be remembered for it. The key is of one start of the platform; ids of an earlier start are unknown, and the
protocol has clients begin anew.
Source: Model Context Protocol, basic/security_best_practices (session hijacking); RFC 2104.
"""

import hmac
import re
from typing import Final

import msgspec

from bartizan.crypto.secret import Secret
from bartizan.gateway.ports import Principal

ID: Final = re.compile(rb"[\x21-\x7e]{1,256}")
"""Form of an id that is taken from a server."""
_TAG_DIGITS: Final = 32
"""128 bits of HMAC-SHA256: who guesses asks the gateway each time."""
_ENCODE: Final = msgspec.json.Encoder().encode


class Binding:
    """Binds ids under one key."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        """Take the key, 32 octets."""
        self._key = key

    def bind(self, kind: str, service: str, who: Principal, given: bytes) -> bytes:
        """Return what the client is given.

        Args:
            kind: of the id: `session` or `event`; one cannot be shown as the other.
            service: that it is of.
            who: it is for, and through which client.
            given: by the server, of the form `ID`.
        """
        return self._tag(kind, service, who, given) + b"." + given

    def unbind(self, kind: str, service: str, who: Principal, shown: bytes) -> bytes:
        """Return the server's id, or nothing where it was not given to this principal.

        Args:
            kind, service, who: as of `bind`.
            shown: by the client.
        """
        tag, _, given = shown.partition(b".")
        known = ID.fullmatch(given) is not None
        good = hmac.compare_digest(tag, self._tag(kind, service, who, given))
        return given if known and good else b""

    def _tag(self, kind: str, service: str, who: Principal, given: bytes) -> bytes:
        said = _ENCODE((kind, service, who.id, who.client, given.hex()))
        return hmac.digest(self._key.reveal(), said, "sha256").hex()[:_TAG_DIGITS].encode()
