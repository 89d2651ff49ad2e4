"""Why a token is refused: one class a fault, each with its word in events and a sentence for people."""

from typing import ClassVar, Final

from bartizan.clock import MINUTE, SECOND, Nanoseconds

MAX_TOKEN: Final = 8192
"""Longest token that is looked at, in characters."""
LONGEST_LIFE: Final = Nanoseconds(60 * MINUTE)
"""Longest span between `iat` and `exp` that is accepted, whatever the issuer thinks."""


class TokenRefused(Exception):
    """A token that is not accepted; subclasses name the fault, `reason` is its word in events."""

    reason: ClassVar[str] = "token-refused"


class TokenMissing(TokenRefused):
    """No bearer token was presented."""

    reason = "token-missing"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no access token was presented; send `Authorization: Bearer TOKEN`")


class TokenTooLarge(TokenRefused):
    """A token longer than `MAX_TOKEN`."""

    reason = "token-too-large"

    def __init__(self, size: int) -> None:
        """Carry the size in characters."""
        super().__init__(f"the access token has {size} characters; at most {MAX_TOKEN} are accepted")
        self.size = size


class TokenMalformed(TokenRefused):
    """Not a compact JWS of canonical base64url around JSON objects with unique keys."""

    reason = "token-malformed"

    def __init__(self, part: str) -> None:
        """Name the part that is broken; never its content."""
        super().__init__(f"the access token's {part} is malformed; request a new token")
        self.part = part


class TokenHeaderRefused(TokenRefused):
    """A header that is not exactly `typ`, `alg` and `kid`, with the type of an access token."""

    reason = "token-header-refused"

    def __init__(self) -> None:
        """Say what is accepted."""
        super().__init__("the token's header must hold typ at+jwt, alg and kid, and nothing else")


class ClaimMissing(TokenRefused):
    """A required claim is absent or not of its form."""

    reason = "claim-missing"

    def __init__(self, claim: str) -> None:
        """Name the claim."""
        super().__init__(f"the access token's claim {claim} is absent or not of its form")
        self.claim = claim


class IssuerUnknown(TokenRefused):
    """An issuer that is not configured."""

    reason = "issuer-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the access token's issuer is not trusted here; configure it as [[issuer]]")


class AlgorithmRefused(TokenRefused):
    """An algorithm that this issuer's key is not pinned to."""

    reason = "algorithm-refused"

    def __init__(self) -> None:
        """Say what was compared."""
        super().__init__("the token's algorithm is not the one its issuer's key is pinned to")


class KeyUnknown(TokenRefused):
    """A key id that the issuer has not published."""

    reason = "key-unknown"

    def __init__(self, issuer: str = "") -> None:
        """Carry the pinned issuer whose key it would be."""
        super().__init__("the token names a key that its issuer has not published; request a new token")
        self.issuer = issuer


class AudienceWrong(TokenRefused):
    """A token for somebody else."""

    reason = "audience-wrong"

    def __init__(self, wanted: str) -> None:
        """Carry the audience that is wanted here."""
        super().__init__(f"the access token is not meant for {wanted}; request one with that audience")
        self.wanted = wanted


class ClientRefused(TokenRefused):
    """Asked for by a client that this issuer's tokens are not taken from."""

    reason = "client-refused"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the access token was issued to a client that is not listed for its issuer")


class TokenNotForAccess(TokenRefused):
    """A token of another kind: an ID token, a logout token or a security event."""

    reason = "token-not-for-access"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the token is no access token; send the one that its issuer names access_token")


class TokenExpired(TokenRefused):
    """Its time is over."""

    reason = "token-expired"

    def __init__(self, by: Nanoseconds) -> None:
        """Carry how long ago it expired."""
        super().__init__(f"the access token expired {by // SECOND} s ago; request a new one")
        self.by = by


class TokenNotYetValid(TokenRefused):
    """Issued in the future."""

    reason = "token-not-yet-valid"

    def __init__(self, by: Nanoseconds) -> None:
        """Carry how far ahead of our clock it starts."""
        super().__init__(f"the access token is valid only in {by // SECOND} s; check the issuer's clock")
        self.by = by


class TokenLivesTooLong(TokenRefused):
    """A life longer than `LONGEST_LIFE`, or one that ends before it begins."""

    reason = "token-lives-too-long"

    def __init__(self) -> None:
        """Say what is accepted."""
        super().__init__(f"the token's life must be more than 0 and at most {LONGEST_LIFE // SECOND} s")


class SignatureInvalid(TokenRefused):
    """Not signed by the issuer's key."""

    reason = "signature-invalid"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the access token's signature is not its issuer's; request a new token")
