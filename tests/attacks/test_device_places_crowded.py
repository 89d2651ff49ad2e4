"""A stranger who asks with more keys than there are places, from all the networks that they can have."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from joserfc import jwk

from bartizan.access import devices as kept
from bartizan.access import register
from bartizan.clock import Nanoseconds
from bartizan.identity.pseudonym import Minted
from bartizan.identity.statement import StatementRefused
from tests.app.test_devices import House
from tests.identity.statements import asks, thumbprint


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(kept, "MOST_ASKING", 24)  # so many keys take long to make
    made = House(tmp_path)
    yield made
    made.store.dispose()


def key() -> jwk.ECKey:
    return jwk.ECKey.generate_key("P-256")


def network(house: House, number: int, prefix: str) -> str:
    """Return the pseudonym that a worker gave a network, and that control has been told of."""
    pseudonym = f"a-{number:016x}"
    with house.store.begin() as connection:
        register.keep_addresses(connection, [Minted(pseudonym, prefix)])
    return pseudonym


def asked(house: House, source: str) -> str:
    """Return the thumbprint of a new key that asks from a network."""
    house.clock.instant = Nanoseconds(house.clock.instant + 1)
    made = key()
    house.devices.ask(asks(made), source)
    return thumbprint(made)


def tried(house: House, source: str) -> None:
    """Have a stranger ask, who may be told that there is no place."""
    with suppress(StatementRefused):
        asked(house, source)


def waiting(house: House) -> set[str]:
    return {each.key for each in house.devices.asking()}


def test_all_the_networks_of_one_provider_are_one_crowd(house: House) -> None:
    honest = {asked(house, network(house, number, f"198.{number}.100.0/24")) for number in (51, 52, 53)}
    for number in range(3 * kept.MOST_ASKING):
        tried(house, network(house, 1000 + number, f"2001:db8:0:{number << 8:x}::/56"))
    assert len(waiting(house)) == kept.MOST_ASKING
    assert honest < waiting(house)
    late = asked(house, network(house, 54, "198.54.100.0/24"))
    tried(house, network(house, 9999, "2001:db8:ffff::/56"))
    assert honest | {late} < waiting(house)


def test_a_network_that_each_worker_calls_otherwise_is_one(house: House) -> None:
    honest = asked(house, network(house, 1, "198.51.100.0/24"))
    names = [network(house, 100 + number, "203.0.113.0/24") for number in range(8)]
    for number in range(2 * kept.MOST_ASKING):
        asked(house, names[number % len(names)])
    assert honest in waiting(house)


def test_networks_that_nobody_knows_yet_are_one_crowd(house: House) -> None:
    company = network(house, 1, "198.51.100.0/24")
    honest = {asked(house, company) for _ in range(3)}
    for number in range(2 * kept.MOST_ASKING):
        tried(house, f"a-{500 + number:016x}")
    assert honest < waiting(house)


def test_where_everybody_has_one_the_next_is_told_so_and_nobody_loses_theirs(house: House) -> None:
    there = {
        asked(house, network(house, number, f"10.{number}.0.0/24")) for number in range(kept.MOST_ASKING)
    }
    newcomer = network(house, 900, "10.200.0.0/24")
    with pytest.raises(StatementRefused) as fault:
        asked(house, newcomer)
    assert fault.value.reason == "enrolments-full"
    assert waiting(house) == there
    house.devices.record_refusals()
    assert house.entries[-1].detail == {"reason": "enrolments-full", "count": 1}


def test_whoever_asks_again_keeps_their_place(house: House) -> None:
    made, source = key(), network(house, 1, "198.51.100.0/24")
    house.devices.ask(asks(made), source)
    for number in range(2 * kept.MOST_ASKING):
        tried(house, network(house, 100 + number, f"203.0.{number}.0/24"))
        house.devices.ask(asks(made), source)
    assert thumbprint(made) in waiting(house)
