"""Pushed authorization requests: what an application asks a person for, before the person's browser comes.

Rules of this file: a request is kept nowhere. Its URI holds it, sealed under a key that this process alone has, so
that however many are pushed, nothing fills, and nobody but us can read or write one. It has one reading or none.
Source: RFC 9126; RFC 7636 (S256 alone); RFC 9449 section 10.
"""

import binascii
import re
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import override

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.resource import read_target
from bartizan.access.issue.step_up import read_wanted
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.compact import NotCompact, encoded, octets_of

LIFETIME_S: Final = 600
"""How long a request may wait for its person, seconds."""
PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
LONGEST: Final = 2048
"""Longest request URI, in characters."""
_STATE: Final = re.compile(r"[\x21-\x7e]{0,255}")
_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE: Final = 12


class Pushed(msgspec.Struct, frozen=True):
    """A request as it was pushed.

    Attributes:
        id: random; a request is answered once.
        client: `client_id` of the application, authenticated.
        redirect: address that the answer goes to; one of the application's.
        challenge: S256 of the verifier.
        state: the application's own, or empty.
        audience: of the tokens.
        key: thumbprint that the tokens are to be bound to, or empty.
        expires: UTC nanoseconds.
        acr: how the person must have signed in, any of these; none is any.
        max_age_s: how long ago at most, seconds; None is any time.
        asked: when it was pushed, UTC nanoseconds; who signs in since has done so lately enough.
    """

    id: str
    client: str
    redirect: str
    challenge: str
    state: str
    audience: str
    key: str
    expires: Nanoseconds
    acr: tuple[str, ...] = ()
    max_age_s: int | None = None
    asked: Nanoseconds = Nanoseconds(0)


class Asked(msgspec.Struct, frozen=True):
    """What the form of a pushed request says, its client left out.

    Attributes:
        redirect, challenge, state, key: as in `Pushed`.
        audience: word of `AUDIENCES`.
        resource: URL of the one service that the tokens are to be good for, or empty.
        acr, max_age_s: as in `Pushed`.
    """

    redirect: str
    challenge: str
    state: str
    key: str
    audience: str
    resource: str
    acr: tuple[str, ...] = ()
    max_age_s: int | None = None


class RequestUnknown(Exception):
    """A request URI that is not ours, is of another process, or is too old."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "this sign-in was not asked for here, or too long ago; go back to the application and start again"
        )


def read_asked(form: Mapping[str, str]) -> Asked:
    """Return what a pushed form asks for.

    Raises:
        GrantRefused: it asks otherwise than this server answers.
    """
    if form.get("response_type") != "code":
        raise GrantRefused(GrantFault.UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")
    if "request_uri" in form:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "a pushed request holds no request_uri")
    if form.get("scope"):
        raise GrantRefused(GrantFault.INVALID_SCOPE, "no scopes are defined; leave scope out")
    challenge, method = form.get("code_challenge", ""), form.get("code_challenge_method", "plain")
    if method != "S256" or _DIGEST.fullmatch(challenge) is None:
        what = "code_challenge with code_challenge_method S256 is required"
        raise GrantRefused(GrantFault.INVALID_REQUEST, what, "challenge-missing")
    key, state = form.get("dpop_jkt", ""), form.get("state", "")
    if (key and _DIGEST.fullmatch(key) is None) or _STATE.fullmatch(state) is None:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "dpop_jkt or state is not of its form")
    audience, resource = read_target(form)
    acr, max_age = read_wanted(form)
    return Asked(form.get("redirect_uri", ""), challenge, state, key, audience, resource, acr, max_age)


class Sealed:
    """Turns requests into URIs and back.

    Args:
        key: 32 octets that this process alone has.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: Secret) -> None:
        """Take the key."""
        self._cipher = AESGCM(key.reveal())

    @override
    def __repr__(self) -> str:
        """Return nothing of the key."""
        return "Sealed(…)"

    def write(self, asked: Asked, client: str, audience: str, now: Nanoseconds) -> str:
        """Return the URI of a request.

        Args:
            asked: by the client.
            client: authenticated; its address was looked up.
            audience: of the tokens.
            now: the instant.
        """
        pushed = Pushed(
            id=secrets.token_hex(8),
            client=client,
            redirect=asked.redirect,
            challenge=asked.challenge,
            state=asked.state,
            audience=audience,
            key=asked.key,
            expires=Nanoseconds(now + LIFETIME_S * SECOND),
            acr=asked.acr,
            max_age_s=asked.max_age_s,
            asked=now,
        )
        nonce = secrets.token_bytes(
            _NONCE
        )  # 96 bits: random is safe to 2**32 requests a process (SP 800-38D 8.3)
        octets = self._cipher.encrypt(nonce, msgspec.msgpack.encode(pushed), PREFIX.encode())
        return PREFIX + encoded(nonce + octets)

    def read(self, uri: str, client: str, now: Nanoseconds) -> Pushed:
        """Return the request of a URI.

        Args:
            uri: as the browser brings it.
            client: whom the browser says that it comes from.
            now: the instant.
        Raises:
            RequestUnknown: it is not one of ours, of another client, or expired.
        """
        if len(uri) > LONGEST or not uri.startswith(PREFIX):
            raise RequestUnknown
        try:
            octets = octets_of(uri.removeprefix(PREFIX).encode("ascii"), "request_uri")
            plain = self._cipher.decrypt(octets[:_NONCE], octets[_NONCE:], PREFIX.encode())
            pushed = msgspec.msgpack.decode(plain, type=Pushed)
        except (UnicodeEncodeError, NotCompact, InvalidTag, ValueError, binascii.Error) as fault:
            raise RequestUnknown from fault
        if pushed.client != client or now >= pushed.expires:
            raise RequestUnknown
        return pushed
