"""Requests that a guard holds, and their release by a person: second-person approval (`approvals.py`) of one request.

Rules of this file: the asker is the principal who sent the request, so nobody releases their own; a release is used up by the
first request that is the same to the octet, and ends after a day. Nothing of the request is kept but its tag. Nothing here
knows HTTP.
"""

import logging
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy.exc import OperationalError

from bartizan.access import register
from bartizan.access.errors import PrincipalUnknown
from bartizan.access.people import held as rows
from bartizan.access.people.approval import RELEASE, Approval
from bartizan.access.people.errors import SignInRefused
from bartizan.access.people.held import Held
from bartizan.access.people.roles import Role
from bartizan.app.approvals import Approvals
from bartizan.app.entry import Entry
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.people import Ports
from bartizan.ledger.event import Outcome

ROLE: Final = Role.SECURITY_ENGINEER.value
"""Role that releases; owners do too."""
Word = Literal["released", "waiting", "denied", "full", "unavailable"]


class HeldUnknown(LookupError):
    """No request is held under that id."""

    reason = "held-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no request is held under that id, or no longer; see `bartizan guard held`")


class HeldRequests:
    """What is held."""

    def __init__(self, ports: Ports, approvals: Approvals) -> None:
        """Take the ports, and where people approve."""
        self._ports, self._approvals = ports, approvals

    def answer(self, asked: HoldAsked) -> HoldAnswered:
        """Return what becomes of a request: released, which uses that up, or held from now on.

        Raises:
            JournalUnwritable: then it is not released.
        """
        try:
            word, held = self._become(asked)
        except (PrincipalUnknown, OperationalError) as fault:
            logging.getLogger("control").warning("a request is refused, not held: %s", type(fault).__name__)
            word, held = "unavailable", ""
        return HoldAnswered(ticket=asked.ticket, word=word, held=held)

    def _become(self, asked: HoldAsked) -> tuple[Word, str]:
        now = self._ports.clock.now()
        with self._ports.store.begin() as connection:
            asker = register.of_pseudonym(connection, asked.principal)
            found = rows.find_same(connection, asker.id, asked.service, asked.digest, now)
        if asker.revoked:
            return "unavailable", ""
        if found is not None and found.state in {"open", "denied"}:
            return ("waiting" if found.state == "open" else "denied"), found.request
        if found is not None and found.state == "approved" and self._spend(found, asked):
            return "released", found.request
        try:
            made = self._approvals.ask(asker.id, RELEASE, asked.request, ROLE)
        except SignInRefused:
            return "full", ""
        with self._ports.store.begin() as connection:
            rows.keep(connection, made, asked.service, asked.digest, asked.reason, now)
            self._say("threats.request.held", asked, Outcome.FOUND, {"reason": asked.reason})
        return "waiting", asked.request

    def _spend(self, found: Held, asked: HoldAsked) -> bool:
        """Use a release up; return False where it is none any more."""
        try:
            self._approvals.use(found.approval, found.asker, RELEASE, found.request)
        except SignInRefused:  # whoever released it may not any more
            return False
        self._say(
            "threats.request.released", asked, Outcome.ALLOWED, {"held": found.request.removeprefix("q-")}
        )
        return True

    def several(self) -> Sequence[Held]:
        """Return what is held or was answered and is not over, by id of the request."""
        with self._ports.store.begin() as connection:
            return rows.several(connection, self._ports.clock.now())

    def decide(self, request: str, by: str, purpose: str, *, release: bool) -> Held:
        """Return a held request that a person has answered.

        Args:
            request: id that it is held under.
            by: id of the person.
            purpose: a word of `vocabulary.PURPOSE`.
            release: whether it may go on, once.
        Raises:
            HeldUnknown; SignInRefused: it is their own, they lack the role, or it was answered; JournalUnwritable.
        """
        found = next((each for each in self.several() if each.request == request), None)
        if found is None:
            raise HeldUnknown
        answered: Approval = self._approvals.decide(by, found.approval, purpose, approve=release)
        return msgspec.structs.replace(found, state=answered.state)

    def _say(self, kind: str, asked: HoldAsked, outcome: Outcome, more: dict[str, int | str]) -> None:
        detail = {"service": asked.service, "digest": asked.digest, **more}
        self._ports.record([Entry(kind, asked.principal, asked.request, outcome, detail=detail)])
