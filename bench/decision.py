"""What a first decision costs: `python -m bench.decision`. Who shows this token, and may they do that there?

Every token, and every question of a principal about a service, is new; somebody like that principal, as far as the
policies can tell, has asked before about a service like that one. Where nobody like it has, the policies are evaluated
too: here every question names another tool for that. Beside it the parts of it, on the same tokens and questions: the
signature alone, by `cryptography`, and the policies alone, by their engine; and the two in turn, for each takes the
other's code out of the processor's caches. In one process, with the access room as a worker has it; the second time
nothing of it is asked again. What a token costs more that is bound to a key is the proof of
each request (DPoP): of a holder that was seen before, and of one that was not.
"""

import argparse
import base64
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import cryptography
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bartizan import __version__, compiled
from bartizan.access import assemble, controls
from bartizan.access.decide import SERVICE, Circumstances, context
from bartizan.access.describe import Exposed, describe
from bartizan.access.issue.mint import GATEWAY, LIFETIME_S, Signer, mint, new_key
from bartizan.access.outcome import Allowed, Authenticated
from bartizan.clock import SystemClock
from bartizan.control import discover
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind, Principal, Uid
from bartizan.identity.shown import Shown
from bartizan.identity.state import State
from bartizan.policy.engine import Engine
from bench.bed.report import machine, record, table

PRINCIPALS, SERVICES, TOKENS = 50, 100, 1000
GOALS = {"first decision": 150, "proof of a known key": 120, "proof of a new key": 120}
"""Microseconds."""
_TARGET = "https://bench.invalid/v1/chat/completions"
_HERE = Circumstances(quantum_safe=True)


class NotDecided(RuntimeError):
    """What was timed was no answer, or another one than it should be."""


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where an answer was not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m bench.decision", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args(words)
    compiled.use()
    try:
        rounds = [Bed().round() for _ in range(arguments.rounds)]
    except NotDecided as fault:
        print(fault, file=sys.stderr)
        return 3
    body = _told(rounds)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Decisions", {"Bartizan": __version__, "cryptography": cryptography.__version__}, body)
    return 0


class Bed:
    """A register, its policies, and tokens that nobody has shown yet."""

    def __init__(self) -> None:
        self.now = SystemClock().now()
        signer = Signer("https://bench.invalid/", new_key())
        people = tuple(map(_principal, range(PRINCIPALS)))
        self.services = [f"service-{number:03}" for number in range(SERVICES)]
        source = describe(people, [Exposed(name) for name in self.services])
        self.tokens = [
            mint(signer, people[number % PRINCIPALS], GATEWAY, LIFETIME_S, self.now).token
            for number in range(TOKENS)
        ]
        state = State((signer.trusted,), people, source, {})
        self.engine = Engine(source.text, source.schema, source.entities)
        point = {name: int.from_bytes(_octets(signer.public[name]), "big") for name in ("x", "y")}
        self.key = EllipticCurvePublicNumbers(point["x"], point["y"], SECP256R1()).public_key()
        self.proofs = Proofs(Secret(bytes(32)))
        one = Holder()
        self.known = [self._shown(one, token) for token in self.tokens]
        self.new = [self._shown(Holder(), token) for token in self.tokens]
        self.access, self.asked_first = (
            assemble.assemble(assemble.Ports(discover(controls), GATEWAY, self.proofs, _failed), state, 1)
            for _ in range(2)
        )

    def round(self) -> dict[str, float]:
        """Return what each costs, microseconds of processor time a token."""
        return {
            "signature alone": _each(self._verify),
            "policies alone": _each(self._evaluate),
            "one after the other": _each(self._both),
            "first decision, like none before": _each(self._decide_unlike),
            "first decision": _each(self._decide),
            "again": _each(self._decide),
            "proof of a known key": _each(lambda number: self._prove(*self.known[number])),
            "proof of a new key": _each(lambda number: self._prove(*self.new[number])),
        }

    def _verify(self, number: int) -> None:
        signed, _, signature = self.tokens[number].rpartition(".")
        both = _octets(signature)
        halves = (int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))
        self.key.verify(encode_dss_signature(*halves), signed.encode(), ECDSA(SHA256()))

    def _evaluate(self, number: int) -> None:
        who, where = Uid("Workload", f"load-{number % PRINCIPALS:02}"), Uid(SERVICE, self._service(number))
        if not self.engine.decide(who, "chat", where, context(_HERE)).allowed:
            raise NotDecided(f"the policies alone forbid token {number}")

    def _both(self, number: int) -> None:
        self._verify(number)
        self._evaluate(number)

    def _decide(self, number: int) -> None:
        self._asked(self.access, number, _HERE)

    def _decide_unlike(self, number: int) -> None:
        self._asked(self.asked_first, number, Circumstances(quantum_safe=True, tool=f"tool-{number}"))

    def _asked(self, access: assemble.Access, number: int, here: Circumstances) -> None:
        who = access.authenticate(self.tokens[number], self.now)
        if not isinstance(who, Authenticated):
            raise NotDecided(f"token {number} is not accepted: {who}")
        answer = access.authorize(who, "chat", self._service(number), here)
        if not isinstance(answer, Allowed):
            raise NotDecided(f"token {number} is not allowed: {answer}")

    def _shown(self, holder: Holder, token: str) -> tuple[Authenticated, Shown]:
        proof = holder.proof("POST", _TARGET, self.now, token=token, nonce=self.proofs.nonce(self.now))
        who = Authenticated(_principal(0), "", self.now, holder.thumbprint)
        return who, Shown(token, proof, scheme=True, method="POST", targets=(_TARGET,))

    def _prove(self, who: Authenticated, shown: Shown) -> None:
        refused = self.access.prove(who, shown, self.now)
        if refused is not None:
            raise NotDecided(f"a proof is not taken: {refused}")

    def _service(self, number: int) -> str:
        """Return the service that a token is for: no principal asks about one twice."""
        return self.services[number // PRINCIPALS]


def _principal(number: int) -> Principal:
    name, own = f"load-{number:02}", f"{number:016x}"
    key = secrets.token_bytes(32)
    return Principal(f"workload.{name}", Kind.WORKLOAD, name, ("caller",), f"p-{own}", key, f"c-{own}", False)


def _failed(control: str, fault: Exception) -> None:
    raise NotDecided(control) from fault


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _each(act: Callable[[int], None]) -> float:
    begun = time.process_time_ns()
    for number in range(TOKENS):
        act(number)
    return (time.process_time_ns() - begun) / TOKENS / 1000


def _told(rounds: Sequence[dict[str, float]]) -> str:
    rows = []
    for name in rounds[0]:
        seen = statistics.median(each[name] for each in rounds)
        wanted = GOALS.get(name)
        goal = ("", "") if wanted is None else (f"<= {wanted} us", "met" if seen <= wanted else "not met")
        rows.append([name, f"{seen:.1f} us", *goal])
    return table(["of 1,000 tokens, each", "CPU", "goal", ""], rows)


if __name__ == "__main__":
    sys.exit(main())
