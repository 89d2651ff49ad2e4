"""The room as other parts of a process use it: two functions over one generation."""

from collections.abc import Callable, Mapping

import msgspec

from bartizan.access.authenticate import Authenticator, Undecided, Verifier
from bartizan.access.change import EVERYTHING, between
from bartizan.access.decide import Circumstances, Decider
from bartizan.access.judge import Failed
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.access.prove import Prover
from bartizan.clock import Nanoseconds
from bartizan.control import Control
from bartizan.identity.dpop import Proofs
from bartizan.identity.shown import Shown
from bartizan.identity.state import State


class Ports(msgspec.Struct, frozen=True):
    """What the room needs from the process that it lives in.

    Attributes:
        controls: by id, as `control.discover` finds them.
        audience: what a token must be meant for (`bartizan:gateway`).
        proofs: that this process takes, in all generations.
        failed: is told of a control that could not judge, and why.
        undecided: told of a token that is refused only because something is not known here yet.
        now: tells the time, for who asks on after a while; without, a device is seen as it was at the beginning.
    """

    controls: Mapping[str, Control]
    audience: str
    proofs: Proofs
    failed: Failed
    undecided: Undecided = lambda _, __: None
    now: Callable[[], Nanoseconds] | None = None


class Access:
    """One generation of who is known and what is permitted; replaced, never changed.

    Attributes:
        generation: its number.
        change: what it takes away of the answers of the generation before.
    """

    __slots__ = ("_authenticator", "_decider", "_ports", "_prover", "_state", "change", "generation")

    def __init__(
        self, ports: Ports, state: State, generation: int, authenticator: Authenticator, decider: Decider
    ) -> None:
        """Take the parts of a generation; `assemble` and `next` make them."""
        self.generation, self.change = generation, EVERYTHING
        self._ports, self._state = ports, state
        self._decider = decider
        self._authenticator = authenticator
        self._prover = Prover(ports.proofs, ports.controls.values(), ports.failed)

    def authenticate(self, token: str, now: Nanoseconds) -> Authenticated | Refused:
        """Return who presents a token, or why it is not accepted.

        Args:
            token: what stood after `Bearer `; empty where nothing did.
            now: the instant of the request.
        """
        return self._authenticator.authenticate(token, now)

    def prove(self, who: Authenticated, shown: Shown, now: Nanoseconds) -> Refused | None:
        """Return why a token is not taken as it is shown; None where it is.

        Args:
            who: from `authenticate` of this token.
            shown: how it is shown; its proof is good for no other request afterwards.
            now: the instant of the request.
        """
        return self._prover.prove(who, shown, now)

    def authorize(
        self, who: Authenticated, action: str, service: str, circumstances: Circumstances
    ) -> Allowed | Refused:
        """Return whether they may do that to this service.

        Args:
            who: from `authenticate` of this or an earlier generation, or `ANYONE`; who was revoked since is
                refused.
            action: one that `schema.cedarschema` has.
            service: a configured name, or `control`.
            circumstances: of this request.
        """
        revoked = self._authenticator.again(who)
        if self._ports.now is not None:
            who = self._authenticator.seen(who, self._ports.now())
        return revoked or self._decider.decide(who, action, service, circumstances, self.generation)

    def may_permit(self, action: str) -> bool:
        """Return whether any policy could permit this to anybody; none does what no policy names."""
        return self._decider.may_permit(action)

    def remembers(self, token: str, now: Nanoseconds) -> bool:
        """Return whether this token's signature was verified before."""
        return self._authenticator.remembers(token, now)

    def knows_client(self, client: str) -> bool:
        """Return whether a client of this id is registered and not revoked; who asks has proven nothing yet."""
        return self._authenticator.knows_client(client)

    def next(self, state: State, generation: int) -> "Access":
        """Return the room for the next generation; what cannot have changed since is kept.

        Args:
            state: all that decisions rest on.
            generation: its number, as the supervisor gave it.
        Raises:
            IssuerInvalid, PolicyInvalid: the state cannot be decided on; decide on none.
        """
        ports, decider = self._ports, self._decider
        verifier = self._authenticator.verifier
        if verifier.issuers != state.issuers:
            verifier = Verifier(state.issuers, ports.audience)
        if decider.digest != state.policy.digest:
            decider = Decider(state.policy, ports.controls.values(), ports.failed)
        change = between(self._state, state)
        authenticator = Authenticator(state, verifier, ports.controls.values(), ports.failed, ports.undecided)
        if not change.everything:
            authenticator.take_over(self._authenticator, change.tokens)
        room = Access(ports, state, generation, authenticator, decider)
        room.change = change
        return room


def assemble(ports: Ports, state: State, generation: int) -> Access:
    """Return the room for its first generation.

    Args:
        ports: of the process.
        state: all that decisions rest on.
        generation: its number, as the supervisor gave it.
    Raises:
        IssuerInvalid, PolicyInvalid: the state cannot be decided on.
    """
    controls = ports.controls.values()
    verifier = Verifier(state.issuers, ports.audience)
    authenticator = Authenticator(state, verifier, controls, ports.failed, ports.undecided)
    decider = Decider(state.policy, controls, ports.failed)
    return Access(ports, state, generation, authenticator, decider)
