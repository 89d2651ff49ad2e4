"""Exchanging tokens: an agent that acts for somebody gets a token of its own, in which both stand.

Rules of this file: the agent is authenticated before the token is looked at. What is exchanged is taken by workers at this
moment, and what comes of it ends with it. Nothing here knows HTTP.
Source: RFC 8693.
"""

import msgspec

from bartizan.access.errors import PrincipalUnknown
from bartizan.access.issue import client_certificate
from bartizan.access.issue.exchange import terms
from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.grant import ACCESS_TOKEN
from bartizan.access.issue.mint import Bound, Issued, SpiffeShown
from bartizan.access.register import get, of_client
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.taken import Taken
from bartizan.identity.principal import Principal


class Exchanging:
    """Gives agents tokens to act for somebody.

    Args:
        ports: of the process.
        registrar: who mints and records.
        taken: reads tokens as workers do.
    """

    def __init__(self, ports: Ports, registrar: Registrar, taken: Taken) -> None:
        """Take them; nothing happens yet."""
        self._ports, self._registrar, self._taken = ports, registrar, taken

    def grant(self, agent: Principal, token: str, asked: str, bound: Bound, source: str) -> Issued:
        """Return the token of an exchange.

        Args:
            agent: whose client asks, authenticated.
            token: that is exchanged.
            asked: audience that is asked for; empty for the token's own.
            bound: what the new token is to be bound to.
            source: pseudonym of the network that asks; empty where nobody knows.
        Raises:
            GrantRefused: the token is not good, or the agent may not, or asks for more.
            JournalUnwritable: then nothing is issued.
        """
        said = self._taken.says(token)
        if said is None:
            raise _not_good(agent)
        try:
            with self._ports.store.begin() as connection:
                person, before = get(connection, said["sub"]), of_client(connection, said["client_id"])
                certified = client_certificate.certified(connection, said["client_id"])
        except PrincipalUnknown as fault:  # erased since
            raise _not_good(agent) from fault
        if certified:  # a worker's word is all that it came of
            raise _not_good(agent, "subject-by-certificate")
        given = terms(said, agent, before, asked, bound, self._ports.clock.now())
        issued = self._registrar.issue(
            person,
            given.audience,
            given.seconds,
            bound,
            source,
            grant="exchange",
            lent=given.lent,
            shown=SpiffeShown(str(said.get("spiffe_id", ""))),
        )
        return msgspec.structs.replace(issued, kind=ACCESS_TOKEN)


def _not_good(agent: Principal, reason: str = "subject-unknown") -> GrantRefused:
    what = "subject_token is not a token that is good here now, or one of a client that is known by its certificate alone"
    return GrantRefused(GrantFault.INVALID_REQUEST, what, reason, principal=agent.pseudonym)
