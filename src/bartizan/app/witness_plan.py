"""Who cosigns checkpoints, as the platform's processes see it.

Rules of this file: as of `plan.py`.
"""

import msgspec


class Witness(msgspec.Struct, frozen=True):
    """Somebody who cosigns checkpoints.

    Attributes:
        name: as configured.
        host, port, tls, path: of its server; `/add-checkpoint` is appended.
        keys: its public keys, one a line.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, where it speaks TLS.
    """

    name: str
    host: str
    port: int
    tls: bool
    path: str
    keys: str
    allowed: tuple[str, ...] = ()
    authorities: str = ""
