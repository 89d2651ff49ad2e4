"""What people let applications do, for whoever looks at it or takes it back: the person, or whom the policies permit it.

Rules of this file: what is withdrawn is refused in every worker before that is answered, and is on record by whom. Nothing here
knows HTTP.
"""

from sqlalchemy import Connection

from bartizan.access.errors import ConsentUnknown, PrincipalUnknown
from bartizan.access.issue.consent import Consented, consents, withdraw
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.device_flow import DeviceFlow
from bartizan.app.entry import Entry
from bartizan.identity.principal import Principal
from bartizan.ledger.event import Outcome


class Consents:
    """Shows and withdraws them.

    Args:
        ports: of the process.
        registrar: who knows people, and puts in force.
        device_flow: whose devices have not fetched yet what they were let do.
    """

    def __init__(self, ports: Ports, registrar: Registrar, device_flow: DeviceFlow) -> None:
        """Take them."""
        self._ports, self._registrar, self._device_flow = ports, registrar, device_flow

    def of(self, person: Principal) -> tuple[Consented, ...]:
        """Return the applications that may act for somebody, in order of their id."""
        with self._ports.store.begin() as connection:
            return consents(connection, person, self._ports.clock.now())

    async def withdraw(self, person: Principal, application: str, actor: str) -> int:
        """Take back what somebody let an application do; return the generation in which that is in force everywhere.

        Args:
            person: whose consent it is.
            application: id of the application's principal.
            actor: whose doing it is: `owner`, or a pseudonym.
        Raises:
            ConsentUnknown: they let none of that id do anything.
            NotInForce, JournalUnwritable, OperationalError.
        """
        there = self._application(application)
        now, waited = self._ports.clock.now(), self._device_flow.forget(person, there)

        def change(connection: Connection) -> int:
            ended = withdraw(connection, person, there, now)
            if ended is None and not waited:
                raise ConsentUnknown
            return ended or 0

        def said(ended: int) -> list[Entry]:
            detail: dict[str, int | str] = {"client": there.pseudonym, "count": ended}
            return [Entry("access.consent.withdrawn", actor, person.pseudonym, Outcome.DONE, detail=detail)]

        _, generation = await self._registrar.publication.take_away(change, said)
        return generation

    def _application(self, application: str) -> Principal:
        try:
            return self._registrar.person(application)
        except PrincipalUnknown as fault:  # alike, so that nobody learns here who is registered
            raise ConsentUnknown from fault
