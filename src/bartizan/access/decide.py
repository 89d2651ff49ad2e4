"""From a principal, an action and a service to a decision.

Rules of this file: a verdict is kept under everything that it depends on: the policies and entities (one
decider has one set of them and is replaced with it), the principal and the service as far as the policies can tell
them from others, the action, and the exact value of every circumstance. Times are not kept: each answer ends with
its token, or once the device that it came from is seen otherwise.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.access.judge import Failed, judge
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.access.subject import Authorization
from bartizan.clock import Nanoseconds
from bartizan.control import Control
from bartizan.identity.device import NOTHING, Seen
from bartizan.identity.principal import Uid
from bartizan.identity.state import PolicySource
from bartizan.identity.strength import INSUFFICIENT
from bartizan.policy.engine import Engine, Pair, Verdict

CAPACITY: Final = 16_384
"""Most verdicts remembered; each costs about 500 octets."""
SERVICE: Final = "Service"
"""Type of the entities that stand for services."""
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403


class Circumstances(msgspec.Struct, frozen=True):
    """What the policies may look at besides who, what and where; the schema declares the same.

    Attributes:
        quantum_safe: whether the connection's key agreement withstands a quantum computer.
        operation: `operationId` of what is asked for; empty where the service has no description.
        tool: name of the tool that is to be called, or empty.
        agent: id of whoever acts for the principal, or empty.
        passkey: which kind of passkey verified the person, a word of `verified.PASSKEYS`, or empty.
        step_up: whether a sign-in of the person was flagged, and no passkey has verified them since; never where none
            ever did, for who cannot use one would be locked out.
        trust_domain, spiffe_path: of the SPIFFE ID that a workload showed for its token; empty where none was.
    """

    quantum_safe: bool
    operation: str = ""
    tool: str = ""
    agent: str = ""
    passkey: str = ""
    step_up: bool = False
    trust_domain: str = ""
    spiffe_path: str = ""


class Registration(Circumstances, frozen=True):
    """What the policies may look at of an application that wants to register itself, besides; the schema declares the same.

    Attributes:
        redirect_scheme, redirect_host: of one address that people are to be sent back to, as `registration.Address`; the
            policies are asked about each address, and must permit all.
        auth: how it is to authenticate: `client_secret`, `private_key_jwt` or `none`.
        code_flow, device_flow, own_tokens: which grants it wants: codes of a browser, of a device, tokens in its own name.
        service: the one service that its tokens are to be for; empty for all.
        statement: name of the issuer whose software statement holds; empty where there is none.
        software: `software_id` of that statement, or empty.
        update: whether it is registered already, and wants to be registered otherwise.
    """

    redirect_scheme: str = ""
    redirect_host: str = ""
    auth: str = "none"
    code_flow: bool = False
    device_flow: bool = False
    own_tokens: bool = False
    service: str = ""
    statement: str = ""
    software: str = ""
    update: bool = False


def context(circumstances: Circumstances, seen: Seen = NOTHING) -> dict[str, bool | int | str]:
    """Return what the policies look at, by the names of the schema."""
    return msgspec.structs.asdict(circumstances) | msgspec.structs.asdict(seen)


REGISTER: Final = "register-client"
"""What it is called in policy that an application registers itself."""


def as_asked(action: str, circumstances: Circumstances) -> Circumstances:
    """Return circumstances as an action has them; where it has more than they say, the least."""
    if action != REGISTER or isinstance(circumstances, Registration):
        return circumstances
    return Registration(**msgspec.structs.asdict(circumstances))


class _Question(msgspec.Struct, frozen=True):
    """Everything that a verdict depends on within one policy set."""

    pair: Pair
    action: str
    circumstances: Circumstances
    seen: Seen


class Decider:
    """What one set of policies and entities permits; remembers verdicts by the whole question."""

    __slots__ = ("_controls", "_engine", "_failed", "_flagged", "_kept", "digest")

    def __init__(self, policy: PolicySource, controls: Iterable[Control], failed: Failed) -> None:
        """Take a policy set.

        Args:
            policy: policies, schema, entities.
            controls: this room's controls; those that read an Authorization are asked.
            failed: is told of one that fails.
        Raises:
            PolicyInvalid: it cannot be decided with.
        """
        self.digest = policy.digest
        self._engine = Engine(policy.text, policy.schema, policy.entities)
        self._flagged = policy.flagged
        self._controls = tuple(control for control in controls if control.reads is Authorization)
        self._failed = failed
        self._kept: OrderedDict[_Question, Verdict] = OrderedDict()

    def decide(
        self, who: Authenticated, action: str, service: str, circumstances: Circumstances, generation: int
    ) -> Allowed | Refused:
        """Return whether this principal may do that to this service now.

        Args:
            who: as authenticated, or `ANYONE`.
            action: id of an action of the schema.
            service: a configured name, or `control`.
            circumstances: of this request; who acts, by which passkey or SPIFFE ID, is told from `who`.
            generation: of the state that the caller decides on; goes into the answer.
        """
        flagged = self._flagged.get(who.principal.pseudonym, Nanoseconds(-1))
        if who.verified.passkey:
            circumstances = msgspec.structs.replace(
                circumstances, passkey=who.verified.passkey, step_up=who.verified.at <= flagged
            )
        if who.spiffe is not None:
            circumstances = msgspec.structs.replace(
                circumstances, trust_domain=who.spiffe.trust_domain, spiffe_path=who.spiffe.path
            )
        verdict, barred = self._asked(who, action, service, circumstances)
        unconfirmed = (
            circumstances.step_up
            and not verdict.failed
            and not (verdict.allowed and not barred)
            and self._permits(who, action, service, msgspec.structs.replace(circumstances, step_up=False))
        )
        elsewhere = who.service not in {"", service}
        facts = Authorization(
            verdict.allowed, verdict.failed, verdict.policies, elsewhere, barred, unconfirmed
        )
        status = _UNAUTHORIZED if unconfirmed and not elsewhere else _FORBIDDEN
        refused = judge(self._controls, facts, status, self._failed)
        if refused is not None and refused.reason == INSUFFICIENT:
            return msgspec.structs.replace(refused, after=flagged)
        return refused or Allowed(verdict.policies, generation, who.until)

    def _asked(
        self, who: Authenticated, action: str, service: str, circumstances: Circumstances
    ) -> tuple[Verdict, bool]:
        """Return what the policies say, and whether they bar whoever acts for the principal."""
        resource, acting = Uid(SERVICE, service), who.agent
        if acting is None:
            return self._verdict(who.principal.uid, action, resource, circumstances, who.seen), False
        here = msgspec.structs.replace(circumstances, agent=acting.id)
        verdict = self._verdict(who.principal.uid, action, resource, here, who.seen)
        return verdict, not self._verdict(acting.uid, action, resource, circumstances, who.seen).allowed

    def _permits(self, who: Authenticated, action: str, service: str, circumstances: Circumstances) -> bool:
        verdict, barred = self._asked(who, action, service, circumstances)
        return verdict.allowed and not barred

    def may_permit(self, action: str) -> bool:
        """Return whether any policy could permit this to anybody."""
        return self._engine.may_permit(action)

    def _verdict(
        self, principal: Uid, action: str, resource: Uid, circumstances: Circumstances, seen: Seen
    ) -> Verdict:
        question = _Question(self._engine.pair(principal, resource), action, circumstances, seen)
        verdict = self._kept.get(question)
        if verdict is None:
            verdict = self._engine.decide(principal, action, resource, context(circumstances, seen))
            self._keep(question, verdict)
        return verdict

    def _keep(self, question: _Question, verdict: Verdict) -> None:
        self._kept[question] = verdict
        if len(self._kept) > CAPACITY:
            self._kept.popitem(last=False)
