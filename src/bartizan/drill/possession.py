"""A caller whose token is bound to a key, and a thief who got hold of what it sends.

Rules of this file: proofs are made with a clock of the drill's own; the nonce is the one that the gateway told last.
"""

import secrets
from typing import Final

from bartizan.clock import SystemClock
from bartizan.drill.attack import Outcome, Undecided
from bartizan.drill.door import Answer
from bartizan.drill.target import CALLER, Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, trace
from bartizan.identity.holder import Holder

CHAT: Final = "chat/completions"


class Bearing:
    """A caller with a bound token.

    Attributes:
        holder: of the key.
        token: that is bound to it.
    """

    def __init__(self, target: Target) -> None:
        """Have a token minted for a new key."""
        self._target, self._nonce = target, ""
        self.holder = Holder()
        self.token = target.platform.bound(CALLER, self.holder.thumbprint)

    def ready(self) -> Outcome | None:
        """Be served once, so that what follows is refused for what is wrong with it; say why not where it is not."""
        self.chat(self.proof())  # tells the nonce
        answer = self.chat(self.proof())
        if answer.served:
            return None
        return Undecided(f"an honest proof was answered {answer.status}", trace(answer))

    def proof(
        self, *, holder: Holder | None = None, token: str = "", route: str = CHAT, nonce: str | None = None
    ) -> str:
        """Return a proof as the caller makes them, or otherwise.

        Args:
            holder: another one.
            token: another one than this caller's.
            route: that it is made for.
            nonce: another one than the gateway told last.
        """
        door = self._target.door
        scheme = "https" if door.authority else "http"
        return (holder or self.holder).proof(
            "POST",
            f"{scheme}://{door.name}{door.path(route)}",
            SystemClock().now(),
            token=token or self.token,
            nonce=self._nonce if nonce is None else nonce,
        )

    def chat(self, proof: str, *, scheme: str = "DPoP") -> Answer:
        """Ask for a completion with this caller's token and a proof, under a scheme."""
        door = self._target.door
        fields = [("authorization", f"{scheme} {self.token}")] + ([("dpop", proof)] if proof else [])
        answer = door.send("POST", door.path(CHAT), headers=fields, body=door.body(PLAIN))
        self._nonce = answer.headers.get("dpop-nonce", self._nonce)
        return answer


def stolen(target: Target, goal: str, *, nonce: str | None = None, **changed: str | Holder) -> Outcome:
    """Return what comes of a caller's token with a proof that differs from an honest one.

    Args:
        target: of the attack.
        goal: what was gained if it was served, as a sentence.
        nonce, changed: as of `Bearing.proof`.
    """
    caller = Bearing(target)
    unready = caller.ready()
    if unready is not None:
        return unready
    proof = caller.proof(nonce=nonce, **changed)  # type: ignore[arg-type]  # each of its own kind
    return refused(caller.chat(proof), UNAUTHENTICATED, goal)


def invented() -> str:
    """Return a nonce that no gateway told."""
    return secrets.token_urlsafe(16)
