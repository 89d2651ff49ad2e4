"""What asking this room yields: one type an outcome."""

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.identity.claim import Actor
from bartizan.identity.device import NOTHING, Seen, Standing
from bartizan.identity.principal import ANONYMOUS, Principal
from bartizan.identity.spiffe import SpiffeId
from bartizan.identity.verified import UNVERIFIED, Verified

FOREVER = Nanoseconds(2**63 - 1)
"""An end that no request reaches."""


class Authenticated(msgspec.Struct, frozen=True):
    """Somebody known asked.

    Attributes:
        principal: who.
        token: the token's `jti`; empty for anonymous.
        until: instant from which it must be asked again, UTC nanoseconds: the token is over, or its device seen otherwise.
        key: thumbprint of the key that the token is bound to, or empty.
        certificate: SHA-256, base64url, of the certificate that it is bound to, or empty.
        sign_in: keys under which an external issuer ends what the token came from; none for a token of ours.
        issued: when the token was, UTC nanoseconds.
        standing: of the device that has the token's key.
        seen: what policies may look at of it.
        service: name of the one service that the token is good for; empty for all.
        client: `client_id` of whoever acts for the principal; empty where it acts itself.
        agent: who that is: an application that the principal consented to, or an agent, to whom what is asked for must be
            permitted too; None where the principal acts itself.
        actors: its chain, where it acts by an exchange of tokens.
        lineage: ids beside the token's own with whose revocation it ends: its family's, its parents'.
        verified: how the person was, in the sign-in that the token comes of.
        spiffe: SPIFFE ID that the workload showed for the token; None where none was.
    """

    principal: Principal
    token: str
    until: Nanoseconds
    key: str = ""
    certificate: str = ""
    sign_in: tuple[str, ...] = ()
    issued: Nanoseconds = Nanoseconds(0)
    standing: Standing = Standing.UNBOUND
    seen: Seen = NOTHING
    service: str = ""
    client: str = ""
    agent: Principal | None = None
    actors: tuple[Actor, ...] = ()
    lineage: tuple[str, ...] = ()
    verified: Verified = UNVERIFIED
    spiffe: SpiffeId | None = None

    @property
    def passkey(self) -> str:
        """Which kind of passkey verified the person, a word of `verified.PASSKEYS`; empty for none."""
        return self.verified.passkey

    @property
    def bound(self) -> bool:
        """Whether it must be proven at each request that who shows the token holds what it is bound to."""
        return bool(self.key or self.certificate)


class Allowed(msgspec.Struct, frozen=True):
    """The request may go on.

    Attributes:
        policies: `@id` of each policy that decided.
        generation: of the state that it was decided on.
        until: instant from which it must be asked again, UTC nanoseconds.
    """

    policies: tuple[str, ...]
    generation: int
    until: Nanoseconds


class Refused(msgspec.Struct, frozen=True):
    """The request may not go on.

    Attributes:
        control: id of the control that says so.
        reason: its word in events, of a closed set.
        what: a sentence for people; says what to do, holds nothing that the client sent.
        status: of the HTTP answer: 401 who are you, 403 not you, 503 the check itself failed.
        after: instant after which the person must have signed in for it not to be refused for that, UTC nanoseconds; 0 where
            another sign-in is not what is wanted, or how is said elsewhere.
    """

    control: str
    reason: str
    what: str
    status: int
    after: Nanoseconds = Nanoseconds(0)


ANYONE = Authenticated(ANONYMOUS, "", FOREVER)
"""Who uses a public endpoint; goes through the same authorization as everybody."""
