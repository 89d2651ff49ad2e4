"""Somebody who may register takes the name of somebody who was erased, for what the policies still give to it."""

import asyncio
import hmac
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc import jwk
from sqlalchemy import select

from bartizan.access.errors import NameErased, PrincipalExists
from bartizan.access.issue.registered import new_name
from bartizan.access.names import Names
from bartizan.access.register import KEPT, SUBJECTS
from bartizan.access.tables import ERASED_NAME
from bartizan.app.devices import Devices
from bartizan.app.devices import Ports as DevicePorts
from bartizan.clock import SECOND
from bartizan.crypto.secret import Secret
from bartizan.identity.principal import Kind
from bartizan.identity.statement import StatementRefused
from tests.attacks.oauth import URL, House
from tests.identity.statements import asks, authority, thumbprint, vouches

POLICY = '@id("adas") permit (principal == User::"ada", action, resource);'


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, POLICY)
    yield made
    made.store.dispose()


def register(house: House, name: str, kind: Kind = Kind.USER, *, reuse: bool = False) -> None:
    asyncio.run(house.registrar.register(kind, name, ["caller"], reuse=reuse))


def erase(house: House, principal: str) -> None:
    asyncio.run(house.registrar.erase(principal))


def test_what_policies_give_to_an_erased_name_goes_to_nobody_unasked(house: House) -> None:
    erase(house, "user.ada")
    with pytest.raises(NameErased, match="--reuse"):
        register(house, "ada")
    assert "user.ada" not in {each.id for each in house.registrar.people()}
    assert "access.principal.registered" not in house.kinds()[-1:]
    register(house, "ada", Kind.WORKLOAD)  # another name: kinds are told apart
    register(house, "adam")


def test_an_owner_gives_it_again_on_purpose_once_each_time(house: House) -> None:
    for _ in range(2):
        erase(house, "user.ada")
        with pytest.raises(NameErased):
            register(house, "ada")
        register(house, "ada", reuse=True)
        with pytest.raises(PrincipalExists):
            register(house, "ada", reuse=True)


def test_who_is_revoked_keeps_the_name_as_ever(house: House) -> None:
    asyncio.run(house.registrar.revoke("user.ada"))
    with pytest.raises(PrincipalExists):
        register(house, "ada")


def test_what_is_kept_says_no_name_and_cannot_be_tried_out_without_the_key(house: House) -> None:
    erase(house, "user.ada")
    with house.store.connect() as connection:
        (mac,) = connection.execute(select(ERASED_NAME)).scalars().all()
        held = house.store.url.database
        assert held is not None
        assert b"user.ada" not in Path(held).read_bytes()
        assert len(mac) == 32
        for key in (b"", b"erased name ", b"0" * 32):
            assert hmac.digest(key or b"x", b"erased name user.ada", "sha256") != mac
        Names(Secret(b"another key")).claim(connection, "user.ada", reuse=False)  # which tells nothing


def test_the_key_is_kept_so_that_the_name_is_over_a_restart(house: House) -> None:
    key = Secret(b"a key of a file")
    with house.store.begin() as connection:
        Names(key).bury(connection, "user.zoe")
    with house.store.begin() as connection, pytest.raises(NameErased):
        Names(Secret(b"a key of a file")).claim(connection, "user.zoe", reuse=False)


def test_neither_the_owner_nor_an_authority_admits_a_device_under_an_erased_name_unasked(
    house: House,
) -> None:
    async def in_force() -> int:
        return 1

    ports = DevicePorts(house.store, house.clock, URL, house.ports.record, in_force, house.ports.names)
    devices = Devices(ports, (authority(),))
    first = jwk.ECKey.generate_key("P-256")
    devices.ask(asks(first, aud=URL, iat=house.clock.now() // SECOND), "")
    asyncio.run(devices.admit(thumbprint(first), "laptop"))
    erase(house, "device.laptop")
    second = jwk.ECKey.generate_key("P-256")
    devices.ask(asks(second, aud=URL, iat=house.clock.now() // SECOND), "")
    with pytest.raises(NameErased):
        asyncio.run(devices.admit(thumbprint(second), "laptop"))
    said = vouches(thumbprint(second), aud=URL, iat=house.clock.now() // SECOND, admit=True)
    with pytest.raises(StatementRefused, match="name-erased"):
        asyncio.run(devices.tell(said))
    asyncio.run(devices.admit(thumbprint(second), "laptop", reuse=True))


@pytest.mark.parametrize("form", KEPT, ids=lambda form: str(form.pattern))
def test_names_that_nobody_chooses_fill_no_memory(house: House, form: re.Pattern[str]) -> None:
    """Strangers may have many of them made, and erased."""
    name = "x-00112233445566ff" if form is SUBJECTS else new_name()
    assert form.fullmatch(name)
    with house.store.begin() as connection:
        house.ports.names.bury(connection, f"user.{name}")
        assert connection.execute(select(ERASED_NAME)).all() == []
