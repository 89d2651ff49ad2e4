"""A rehearsal of what a worker will do, before it can import anything more.

Rules of this file: libraries import some of their modules when they first need them, which is too late in a
confined worker, where it looks like a failing request. So each library does its part once here: a token is
verified, keys are agreed on. The test of late imports (tests/e2e/test_late_imports.py) names what is missing.
"""

from typing import Final

import msgspec

from bartizan.access.issue.mint import Signer, mint, new_key
from bartizan.clock import Clock
from bartizan.crypto.tls import self_test
from bartizan.identity.principal import ANONYMOUS
from bartizan.identity.state import pinned
from bartizan.identity.token import verify

_ISSUER: Final = "https://rehearsal.invalid"
_AUDIENCE: Final = "bartizan:gateway"


_SOMEBODY: Final = msgspec.structs.replace(ANONYMOUS, id="workload.rehearsal", client="c-0000000000000000")


def rehearse(clock: Clock, *, tls: bool) -> None:
    """Verify a token of a throw-away issuer, and negotiate a quantum-safe group with itself.

    Args:
        clock: the time.
        tls: whether the worker will speak TLS.
    Raises:
        NoHybridGroup: the build cannot negotiate X25519MLKEM768.
        TokenRefused: verification does not work.
    """
    now = clock.now()
    signer = Signer(_ISSUER, new_key())
    issued = mint(signer, _SOMEBODY, _AUDIENCE, 60, now)
    verify(issued.token, pinned((signer.trusted,)), _AUDIENCE, now)
    if tls:
        self_test()
