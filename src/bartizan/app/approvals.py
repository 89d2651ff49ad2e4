"""Second-person approval, for whoever carries out what cannot be taken back.

Rules of this file: other rooms get `Approvals` from their process and call `spend` right before they act; a
person answers on a page in between. Everything is put on record, by pseudonym.
"""

import msgspec

from bartizan.access import register
from bartizan.access.people import approval
from bartizan.access.people.approval import Approval
from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.app.entry import Entry
from bartizan.app.people import Ports, Who
from bartizan.ledger.event import Outcome


class Waiting(msgspec.Struct, frozen=True):
    """A request as a person sees it.

    Attributes:
        approval: the request.
        asker: name of who asks.
        subject: id of whom it is about, where it is about somebody who is known; else as the request has it.
    """

    approval: Approval
    asker: str
    subject: str


class Approvals:
    """Requests that wait for a second person, and what was approved."""

    def __init__(self, ports: Ports) -> None:
        """Take the ports."""
        self._ports = ports

    def ask(self, asker: str, act: str, subject: str, role: str) -> Approval:
        """Return the request that somebody else has to approve before an act.

        Args:
            asker: id of the principal that wants to act.
            act: a word from code.
            subject: pseudonym or configured name.
            role: that who approves must have.
        Raises:
            PrincipalUnknown, SignInRefused, JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            person = register.get(connection, asker)
            made = approval.ask(connection, person, act, subject, role, self._ports.clock.now())
            self._say("access.approval.asked", person.pseudonym, made, Outcome.DONE)
        return made

    def spend(self, asker: str, act: str, subject: str, role: str) -> bool:
        """Return whether an act was approved, which uses the approval up; where it was not, somebody is asked for it.

        Args and raises as of `ask`.
        """
        with self._ports.store.begin() as connection:
            person = register.get(connection, asker)
            found = approval.approved(connection, person, act, subject, role, self._ports.clock.now())
        if not found:
            self.ask(asker, act, subject, role)
            return False
        self.use(found, asker, act, subject)
        return True

    def waiting(self, who: Who) -> tuple[Waiting, ...]:
        """Return the requests that somebody sees: their own, and those of their roles."""
        with self._ports.store.begin() as connection:
            known = {each.pseudonym: each.id for each in register.people(connection)}
            return tuple(
                Waiting(
                    each, register.get(connection, each.asker).name, known.get(each.subject, each.subject)
                )
                for each in approval.waiting(connection, who.now)
                if each.asker == who.person.id or approval.may_answer(each, who.person.roles)
            )

    def answer(self, who: Who, wanted: str, *, approve: bool) -> Approval:
        """Return a request that somebody has answered, who was verified lately.

        Raises:
            SignInRefused, JournalUnwritable.
        """
        if not who.is_fresh:
            raise SignInRefused(Fault.VERIFICATION_OLD)
        return self.decide(who.person.id, wanted, approve=approve)

    def decide(self, by: str, wanted: str, purpose: str = "", *, approve: bool) -> Approval:
        """Return a request that somebody has answered, of whom somebody else has made sure.

        Args:
            by: id of who answers.
            wanted: id of the request.
            purpose: a word of `vocabulary.PURPOSE`, or empty.
            approve: whether they allow it.
        Raises:
            PrincipalUnknown, SignInRefused, JournalUnwritable.
        """
        with self._ports.store.begin() as connection:
            person, now = register.get(connection, by), self._ports.clock.now()
            found = approval.answer(connection, wanted, person, now, approve=approve)
            outcome = Outcome.ALLOWED if approve else Outcome.DENIED
            self._say("access.approval.answered", person.pseudonym, found, outcome, purpose)
        return found

    def use(self, wanted: str, asker: str, act: str, subject: str) -> Approval:
        """Return an approval that is used up by its act; call it right before. Raises as `ask`."""
        with self._ports.store.begin() as connection:
            person = register.get(connection, asker)
            found = approval.use(connection, wanted, person, act, subject, self._ports.clock.now())
            self._say("access.approval.used", person.pseudonym, found, Outcome.DONE)
        return found

    def _say(self, kind: str, actor: str, found: Approval, outcome: Outcome, purpose: str = "") -> None:
        detail: dict[str, int | str] = {"act": found.act, "role": found.role}
        detail |= {"purpose": purpose} if purpose else {}
        self._ports.record([Entry(kind, actor, found.subject, outcome, detail=detail)])
