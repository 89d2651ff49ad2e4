"""Who calls the Admin API over the network, and may they: asked here again, whatever the gateway in front has checked.

Rules of this file: every call has a token that this process verifies, is proven to hold what the token is bound to, and
is decided by the policies that are in force; what is not permitted is refused. A call that is let in is on record
before anything of it is done, a refused one is counted for the record. Where there is nothing to decide on, nobody is
let in. Nothing here knows HTTP.
"""

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from typing_extensions import override

from bartizan.access import controls
from bartizan.access.assemble import Access, Ports, assemble
from bartizan.access.controls import request_authenticated
from bartizan.access.decide import Circumstances
from bartizan.access.issue.mint import CONTROL as AUDIENCE
from bartizan.access.judge import Failed
from bartizan.access.outcome import ANYONE, Allowed, Authenticated, Refused
from bartizan.admin.route import AnyRoute
from bartizan.app.admin.caller import Caller
from bartizan.app.admin.refusals import ANYBODY, CALLED, CallRefusals, Refusal
from bartizan.app.entry import Entry
from bartizan.app.plan import CONTROL
from bartizan.clock import Clock, Nanoseconds
from bartizan.control import discover
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs
from bartizan.identity.shown import Shown
from bartizan.identity.state import State
from bartizan.identity.strength import INSUFFICIENT, Strength
from bartizan.identity.token import IssuerInvalid
from bartizan.ledger.event import Outcome
from bartizan.policy.errors import PolicyInvalid

_UNDECIDED: Final = Refused(
    request_authenticated.CONTROL.id,
    "control-unavailable",
    "there is nothing to decide on, so nobody is let in; look at `bartizan status`",
    503,
)

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403


class CallRefused(Exception):
    """A call that is not let in.

    Attributes:
        reason: word of a closed set.
        status: of the answer.
        nonce: what the next proof must hold.
        challenge: what the next sign-in must be, as a challenge says it; empty where that is not the matter.
    """

    def __init__(self, refused: Refused, nonce: str, challenge: str = "") -> None:
        """Say what the control said."""
        super().__init__(refused.what)
        self.reason, self.status, self.nonce = refused.reason, refused.status, nonce
        self.challenge = challenge


def gate_of(clock: Clock, record: Callable[[Sequence[Entry]], tuple[int, int]], failed: Failed) -> "Gate":
    """Return a gate with the room's own controls and nonces, for tokens that are meant for the control process.

    Args:
        clock, record: as of `Gate`.
        failed: is told of a control that could not judge, and why.
    """
    proofs = Proofs(Secret(secrets.token_bytes(32)))
    return Gate(Ports(discover(controls), AUDIENCE, proofs, failed), clock, record)


class Shows(msgspec.Struct, frozen=True):
    """What a call shows of who makes it.

    Attributes:
        shown: the token, and what stands beside it.
        quantum_safe: whether its connection to the gateway withstands a quantum computer.
        source: pseudonym of the network that it comes from, or empty.
        request: id under which the gateway has put it on record, or empty.
    """

    shown: Shown
    quantum_safe: bool = False
    source: str = ""
    request: str = ""

    @override
    def __repr__(self) -> str:
        """Return its id alone: the rest are credentials."""
        return f"Shows({self.request!r}, …)"


class Gate:
    """Lets calls in over the network.

    Args:
        ports: of the access room, with this process's audience.
        clock: the time.
        record: writes entries to the journal, in order. Raises JournalUnwritable.
    """

    def __init__(
        self, ports: Ports, clock: Clock, record: Callable[[Sequence[Entry]], tuple[int, int]]
    ) -> None:
        """Have nothing to decide on yet."""
        self._ports, self._clock, self._record = ports, clock, record
        self._access: Access | None = None
        self._generation = 0
        self._refused = CallRefusals()

    def take(self, state: State) -> None:
        """Decide on this state from now on; on none where it cannot be decided on.

        Tokens of external issuers open nothing here: they are meant for the gateway's services.
        """
        state = msgspec.structs.replace(state, issuers=tuple(each for each in state.issuers if each.embedded))
        before, self._access = self._access, None
        self._generation += 1
        try:
            self._access = (
                assemble(self._ports, state, self._generation)
                if before is None
                else before.next(state, self._generation)
            )
        except (IssuerInvalid, PolicyInvalid) as fault:
            logging.getLogger("control").warning("the Admin API lets nobody in: %s", type(fault).__name__)

    def admit(self, route: AnyRoute, shows: Shows) -> Caller:
        """Return who calls, once that is on record.

        Raises:
            CallRefused: counted for the record.
            JournalUnwritable: then nothing is done.
        """
        who = self._authenticated(shows.shown)
        if isinstance(who, Refused):
            raise self._count(route, shows, who)
        allowed = self._authorized(who, route, shows)
        if isinstance(allowed, Refused):
            raise self._count(route, shows, allowed, who.principal.pseudonym)
        detail: dict[str, int | str] = {"operation": route.name}
        agent = "" if who.agent is None else who.agent.pseudonym
        if agent:
            detail["agent"] = agent.removeprefix("p-")
        self._record([Entry(CALLED, who.principal.pseudonym, shows.request, Outcome.ALLOWED, detail=detail)])
        nonce = self.nonce() if shows.shown.scheme else ""
        return Caller(who.principal.pseudonym, _roles(who), who.principal.id, nonce=nonce, agent=agent)

    def known(self, shows: Shows) -> Authenticated:
        """Return who shows a token, or `ANYONE` where none is shown.

        Raises:
            CallRefused: a token that is not taken; nothing is counted.
        """
        who = self._authenticated(shows.shown) if shows.shown.token else ANYONE
        if isinstance(who, Refused):
            raise CallRefused(who, self.nonce())
        return who

    def require(self, who: Authenticated, action: str, asked: Iterable[Circumstances]) -> None:
        """Refuse somebody who may not do a thing to the platform as it is asked, each time that it is.

        Raises:
            CallRefused: so; nothing is counted.
        """
        for each in asked:
            answer = (
                _UNDECIDED if self._access is None else self._access.authorize(who, action, CONTROL, each)
            )
            if isinstance(answer, Refused):
                if who is ANYONE and answer.status == _FORBIDDEN:  # it might be permitted to somebody
                    answer = msgspec.structs.replace(answer, status=_UNAUTHORIZED)
                raise CallRefused(answer, self.nonce())

    def may_permit(self, *actions: str) -> bool:
        """Return whether the policies in force could permit each of these to anybody."""
        return self._access is not None and all(map(self._access.may_permit, actions))

    def nonce(self) -> str:
        """Return what the next proofs must hold."""
        return self._ports.proofs.nonce(self._clock.now())

    def record_refusals(self) -> None:
        """Record the refused calls since the last time: one event a kind, so a flood fills no disk."""
        found = self._refused.take()
        if found:
            self._record(found)

    def _authenticated(self, shown: Shown) -> Authenticated | Refused:
        if self._access is None:
            return _UNDECIDED
        now = self._clock.now()
        who = self._access.authenticate(shown.token, now)
        if isinstance(who, Refused):
            return who
        return self._access.prove(who, shown, now) or who

    def _authorized(self, who: Authenticated, route: AnyRoute, shows: Shows) -> Allowed | Refused:
        if self._access is None:
            return _UNDECIDED
        here = Circumstances(shows.quantum_safe, route.name)
        return self._access.authorize(who, route.action, CONTROL, here)

    def _count(self, route: AnyRoute, shows: Shows, refused: Refused, principal: str = "") -> CallRefused:
        actor = principal or shows.source or ANYBODY
        self._refused.count(Refusal(actor, route.name, refused.control, refused.reason))
        return CallRefused(refused, self.nonce(), _step_up(shows.shown, refused, self._clock.now()))


def _roles(who: Authenticated) -> tuple[str, ...]:
    """Return the roles of whoever asks; where another acts for them, those that both have: neither lends more than that."""
    held = who.principal.roles
    return held if who.agent is None else tuple(role for role in held if role in who.agent.roles)


def _step_up(shown: Shown, refused: Refused, now: Nanoseconds) -> str:
    """Return the challenge that asks for another sign-in, where that is what is wrong."""
    strength = Strength.after(refused.after, now) if refused.after else shown.strength
    if refused.reason != INSUFFICIENT or strength is None:
        return ""
    return strength.challenge("DPoP" if shown.scheme else "Bearer")
