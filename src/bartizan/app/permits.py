"""What the policies in force permit somebody who is signed in at the platform's own pages.

Rules of this file: the same controls, policies and circumstances as at the gateway and for tokens; where there is nothing to
decide on, nothing is permitted. What a page offers is asked for as the form that would do it.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Final

from bartizan.access import controls
from bartizan.access.decide import Circumstances, Decider
from bartizan.access.judge import Failed
from bartizan.access.outcome import FOREVER, Allowed, Authenticated
from bartizan.app.plan import CONTROL
from bartizan.control import discover
from bartizan.crypto.tls_groups import HYBRID
from bartizan.identity.principal import Principal
from bartizan.identity.state import State
from bartizan.identity.verified import UNVERIFIED, Verified
from bartizan.policy.errors import PolicyInvalid

OPERATIONS: Final[Mapping[str, str]] = {
    "read-principals": "page-everyone",
    "revoke-principal": "form-revoke",
    "erase-principal": "form-erase",
}
"""What pages let somebody do, by the names that policies have for it -> the page or form, as the gateway's table names it."""
ACTIONS: Final = frozenset(OPERATIONS)


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
        self,
        person: Principal,
        verified: Verified = UNVERIFIED,
        group: str = "",
        actions: Collection[str] = ACTIONS,
    ) -> frozenset[str]:
        """Return which of these actions a person may do on the platform itself.

        Args:
            person: who.
            verified: how.
            group: key agreement of their connection, a word of `tls_groups`; empty where nobody knows.
            actions: of the schema.
        """
        safe = group in HYBRID
        return frozenset(action for action in actions if self._may(person, verified, action, safe=safe))

    def _may(self, person: Principal, verified: Verified, action: str, *, safe: bool) -> bool:
        if self._decider is None or person.revoked:
            return False
        who = Authenticated(person, "", FOREVER, verified=verified)
        here = Circumstances(safe, OPERATIONS.get(action, ""))
        said = self._decider.decide(who, action, CONTROL, here, 0)
        return isinstance(said, Allowed)
