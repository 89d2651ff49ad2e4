"""Exchanging a token: what an agent gets of somebody else's, to act for them.

Rules of this file: pure. Nothing grows: what comes of an exchange is for no more services than what it comes of, ends no
later, is bound where that was, and has one hand more in its chain, which is bounded and nobody is in twice. What is for
our own endpoints is not exchanged.
Source: RFC 8693 sections 1.1, 2.1, 2.2.2 and 4.1.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.mint import GATEWAY, LIFETIME_S, UNBOUND, Bound, Lent
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.claim import MOST_ACTORS, Actor, actors, parents
from bartizan.identity.principal import Principal, registration
from bartizan.identity.token import OF_ONE

AGENT: Final = "agent"
"""Role of those that may act for others."""


class Terms(msgspec.Struct, frozen=True):
    """What an exchange comes to.

    Attributes:
        subject: id of whom is acted for.
        audience: of the new token.
        seconds: its life.
        lent: who holds it, and who is in its chain.
    """

    subject: str
    audience: str
    seconds: int
    lent: Lent


def terms(
    said: Mapping[str, Any],
    agent: Principal,
    before: Principal | None,
    asked: str,
    bound: Bound,
    now: Nanoseconds,
) -> Terms:
    """Return what an agent gets for a token.

    Args:
        said: by the token, which workers take at this moment.
        agent: who asks, authenticated.
        before: whose client the token is.
        asked: audience that it asks for; empty for the token's own.
        bound: what the new token is to be bound to.
        now: the instant.
    Raises:
        GrantRefused: it may not act for others, or for this one, or asks for more than the token has.
    """
    if AGENT not in agent.roles:
        what = f"this client may not act for others; the owner can give it the role {AGENT}"
        raise _refused(GrantFault.UNAUTHORIZED_CLIENT, what, "agent-unauthorized", agent)
    if said.get("cnf") and bound == UNBOUND:
        what = "the token is bound, so what comes of it must be: send a DPoP proof"
        raise _refused(GrantFault.INVALID_DPOP_PROOF, what, "exchange-unbound", agent)
    chain = ((agent.id, registration(agent.client)), *_before(said, before))
    hands = [hand for hand, _ in chain]
    if len(chain) > MOST_ACTORS or len(set(hands)) < len(hands) or said["sub"] in hands:
        what = f"the token has gone through this agent's hands, or through {MOST_ACTORS} already"
        raise _refused(GrantFault.INVALID_GRANT, what, "exchange-too-far", agent)
    left = int(said["exp"]) - now // SECOND
    lent = Lent(
        agent.client,
        str(said.get("family", "")),
        Nanoseconds(int(said.get("auth_time", 0)) * SECOND),
        str(said.get("acr", "")),
        chain,
        (str(said["jti"]), *parents(said))[:MOST_ACTORS],
        agent.pseudonym,
    )
    return Terms(said["sub"], _audience(said["aud"], asked, agent), min(LIFETIME_S, left), lent)


def _before(said: Mapping[str, Any], holder: Principal | None) -> tuple[Actor, ...]:
    """Return through whose hands the token has gone: an application's too, that its person consented to."""
    chain = actors(said)
    if chain or holder is None or "registration" not in said:
        return chain
    return ((holder.id, registration(holder.client)),)


def _audience(had: object, asked: str, agent: Principal) -> str:
    """Return the audience of the new token: the token's own, or one service of those that it is good for."""
    within = asked in {"", had} or (had == GATEWAY and asked.startswith(GATEWAY + OF_ONE))
    if not isinstance(had, str) or not had.startswith(GATEWAY) or not within:
        what = "ask for what the token is good for at the gateway, or for one service of it"
        raise _refused(GrantFault.INVALID_TARGET, what, "exchange-wider", agent)
    return asked or had


def _refused(error: GrantFault, what: str, reason: str, agent: Principal) -> GrantRefused:
    return GrantRefused(error, what, reason, principal=agent.pseudonym)
