import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from joserfc import jwk, jws
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bartizan.access import devices as kept
from bartizan.access import register
from bartizan.access.errors import DeviceUnknown, PrincipalExists, PrincipalUnknown
from bartizan.access.issue.client_key import keys_of
from bartizan.app.devices import Devices, Ports
from bartizan.app.entry import Entry
from bartizan.clock import DAY, MINUTE, Nanoseconds
from bartizan.identity.device import ITSELF, Authority, Device
from bartizan.identity.principal import Kind
from bartizan.identity.statement import StatementRefused
from bartizan.ledger.event import Event
from bartizan.store.engine import open_store
from tests.identity.forge import ISSUER, START, START_S
from tests.identity.statements import DEVICE, asks, authority, says, thumbprint, vouches


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> Nanoseconds:
        return self.instant


class House:
    """Devices over a real store, with what they recorded and how often it was put in force."""

    def __init__(self, folder: Path, *authorities: Authority) -> None:
        self.store: Engine = open_store(f"sqlite:///{folder}/store.db")
        self.clock, self.entries, self.in_force, self.full = Clock(), list[Entry](), 0, False
        ports = Ports(self.store, self.clock, ISSUER, self._record, self._put_in_force)
        self.devices = Devices(ports, authorities)
        self.devices.begin()
        with self.store.begin() as connection:
            register.register(connection, Kind.USER, "ada", (), START)

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        for each in entries:  # what cannot stand in the record raises here
            Event(START, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.entries += entries
        return 0, 0

    async def _put_in_force(self) -> int:
        if self.full:
            raise OperationalError("", {}, Exception("database or disk is full"))
        self.in_force += 1
        return self.in_force

    def known(self) -> tuple[Device, ...]:
        with self.store.begin() as connection:
            return self.devices.fleet(connection).devices

    def tell(self, text: str) -> str:
        return asyncio.run(self.devices.tell(text))

    def admit(self, key: str = thumbprint(), **settings: str | bool) -> None:
        asyncio.run(self.devices.admit(key, **settings))  # type: ignore[arg-type]  # each of its own kind

    def refused(self, text: str) -> str:
        with pytest.raises(StatementRefused) as fault:
            self.tell(text)
        return fault.value.reason

    def kinds(self) -> list[str]:
        return [each.kind for each in self.entries]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, authority())
    yield made
    made.store.dispose()


def test_a_key_that_asks_is_no_device_before_it_is_admitted(house: House) -> None:
    assert house.devices.ask(asks(), "") == (thumbprint(), False)
    assert house.known() == ()
    assert house.refused(says()) == "device-unknown"
    house.admit(holder="user.ada", hardware=True)
    assert house.known() == (Device("device.laptop", thumbprint(), "user.ada", True),)
    assert (house.in_force, house.devices.asking()) == (1, ())
    assert house.kinds() == ["access.principal.registered", "access.device.admitted"]
    assert house.devices.ask(asks(), "") == (thumbprint(), True)


def test_an_admitted_device_is_a_client_by_its_key_and_by_no_secret(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    with house.store.begin() as connection:
        device = register.get(connection, "device.laptop")
        keys = keys_of(connection, device.client).keys
    assert keys.keys() == {thumbprint()}
    signed = b"header.payload"
    model = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")
    assert keys[thumbprint()].verifies(signed, model.sign(signed, DEVICE))


def test_what_is_not_asked_for_or_is_taken_is_not_admitted_and_changes_nothing(house: House) -> None:
    with pytest.raises(DeviceUnknown):
        house.admit()
    house.devices.ask(asks(), "")
    with pytest.raises(PrincipalUnknown):
        house.admit(holder="user.nobody")
    house.admit(name="one")
    other = jwk.ECKey.generate_key("P-256")
    house.devices.ask(asks(other), "")
    with pytest.raises(PrincipalExists):
        house.admit(thumbprint(other), name="one")
    assert [each.id for each in house.known()] == ["device.one"]
    assert house.devices.refuse(thumbprint(other))
    assert not house.devices.refuse(thumbprint(other))


def test_a_key_asks_for_a_day(house: House) -> None:
    house.devices.ask(asks(), "")
    house.clock.instant = Nanoseconds(START + DAY)
    assert house.devices.asking() == ()
    with pytest.raises(DeviceUnknown):
        house.admit()


def test_claims_are_kept_by_signer_and_put_in_force_together(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    assert house.tell(says({"firewall": True})) == ITSELF
    assert house.tell(vouches(posture={"disk_encrypted": True})) == "mdm"
    assert {(each.by, each.holds) for each in house.known()[0].postures} == {
        (ITSELF, ("firewall",)),
        ("mdm", ("disk_encrypted",)),
    }
    assert house.in_force == 1
    asyncio.run(house.devices.settle())
    asyncio.run(house.devices.settle())
    assert house.in_force == 2
    last = house.entries[-1]
    assert (last.kind, last.detail["by"], last.detail["disk"], last.detail["boot"]) == (
        "access.device.told",
        "mdm",
        "so",
        "unknown",
    )


def test_claims_that_a_full_disk_keeps_from_being_in_force_are_so_later(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    house.tell(says({"firewall": True}))
    house.full = True
    with pytest.raises(OperationalError):
        asyncio.run(house.devices.settle())
    house.full = False
    asyncio.run(house.devices.settle())
    assert house.in_force == 2


def test_claims_are_not_taken_again_nor_too_often(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    house.tell(says())
    assert house.refused(says()) == "statement-too-soon"
    assert house.refused(says(iat=START_S - 1)) == "statement-too-soon"
    house.clock.instant = Nanoseconds(START + MINUTE)
    assert house.tell(says(iat=START_S + 60)) == ITSELF


def test_an_authority_admits_a_key_that_asks_and_no_other(house: House) -> None:
    word = vouches(admit=True, holder="user.ada", hardware=True)
    assert house.refused(word) == "device-unknown"
    house.devices.ask(asks(), "")
    assert house.tell(word) == "mdm"
    (device,) = house.known()
    assert (device.holder, device.hardware, device.postures[0].by) == ("user.ada", True, "mdm")
    admitted = next(each for each in house.entries if each.kind == "access.device.admitted")
    assert (admitted.actor, admitted.detail["by"]) == ("platform", "mdm")


def test_an_authority_that_admits_nobody_admits_nobody(tmp_path: Path) -> None:
    house = House(tmp_path, authority(admits=False))
    house.devices.ask(asks(), "")
    assert house.refused(vouches(admit=True)) == "device-unknown"
    assert house.known() == ()


def test_an_authority_names_no_holder_that_there_is_not(house: House) -> None:
    house.devices.ask(asks(), "")
    assert house.refused(vouches(admit=True, holder="user.ghost")) == "principal-unknown"
    assert house.known() == ()


def test_a_revoked_devices_word_counts_no_more(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    with house.store.begin() as connection:
        register.revoke(connection, "device.laptop")
    assert house.refused(says()) == "device-revoked"
    assert house.known()[0].postures == ()


def test_an_erased_holder_takes_the_device_along_and_an_erased_device_its_claims(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit(holder="user.ada")
    house.tell(says())
    with house.store.begin() as connection:
        register.erase(connection, "user.ada")
    assert house.known() == ()
    with house.store.begin() as connection, pytest.raises(DeviceUnknown):
        kept.device_of(connection, thumbprint())


def test_an_authority_that_is_not_configured_any_more_is_forgotten(house: House) -> None:
    house.devices.ask(asks(), "")
    house.admit()
    house.tell(vouches())
    later = Devices(Ports(house.store, house.clock, ISSUER, house._record, house._put_in_force))
    later.begin()
    assert house.known()[0].postures == ()


def test_a_crowd_of_keys_from_one_network_pushes_out_its_own_alone(house: House) -> None:
    honest = jwk.ECKey.generate_key("P-256")
    house.devices.ask(asks(honest), "a-0000000000000001")
    for number in range(kept.MOST_ASKING + 8):
        house.clock.instant = Nanoseconds(START + number)
        house.devices.ask(asks(jwk.ECKey.generate_key("P-256")), "a-0000000000000002")
    waiting = house.devices.asking()
    assert len(waiting) == kept.MOST_ASKING
    assert thumbprint(honest) in {each.key for each in waiting}


def test_a_flood_is_on_record_as_counts(house: House) -> None:
    for _ in range(50):
        house.devices.ask(asks(), "")
        with pytest.raises(StatementRefused):
            house.devices.ask("nothing", "")
    house.devices.record_refusals()
    assert [(each.kind, each.detail) for each in house.entries] == [
        ("access.device.asked", {"count": 50}),
        ("access.device.refused", {"reason": "statement-malformed", "count": 50}),
    ]
    house.devices.record_refusals()
    assert len(house.entries) == 2
