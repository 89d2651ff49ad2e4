"""What the policies in force permit somebody who is signed in at the platform's own pages.

Rules of this file: the same controls and policies as at the gateway and for tokens; where there is nothing to decide on,
nothing is permitted. Pages know nothing of the key agreement of who looks at them: `quantum_safe` is false for them.
"""

import logging
from collections.abc import Collection
from typing import Final

from bartizan.access import controls
from bartizan.access.decide import Circumstances, Decider
from bartizan.access.judge import Failed
from bartizan.access.outcome import FOREVER, Allowed, Authenticated
from bartizan.app.plan import CONTROL
from bartizan.control import discover
from bartizan.identity.principal import Principal
from bartizan.identity.state import State
from bartizan.identity.verified import UNVERIFIED, Verified
from bartizan.policy.errors import PolicyInvalid

ACTIONS: Final = frozenset({"read-principals", "revoke-principal", "erase-principal"})
"""What pages let somebody do, by the names that policies have for it."""


class Permits:
    """Asks the policies of the latest state."""

    def __init__(self, failed: Failed) -> None:
        """Have nothing to decide on yet; `failed` is told of a control that could not judge, and why."""
        self._failed = failed
        self._decider: Decider | None = None
        self._controls = tuple(discover(controls).values())

    def take(self, state: State) -> None:
        """Decide on this state from now on; on none where it cannot be decided on."""
        if self._decider is not None and self._decider.digest == state.policy.digest:
            return
        self._decider = None
        try:
            self._decider = Decider(state.policy, self._controls, self._failed)
        except PolicyInvalid as fault:
            logging.getLogger("control").warning("pages permit nothing: %s", type(fault).__name__)

    def of(
        self, person: Principal, verified: Verified = UNVERIFIED, actions: Collection[str] = ACTIONS
    ) -> frozenset[str]:
        """Return which of these actions a person, verified so, may do on the platform itself."""
        return frozenset(action for action in actions if self._may(person, verified, action))

    def _may(self, person: Principal, verified: Verified, action: str) -> bool:
        if self._decider is None or person.revoked:
            return False
        who = Authenticated(person, "", FOREVER, verified=verified)
        said = self._decider.decide(who, action, CONTROL, Circumstances(quantum_safe=False), 0)
        return isinstance(said, Allowed)
