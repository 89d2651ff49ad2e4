"""How a request shows its token, as what it is bound to is proven with."""

import msgspec
from typing_extensions import override

from bartizan.identity.strength import Strength


class Shown(msgspec.Struct, frozen=True):
    """What stands beside a token.

    Attributes:
        token: as it was sent.
        proof: value of the field DPoP, or empty.
        scheme: whether the token came under the scheme DPoP, or in a protocol's own field beside a proof.
        method: of the request.
        targets: URLs that a proof may name for it; scheme and host in lower case, no port that is the scheme's own.
        certificate: SHA-256, base64url, of the client's certificate on this connection, or empty.
        device: whether only those are taken that are bound to the key of a device that is known.
        required: whether tokens that are bound to nothing are refused.
        strength: how the person must have signed in whose token it is; None where it may be anybody's.
    """

    token: str
    proof: str = ""
    scheme: bool = False
    method: str = ""
    targets: tuple[str, ...] = ()
    certificate: str = ""
    required: bool = False
    device: bool = False
    strength: Strength | None = None

    @override
    def __repr__(self) -> str:
        """Return the method alone: the rest are credentials."""
        return f"Shown({self.method!r}, …)"
