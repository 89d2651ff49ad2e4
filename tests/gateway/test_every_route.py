"""Every route of every protocol refuses strangers and wrong roles: made from the tables, so that no new route is forgotten."""

import re
from collections.abc import Iterator

import pytest

from bartizan.access.decide import Circumstances
from bartizan.access.outcome import ANYONE, Allowed
from bartizan.gateway.protocols.dialect import Row
from bartizan.gateway.routes import DIALECTS
from tests.access.house import BARE, CALLER, WITH_SERVICE, access, known, state
from tests.gateway.client import request
from tests.gateway.scene import client, run, standing

SERVICES = {"openai": b"/main", "anthropic": b"/claude", "azure": b"/az", "mcp": b"/tools", "judge": b""}
"""Protocol -> where a service is that speaks it; verdicts are at the root alone. Of described services the operations are the routes (tests/gateway/openapi)."""
NEEDED = {"azure": "?api-version=2024-10-21"}
"""Protocol -> what its targets cannot be without."""
OWN = {"control"}
"""What is behind the last is the platform's own: its Admin API is tested by its own table (tests/http/test_admin_refusals.py)."""
HERE = Circumstances(quantum_safe=True)


def rows() -> Iterator[tuple[str, Row]]:
    for protocol, dialect in DIALECTS.items():
        for row in dialect.rows:
            yield protocol, row


EVERY = {
    f"{protocol} {row.name} {row.method.decode()} {row.path}": (protocol, row) for protocol, row in rows()
}
SERVED = {name: found for name, found in EVERY.items() if not DIALECTS[found[0]].public}


def test_each_protocol_is_one_of_these() -> None:
    assert {protocol for protocol, _ in EVERY.values()} == SERVICES.keys() | OWN
    assert {protocol for protocol, dialect in DIALECTS.items() if dialect.public} == OWN


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("bearer", ["", "bad"])
def test_a_stranger_reaches_no_service(name: str, bearer: str) -> None:
    protocol, row = EVERY[name]
    path = DIALECTS[protocol].prefix + re.sub(r"\{\w+\}", "x", row.path) + NEEDED.get(protocol, "")

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(row.method, SERVICES[protocol] + path.encode(), bearer=bearer))
            assert answer.status == 401
            assert scene.decided == []
            assert scene.upstream.received == []

    run(scenario())


@pytest.mark.parametrize("name", SERVED)
def test_who_has_no_role_for_it_is_permitted_no_route_of_a_service(name: str) -> None:
    _, row = EVERY[name]
    room = access(state(services=WITH_SERVICE))
    for who in (ANYONE, known(room, BARE)):
        assert not isinstance(room.authorize(who, row.action, "assistant", HERE), Allowed)
    assert isinstance(room.authorize(known(room, CALLER), row.action, "assistant", HERE), Allowed)
    assert not isinstance(room.authorize(known(room, CALLER), row.action, "control", HERE), Allowed)


@pytest.mark.parametrize("name", sorted(EVERY.keys() - SERVED.keys()))
def test_what_is_the_platforms_own_is_no_service_and_the_other_way_round(name: str) -> None:
    _, row = EVERY[name]
    room = access(state(services=WITH_SERVICE))
    for who in (ANYONE, known(room, BARE), known(room, CALLER)):
        assert not isinstance(room.authorize(who, row.action, "assistant", HERE), Allowed)
