"""Why a proof of possession is refused: one class a fault, each with its word in events and a sentence for people."""

from typing import ClassVar

from bartizan.identity.refusal import TokenRefused


class ProofRefused(TokenRefused):
    """A proof that is not accepted; subclasses name the fault. `status` is that of an answer over HTTP."""

    reason: ClassVar[str] = "proof-refused"
    status: ClassVar[int] = 401


class ProofMissing(ProofRefused):
    """A token that is bound to a key came without a proof, or as a mere bearer token."""

    reason = "proof-missing"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the access token is bound to a key; send `Authorization: DPoP TOKEN` with a proof in the field DPoP"
        )


class ProofMalformed(ProofRefused):
    """Not a compact JWS with the header and the claims of a proof."""

    reason = "proof-malformed"

    def __init__(self, part: str) -> None:
        """Name the part that is broken; never its content."""
        super().__init__(f"the DPoP proof's {part} is malformed or not as RFC 9449 has it")
        self.part = part


class ProofElsewhere(ProofRefused):
    """A proof for another method, another URL or another token."""

    reason = "proof-elsewhere"

    def __init__(self, claim: str) -> None:
        """Name the claim that differs."""
        super().__init__(f"the DPoP proof was made for another request or token: its {claim} differs")
        self.claim = claim


class ProofStale(ProofRefused):
    """A proof without a nonce of ours that is still good; the answer carries one."""

    reason = "proof-stale"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("make the DPoP proof anew, with the nonce that this answer's field DPoP-Nonce holds")


class ProofUntimely(ProofRefused):
    """A proof whose clock is far from ours."""

    reason = "proof-untimely"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the DPoP proof's iat is more than 300 s from this server's time; set the clock")


class ProofOfAnother(ProofRefused):
    """A proof by another key than the token is bound to."""

    reason = "proof-of-another"

    def __init__(self) -> None:
        """Say what was compared."""
        super().__init__("the DPoP proof was made with another key than the access token is bound to")


class ProofForged(ProofRefused):
    """A proof that its own key did not sign."""

    reason = "proof-forged"

    def __init__(self) -> None:
        """Say what was compared."""
        super().__init__("the DPoP proof's signature is not its key's")


class ProofReplayed(ProofRefused):
    """A proof that was used before."""

    reason = "proof-replayed"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the DPoP proof was used before; make a new one for each request, with a jti of its own"
        )


class ProofsFull(ProofRefused):
    """No more proofs can be remembered, so that no other could be told from a repeated one."""

    reason = "proofs-full"
    status = 503

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("too many DPoP proofs within a minute; try again in a moment")


class TokenUnbound(ProofRefused):
    """A proof came with a token that is bound to no key."""

    reason = "token-unbound"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the access token is bound to no key, so nothing can be proven with it; request one with a DPoP proof"
        )


class BindingMissing(ProofRefused):
    """A service takes bound tokens only."""

    reason = "binding-missing"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "this service takes tokens only that are bound to a key: request one at /oauth/token with a DPoP proof, "
            "or let `bartizan connect` do it"
        )


class CertificateWrong(ProofRefused):
    """A token that is bound to a certificate came over a connection that shows another, or none."""

    reason = "certificate-wrong"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the access token is bound to a client certificate that this connection does not show"
        )
