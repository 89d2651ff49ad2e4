"""From a bearer token to a principal.

Rules of this file: an Authenticator serves one generation and is replaced with it, so an answer that it
kept cannot outlive a change; the next one takes over what the change leaves as it is. Verified claims depend on the issuers alone; a Verifier is handed on to the
next generation while those are the same, and who the claims stand for is looked up anew.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable
from typing import Final, TypeVar

import msgspec

from bartizan.access.fleet import Fleet
from bartizan.access.judge import Failed, judge
from bartizan.access.outcome import ANYONE, Authenticated, Refused
from bartizan.access.resolve import Resolver, sign_in
from bartizan.access.subject import DeviceUse, Presentation, Standing
from bartizan.clock import Nanoseconds
from bartizan.control import Control
from bartizan.identity.device import Standing as Device
from bartizan.identity.principal import ANONYMOUS
from bartizan.identity.refusal import MAX_TOKEN, KeyUnknown, TokenRefused
from bartizan.identity.state import State, TrustedIssuer, pinned
from bartizan.identity.token import Claims, verify

CAPACITY: Final = 16_384
"""Most tokens remembered; each costs about 1 KB."""
_KNOWN: Final = (Device.KNOWN, Device.UNHEALTHY)
_UNAUTHORIZED, _UNAVAILABLE = 401, 503
Undecided = Callable[[str, str], None]
"""(token, issuer whose key is not known, or empty where it is verified): takes note of a token that cannot be decided on yet."""
_Kept = TypeVar("_Kept", Claims, Authenticated)


class Verifier:
    """Verifies tokens of some issuers for one audience; remembers by the token's SHA-256 what it verified.

    Only tokens that an issuer signed are remembered, so a stranger cannot fill the memory.
    """

    __slots__ = ("_audience", "_kept", "_pinned", "issuers")

    def __init__(self, issuers: tuple[TrustedIssuer, ...], audience: str) -> None:
        """Pin the issuers.

        Raises:
            IssuerInvalid: keys or algorithms that cannot be pinned.
        """
        self.issuers = issuers
        self._pinned = pinned(issuers)
        self._audience = audience
        self._kept: OrderedDict[bytes, Claims] = OrderedDict()

    def remembers(self, digest: bytes, now: Nanoseconds) -> bool:
        """Return whether a token, by its SHA-256, needs no verifying now."""
        claims = self._kept.get(digest)
        return claims is not None and now < claims.expires

    def verified(self, digest: bytes, token: str, now: Nanoseconds) -> Claims:
        """Return the claims of a token that is valid now.

        Args:
            digest: SHA-256 of the token.
            token: compact JWS.
            now: the instant of the request.
        Raises:
            TokenRefused: one of its subclasses.
        """
        claims = self._kept.get(digest)
        if claims is None or now >= claims.expires:
            claims = verify(token, self._pinned, self._audience, now)
            _keep(self._kept, digest, claims)
        return claims


class Authenticator:
    """Who may be whom in one generation; remembers whom it let in, by the token's SHA-256."""

    __slots__ = (
        "_controls",
        "_devices",
        "_failed",
        "_fleet",
        "_kept",
        "_resolver",
        "_revoked",
        "_undecided",
        "verifier",
    )

    def __init__(
        self,
        state: State,
        verifier: Verifier,
        controls: Iterable[Control],
        failed: Failed,
        undecided: Undecided = lambda _, __: None,
    ) -> None:
        """Take a generation.

        Args:
            state: whom to know.
            verifier: of the state's issuers.
            controls: this room's controls; those that read a Presentation are asked.
            failed: is told of one that fails.
            undecided: told of a token that is refused only because something is not known here yet.
        """
        self._resolver, self._undecided = Resolver(state), undecided
        self._revoked = state.revoked
        self.verifier = verifier
        controls = tuple(controls)
        self._controls = tuple(control for control in controls if control.reads is Presentation)
        self._devices = tuple(control for control in controls if control.reads is DeviceUse)
        self._fleet = Fleet(state)
        self._failed = failed
        self._kept: OrderedDict[bytes, Authenticated] = OrderedDict()

    def authenticate(self, token: str, now: Nanoseconds) -> Authenticated | Refused:
        """Return who presents this token, or why it is not accepted.

        Args:
            token: what stood after `Bearer `; empty where nothing did.
            now: the instant of the request.
        """
        digest = _digest(token)
        kept = self._kept.get(digest)
        if kept is not None and now < kept.until:
            return kept
        try:
            claims = self.verifier.verified(digest, token, now)
        except TokenRefused as fault:
            if isinstance(fault, KeyUnknown):
                self._undecided(token, fault.issuer)
            return self._judged(Presentation(fault.reason, str(fault)), ANYONE)
        person, standing = self._resolver.resolve(claims)
        if standing is Standing.ARRIVING:
            self._undecided(token, "")
        device, seen, until = self._fleet.seen(person.id, claims.key, now)
        who = Authenticated(
            person,
            claims.id,
            min(claims.expires, until),
            claims.key,
            claims.certificate,
            sign_in(claims),
            claims.issued,
            device,
            seen,
            claims.service,
            claims.client if claims.registration else "",
            self._resolver.holder(claims.client) if claims.registration else None,
            claims.actors,
            tuple(filter(None, (claims.family, *claims.parents))),
            claims.verified,
            claims.spiffe,
        )
        answer = self._judged(self._facts(who, standing), who)
        if isinstance(answer, Authenticated):
            _keep(self._kept, digest, answer)
        return answer

    def take_over(self, before: "Authenticator", changed: Container[str]) -> None:
        """Remember whom an earlier generation let in.

        Args:
            before: of a state that differs in its revoked tokens alone.
            changed: `jti` of those that it differs in.
        """
        self._kept = OrderedDict(
            (digest, who)
            for digest, who in before._kept.items()  # noqa: SLF001 - of its own class
            if not any(each in changed for each in (who.token, *who.lineage))
        )

    def remembers(self, token: str, now: Nanoseconds) -> bool:
        """Return whether this token's signature was verified before, so that it costs nothing to look at it."""
        return self.verifier.remembers(_digest(token), now)

    def knows_client(self, client: str) -> bool:
        """Return whether a client of this id is registered and not revoked."""
        return self._resolver.holder(client) is not None

    def again(self, who: Authenticated) -> Refused | None:
        """Return why somebody who was authenticated in an earlier generation is not accepted in this one.

        Args:
            who: from `authenticate` of any generation, or `ANYONE`.
        """
        if who.principal is ANONYMOUS:
            return None
        standing = self._resolver.again(who.principal)[1]
        if self._resolver.is_over(who.sign_in, who.issued):
            standing = Standing.ENDED
        return self._judge(self._facts(who, standing)) or self._device(who)

    def seen(self, who: Authenticated, now: Nanoseconds) -> Authenticated:
        """Return somebody who was authenticated before, with what is to be seen of their device now."""
        if not who.key:
            return who
        standing, seen, _ = self._fleet.seen(who.principal.id, who.key, now)
        if (standing, seen) == (who.standing, who.seen):
            return who
        return msgspec.structs.replace(who, standing=standing, seen=seen)

    def _device(self, who: Authenticated) -> Refused | None:
        """Return why the device that somebody was let in from is not accepted: it was revoked, or is known no more."""
        now = self._fleet.standing(who.principal.id, who.key)
        gone = who.standing in _KNOWN and now is not Device.KNOWN
        return judge(self._devices, DeviceUse(now, required=gone), _UNAUTHORIZED, self._failed)

    def _facts(self, who: Authenticated, standing: Standing) -> Presentation:
        if standing is Standing.KNOWN and not self._resolver.may_act(who.client, who.actors):
            standing = Standing.REVOKED
        revoked = any(each in self._revoked for each in (who.token, *who.lineage))
        return Presentation(standing=standing, token_revoked=revoked)

    def _judged(self, facts: Presentation, who: Authenticated) -> Authenticated | Refused:
        return self._judge(facts) or self._device(who) or who

    def _judge(self, facts: Presentation) -> Refused | None:
        status = _UNAVAILABLE if facts.standing is Standing.ARRIVING else _UNAUTHORIZED
        return judge(self._controls, facts, status, self._failed)


def _digest(token: str) -> bytes:
    # What is longer is never accepted, so cutting it cannot make it another's; it only bounds the work.
    return hashlib.sha256(token[: MAX_TOKEN + 1].encode("utf-8", "surrogatepass")).digest()


def _keep(table: OrderedDict[bytes, _Kept], digest: bytes, value: _Kept) -> None:
    table[digest] = value
    if len(table) > CAPACITY:
        table.popitem(last=False)
