"""A small installation for tests: three principals, three services, one generation."""

from collections.abc import Iterable

from bartizan.access import controls as ours
from bartizan.access.assemble import Access, Ports, assemble
from bartizan.access.describe import Exposed, describe
from bartizan.access.outcome import Authenticated, Refused
from bartizan.clock import Nanoseconds
from bartizan.control import discover
from bartizan.crypto.secret import Secret
from bartizan.identity.dpop import Proofs
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import State, TrustedIssuer
from tests.identity.forge import AUDIENCE, ISSUER, START, claims, public, token


def broken(control: str, fault: Exception) -> None:
    """Fail the test: no control of ours raises."""
    raise AssertionError(control) from fault


PORTS = Ports(discover(ours), AUDIENCE, Proofs(Secret(bytes(32))), broken)
ALONE = (Exposed("sample"), Exposed("control", control=True))
WITH_SERVICE = (Exposed("assistant"), Exposed("sample", drill_only=True), Exposed("control", control=True))


def somebody(name: str, *roles: str, revoked: bool = False, client: str = "c-0011223344556677") -> Principal:
    """Return a workload."""
    return Principal(
        f"workload.{name}", Kind.WORKLOAD, name, roles, "p-0011223344556677", b"k" * 32, client, revoked
    )


DRILL = somebody("drill", "caller", "drill")
CALLER = somebody("ci", "caller")
BARE = somebody("bare")


def state(
    people: Iterable[Principal] = (DRILL, CALLER, BARE),
    services: Iterable[Exposed] = ALONE,
    revoked: dict[str, Nanoseconds] | None = None,
    policy: str = "",
) -> State:
    """Return what decisions rest on."""
    everybody = tuple(people)
    issuer = TrustedIssuer(ISSUER, ("ES256",), (public(),), embedded=True)
    return State((issuer,), everybody, describe(everybody, services, policy), revoked or {})


def access(of: State | None = None, generation: int = 1) -> Access:
    """Return the room over a state."""
    return assemble(PORTS, state() if of is None else of, generation)


def bearer(principal: Principal, **changed: object) -> str:
    """Return an honest token of a principal."""
    return token(payload=claims(**{"sub": principal.id, "client_id": principal.client, **changed}))


def known(room: Access, principal: Principal) -> Authenticated:
    """Return a principal as the room knows it."""
    found = room.authenticate(bearer(principal), START)
    assert isinstance(found, Authenticated)
    return found


def refusal(answer: object) -> str:
    """Return the reason of a refusal."""
    assert isinstance(answer, Refused)
    return answer.reason
