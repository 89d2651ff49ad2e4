"""What a passkey signs: a challenge that this process made, for one purpose, and takes once.

Rules of this file: a challenge is its own record, under a key that dies with the process: strangers who ask for pages
fill no memory. Only one that a passkey of ours has signed is remembered, until it is too old anyway.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.clock import MINUTE, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.pseudonym import Random

LIFE: Final = Nanoseconds(5 * MINUTE)
"""How long a page may stay open before its passkey is used."""
_TAKEN: Final = 4096
_INSTANT: Final = 8
_RANDOM: Final = 16
_MAC: Final = 32


class Challenges:
    """Makes challenges and takes each once."""

    __slots__ = ("_key", "_random", "_taken")

    def __init__(self, random: Random = secrets.token_bytes) -> None:
        """Make a key of its own."""
        self._random, self._key = random, Secret(random(_MAC))
        self._taken: OrderedDict[bytes, Nanoseconds] = OrderedDict()

    def make(self, purpose: str, now: Nanoseconds) -> bytes:
        """Return a new challenge.

        Args:
            purpose: what an answer to it is for, and for whom.
            now: the instant.
        """
        said = now.to_bytes(_INSTANT, "big") + self._random(_RANDOM)
        return said + self._mac(purpose, said)

    def check(self, challenge: bytes, purpose: str, now: Nanoseconds) -> None:
        """Refuse a challenge that is not of ours for this purpose, or is too old or was taken.

        Raises:
            SignInRefused: so.
        """
        said, mac = challenge[:-_MAC], challenge[-_MAC:]
        if len(said) != _INSTANT + _RANDOM or not hmac.compare_digest(mac, self._mac(purpose, said)):
            raise SignInRefused(Fault.CHALLENGE_UNKNOWN)
        made = int.from_bytes(said[:_INSTANT], "big")
        if not made <= now < made + LIFE:
            raise SignInRefused(Fault.CHALLENGE_EXPIRED)
        if challenge in self._taken:
            raise SignInRefused(Fault.CHALLENGE_REPLAYED)

    def take(self, challenge: bytes, now: Nanoseconds) -> None:
        """Remember that a challenge was answered; where too many were lately, it is not.

        Raises:
            SignInRefused: so.
        """
        while self._taken and next(iter(self._taken.values())) <= now:
            self._taken.popitem(last=False)
        if len(self._taken) >= _TAKEN:
            raise SignInRefused(Fault.CHALLENGE_EXPIRED)
        self._taken[challenge] = Nanoseconds(now + LIFE)

    def _mac(self, purpose: str, said: bytes) -> bytes:
        return hmac.digest(self._key.reveal(), purpose.encode() + b"\0" + said, hashlib.sha256)
