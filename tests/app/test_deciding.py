"""Who has to wait: principals by service, strangers by address, clients that ask for a token by both."""

from types import SimpleNamespace
from typing import cast

import pytest

from bartizan.access.assemble import Access
from bartizan.app.deciding import CLIENTS, STRANGERS, UNAVAILABLE, Deciding
from bartizan.app.freshness import Freshness
from bartizan.app.plan import Service
from bartizan.clock import SECOND, Nanoseconds
from tests.access.house import CALLER, access

NOW = Nanoseconds(1_000 * SECOND)


def deciding(room: Access | None) -> Deciding:
    fresh = cast("Freshness", SimpleNamespace(current=lambda: room))
    return Deciding(fresh, (Service("main", "openai", requests_per_minute=60),))


def test_a_registered_client_has_a_limit_of_its_own_at_each_address() -> None:
    asked = deciding(access())
    for address in ("a-1", "a-2"):
        waits = [asked.client_limit(address, CALLER.client, NOW) for _ in range(CLIENTS.burst + 1)]
        assert waits[:-1] == [0] * CLIENTS.burst
        assert waits[-1] > 0


@pytest.mark.parametrize("client", ["", "c-somebody", CALLER.id])
def test_who_is_not_registered_waits(client: str) -> None:
    assert deciding(access()).client_limit("a-1", client, NOW) > 0


def test_without_a_state_nobody_is_let_in() -> None:
    asked = deciding(None)
    assert asked.authenticate("", NOW) is UNAVAILABLE
    assert asked.client_limit("a-1", CALLER.client, NOW) > 0


def test_principals_and_strangers_do_not_share_a_limit() -> None:
    asked = deciding(access())
    assert [asked.limit("main", "p", NOW) for _ in range(6)] == [-calls * SECOND for calls in range(1, 7)]
    assert asked.limit("main", "p", NOW) > 0
    assert asked.limit("main", "q", NOW) < 0
    assert [asked.address_limit("a-1", NOW) for _ in range(STRANGERS.burst)] == [0] * STRANGERS.burst
    assert asked.address_limit("a-1", NOW) > 0
    assert asked.address_limit("a-2", NOW) == 0
