"""Which tokens workers take at this moment: the same code over the state that was put in force last.

Rules of this file: only tokens of our own issuer are looked at. A change counts from when it is on its way to the workers,
so what is being taken away is gone here at once.
"""

from typing import Any, Final

from bartizan.access.authenticate import Authenticator, Verifier
from bartizan.access.controls import device_known, request_authenticated
from bartizan.access.issue.inspection import payload_of
from bartizan.access.issue.mint import AUDIENCES
from bartizan.access.outcome import Authenticated
from bartizan.app.control import Registrar
from bartizan.clock import Clock
from bartizan.identity.state import State

_CONTROLS: Final = (request_authenticated.CONTROL, device_known.CONTROL)


class Taken:
    """Reads tokens as workers do.

    Args:
        registrar: who knows what is in force.
        clock: tells the time.
    """

    def __init__(self, registrar: Registrar, clock: Clock) -> None:
        """Take both; nothing is read yet."""
        self._registrar, self._clock = registrar, clock
        self._of: State | None = None
        self._rooms: tuple[Authenticator, ...] = ()

    def says(self, token: str) -> dict[str, Any] | None:
        """Return what a token says that workers take, for whatever audience; None where they would not."""
        now = self._clock.now()
        taken = any(isinstance(room.authenticate(token, now), Authenticated) for room in self._in_force())
        return payload_of(token) if taken else None

    def _in_force(self) -> tuple[Authenticator, ...]:
        """Return one reader an audience."""
        state = self._registrar.publication.state
        if state is not self._of:
            own = tuple(issuer for issuer in state.issuers if issuer.embedded)
            self._rooms = tuple(
                Authenticator(state, Verifier(own, audience), _CONTROLS, lambda _, __: None)
                for audience in sorted(AUDIENCES)
            )
            self._of = state
        return self._rooms
