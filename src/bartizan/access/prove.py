"""That who shows a token holds what it is bound to, a key or a certificate, and that its person signed in well enough.

Rules of this file: asked at each request, and nothing of the answer is kept.
"""

import hmac
from collections.abc import Iterable
from typing import Final

from bartizan.access.judge import Failed, judge
from bartizan.access.outcome import Authenticated, Refused
from bartizan.access.subject import DeviceUse, Possession, Presentation, Standing
from bartizan.clock import Nanoseconds
from bartizan.control import Control
from bartizan.identity.dpop import Proofs, Wanted
from bartizan.identity.proof_refusal import (
    BindingMissing,
    CertificateWrong,
    ProofMissing,
    ProofRefused,
    TokenUnbound,
)
from bartizan.identity.shown import Shown
from bartizan.identity.strength import INSUFFICIENT, WHAT

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403


class Prover:
    """Asks for possession at one server.

    Args:
        proofs: that it takes.
        controls: this room's; those that read a Possession, a Presentation or a DeviceUse are asked.
        failed: is told of one that fails.
    """

    __slots__ = ("_controls", "_devices", "_failed", "_presented", "_proofs")

    def __init__(self, proofs: Proofs, controls: Iterable[Control], failed: Failed) -> None:
        """Take all three."""
        self._proofs, self._failed = proofs, failed
        controls = tuple(controls)
        self._devices = tuple(control for control in controls if control.reads is DeviceUse)
        self._presented = tuple(control for control in controls if control.reads is Presentation)
        self._controls = tuple(control for control in controls if control.reads is Possession)

    def prove(self, who: Authenticated, shown: Shown, now: Nanoseconds) -> Refused | None:
        """Return why a token is not taken as it is shown; None where it is.

        Args:
            who: whom the token names.
            shown: how it is shown; its proof is good for no other request afterwards.
            now: the instant of the request.
        """
        try:
            self._require(who, shown, now)
            facts, status = Possession(), ProofRefused.status
        except ProofRefused as fault:
            facts, status = Possession(fault.reason, str(fault)), fault.status
        refused = judge(self._controls, facts, status, self._failed) or self._lacking(who, shown, now)
        if refused is not None or not shown.device:
            return refused
        return judge(self._devices, DeviceUse(who.standing, required=True), _FORBIDDEN, self._failed)

    def _lacking(self, who: Authenticated, shown: Shown, now: Nanoseconds) -> Refused | None:
        """Return why a token is not taken for how its person signed in."""
        if shown.strength is None:
            return None
        enough = shown.strength.holds(who.verified, now)
        facts = Presentation("" if enough else INSUFFICIENT, "" if enough else WHAT, Standing.KNOWN)
        return judge(self._presented, facts, _UNAUTHORIZED, self._failed)

    def _require(self, who: Authenticated, shown: Shown, now: Nanoseconds) -> None:
        if who.certificate:
            if not hmac.compare_digest(who.certificate, shown.certificate):
                raise CertificateWrong
        elif who.key:
            if not shown.scheme:
                raise ProofMissing
            wanted = Wanted(shown.method, shown.targets, shown.token, who.key)
            self._proofs.verify(shown.proof, wanted, now)
        elif shown.scheme:
            raise TokenUnbound
        elif shown.required:
            raise BindingMissing
