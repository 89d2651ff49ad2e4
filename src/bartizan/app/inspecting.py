"""Asking about tokens, and giving them back.

Rules of this file: who asks is authenticated before a token is looked at. Active is what a worker would take at this
moment, by the same code over the same state. Whatever is given back is refused in every worker before that is answered;
what is not good anyway, or was never a token, is answered alike. Nothing here knows HTTP.
Source: RFC 7662 section 2.2; RFC 7009 sections 2.1 and 2.2.
"""

from collections.abc import Callable
from typing import Any, Final

from bartizan.access.issue import family as families
from bartizan.access.issue.family import Family, RefreshTokens
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused
from bartizan.access.issue.inspection import INACTIVE, may_ask, told
from bartizan.access.register import of_client
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.taken import Taken
from bartizan.clock import MINUTE, SECOND, Nanoseconds
from bartizan.identity.principal import Principal
from bartizan.store.gauge import Rate
from bartizan.store.limits import MemoryLimiter

Asker = Callable[[Credential, str, bool], Principal]
"""(credential, source, whether a public application may) -> whose client asks; raises GrantRefused."""
Refused = Callable[[GrantRefused, str], GrantRefused]
"""(refusal, source) -> the same, counted for the record."""
RETURNS: Final = Rate(Nanoseconds(MINUTE // 120), 60)
"""Tokens that one client gives back: each has the whole state put in force anew."""


class Inspecting:
    """Answers what becomes of tokens.

    Args:
        ports: of the process.
        registrar: who revokes, and knows what is in force.
        refresh: knows refresh tokens.
        taken: reads tokens as workers do.
        asker: authenticates clients.
        refused: counts refusals.
    """

    def __init__(
        self,
        ports: Ports,
        registrar: Registrar,
        refresh: RefreshTokens,
        taken: Taken,
        asker: Asker,
        refused: Refused,
    ) -> None:
        """Take them; nothing happens yet."""
        self._ports, self._registrar = ports, registrar
        self._refresh, self._taken, self._asker, self._refused = refresh, taken, asker, refused
        self._returns = MemoryLimiter()

    def inspect(self, shown: Credential, token: str, source: str = "") -> dict[str, Any]:
        """Return what a client is told of a token.

        Args:
            shown: by the client.
            token: that it asks about.
            source: pseudonym of the network that it asks from; empty where nobody knows.
        Raises:
            GrantRefused: the client does not show who it is.
        """
        asker = self._asker(shown, source, False)
        said = self._taken.says(token)
        if said is not None:
            return told(said) if may_ask(asker, said["client_id"]) else dict(INACTIVE)
        name, number = self._refresh.read(token)
        with self._ports.store.begin() as connection:
            family = families.living(connection, name, self._ports.clock.now())
            if family is None or family.number != number or family.client != asker.client:
                return dict(INACTIVE)
            person = of_client(connection, family.person)
        about = {"active": True, "iss": self._ports.signer.url, "client_id": family.client, "sub": person.id}
        return dict(INACTIVE) if person.revoked else about

    async def revoke(self, shown: Credential, token: str, source: str = "") -> None:
        """Refuse a token of this client's in every worker; one that is not good is left alone.

        Args:
            shown: by the client; a public application shows its id alone.
            token: access token, or a refresh token, with which its whole family ends.
            source: pseudonym of the network that it asks from; empty where nobody knows.
        Raises:
            GrantRefused: the client does not show who it is, the token is another's, or it gave back too many lately; counted
                for the record.
            NotInForce, JournalUnwritable.
        """
        asker = self._asker(shown, source, True)
        family, person = self._family(token)
        said = None if family is not None else self._taken.says(token)
        held = family.client if family is not None else said["client_id"] if said is not None else ""
        if not held:
            return
        try:
            _require_own(asker, held)
            self._require_calm(asker)
        except GrantRefused as fault:
            raise self._refused(fault, self._registrar.sources.canonical(source)) from fault
        if family is not None and person is not None:
            await self._registrar.end_family(family.id, person, "revoked")
        elif said is not None:
            await self._registrar.revoke_token(said["jti"], asker.pseudonym)

    def _require_calm(self, asker: Principal) -> None:
        wait = self._returns.ask(asker.client, self._ports.clock.now(), RETURNS)
        if wait > 0:
            what = "this client gave back too many tokens lately; wait before the next one"
            raise GrantRefused(
                GrantFault.SLOW_DOWN,
                what,
                "returns-too-many",
                principal=asker.pseudonym,
                wait_s=-(-wait // SECOND),
            )

    def _family(self, token: str) -> tuple[Family | None, Principal | None]:
        name, _ = self._refresh.read(token)
        with self._ports.store.begin() as connection:
            family = families.living(connection, name, self._ports.clock.now()) if name else None
            return family, None if family is None else of_client(connection, family.person)


def _require_own(asker: Principal, client: str) -> None:
    if client != asker.client:
        what = "the token is another client's; the owner can revoke it: bartizan identity revoke"
        raise GrantRefused(GrantFault.INVALID_GRANT, what, "token-of-another")
