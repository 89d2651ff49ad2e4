"""Whom verified claims stand for: our own issuer names a principal by its id, any other by a link.

Rules of this file: pure. No external issuer can name a principal of ours: its `sub` is looked up among the links of
that issuer and nowhere else. What a newer token says of roles is waited for, never skipped: until the register knows
it, the token is refused, so that roles that were taken away at the issuer are not held here.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.access.subject import Standing
from bartizan.clock import Nanoseconds
from bartizan.identity.claim import Actor
from bartizan.identity.external import Link, ended_key
from bartizan.identity.principal import ANONYMOUS, Principal, registration
from bartizan.identity.state import State
from bartizan.identity.token import Claims

_NOBODY: Final = (ANONYMOUS, Standing.UNKNOWN)


class Resolver:
    """Who is who in one generation.

    Attributes:
        people: by id and client.
    """

    __slots__ = ("_by_client", "_by_id", "_ended", "_links", "_registering", "people")

    def __init__(self, state: State) -> None:
        """Take a generation."""
        self.people = {(person.id, person.client): person for person in state.principals}
        self._by_id = {person.id: person for person in state.principals}
        self._by_client = {person.client: person for person in state.principals if not person.revoked}
        self._links: Mapping[tuple[str, str], Link] = {
            (link.issuer, link.subject): link for link in state.links
        }
        self._ended = state.ended
        self._registering = frozenset(
            issuer.url for issuer in state.issuers if issuer.profile is not None and issuer.profile.register
        )

    def resolve(self, claims: Claims) -> tuple[Principal, Standing]:
        """Return whom a token's claims stand for, and what the register says about them."""
        if not claims.external:
            return self.again(self._of_ours(claims))
        if self._is_ended(claims):
            return ANONYMOUS, Standing.ENDED
        link = self._links.get((claims.issuer, claims.subject))
        if link is None:
            arriving = claims.issuer in self._registering
            return ANONYMOUS, Standing.ARRIVING if arriving else Standing.UNKNOWN
        person, standing = self.again(self._by_id.get(link.principal, ANONYMOUS))
        if standing is Standing.KNOWN and outdated(link, claims):
            return ANONYMOUS, Standing.ARRIVING
        return person, standing

    def again(self, person: Principal) -> tuple[Principal, Standing]:
        """Return somebody, of this or an earlier generation, as they stand in this one."""
        found = self.people.get((person.id, person.client), ANONYMOUS)
        if found is ANONYMOUS:
            return _NOBODY
        return found, Standing.REVOKED if found.revoked else Standing.KNOWN

    def holder(self, client: str) -> Principal | None:
        """Return whose client this is; None where there is none that may still act."""
        return self._by_client.get(client)

    def may_act(self, client: str, actors: tuple[Actor, ...]) -> bool:
        """Return whether all may still act that do so for somebody.

        Args:
            client: that holds the token, where it is not its principal's own; else empty.
            actors: of its chain, whoever acts now first.
        """
        if not client:
            return not actors
        now = self.holder(client)
        acting = now is not None and (not actors or actors[0] == (now.id, registration(now.client)))
        return acting and all(self._is(*actor) for actor in actors[1:])

    def _is(self, principal: str, registered: str) -> bool:
        found = self._by_id.get(principal)
        return found is not None and not found.revoked and registration(found.client) == registered

    def is_over(self, tokens: tuple[str, ...], issued: Nanoseconds) -> bool:
        """Return whether an issuer has ended what somebody was let in by.

        Args:
            tokens: `external.ended_key` of its subject, and of its session where it has one.
            issued: when the token was.
        """
        return any(issued <= self._ended.get(key, -1) for key in tokens)

    def _of_ours(self, claims: Claims) -> Principal:
        """Return whom our own issuer names: by their client, or by their registration where an application's asks."""
        if not claims.registration:
            return self.people.get((claims.subject, claims.client), ANONYMOUS)
        person = self._by_id.get(claims.subject, ANONYMOUS)
        return person if registration(person.client) == claims.registration else ANONYMOUS

    def _is_ended(self, claims: Claims) -> bool:
        return self.is_over(sign_in(claims), claims.issued)


def outdated(link: Link, claims: Claims) -> bool:
    """Return whether a token says newer and other roles than the register knows."""
    return link.of != 0 and claims.issued > link.of and claims.roles != link.roles


def sign_in(claims: Claims) -> tuple[str, ...]:
    """Return the keys under which an external token's sign-in can be ended; none for a token of ours."""
    if not claims.external:
        return ()
    keys = (ended_key("sub", claims.issuer, claims.subject),)
    return (*keys, ended_key("sid", claims.issuer, claims.session)) if claims.session else keys
