import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bartizan.access.errors import RotationUnderWay
from bartizan.access.issue.mint import LIFETIME_S, Issued, Signer, mint, new_key
from bartizan.access.register import prepare
from bartizan.app import issuing
from bartizan.app.control_ports import NotInForce
from bartizan.app.entry import Entry
from bartizan.app.issuing import Issuing
from bartizan.app.rotation import LEAD_S, LINGER_S, NEXT, SIGNS, Ports, Rotation
from bartizan.clock import SECOND, SetClock
from bartizan.crypto.keyring import load, load_or_create
from bartizan.identity.refusal import KeyUnknown, TokenRefused
from bartizan.identity.state import pinned
from bartizan.identity.token import verify
from bartizan.ledger.journal import JournalUnwritable
from bartizan.store.engine import open_store
from tests.access.house import CALLER

URL = "https://localhost:8443"
START = 1_800_000_000 * SECOND


class House:
    """A signer whose keys rotate, and one worker's view of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, SetClock(START)
        self.store: Engine = open_store(f"sqlite:///{folder}/store.db")
        prepare(self.store)
        self.happened: list[str] = []
        self.fails = False
        self.open()

    def open(self) -> None:
        """Start the process anew."""
        self.signer = Signer(URL, load_or_create(self.folder / SIGNS, new_key))
        self.rotation = Rotation(
            Ports(self.store, self.folder, self.signer, self.clock, self._publish, self._record)
        )
        self.pinned = pinned([self.signer.trusted])

    async def _publish(self) -> int:
        await asyncio.sleep(0)
        if self.fails:
            raise NotInForce
        self.pinned = pinned([self.signer.trusted])
        return 1

    def _record(self, entries: list[Entry]) -> None:
        self.happened += [entry.kind.rpartition(".")[2] for entry in entries]

    def later(self, seconds: int) -> None:
        """Let time pass, a tick a second as the process does, but not all of them."""
        self.clock.at += seconds * SECOND
        asyncio.run(self.rotation.tick())

    def rotate(self, *, at_once: bool = False) -> int:
        return asyncio.run(self.rotation.rotate(at_once=at_once)).seconds

    def token(self) -> Issued:
        return mint(self.signer, CALLER, "bartizan:gateway", LIFETIME_S, self.clock.now())

    def takes(self, issued: Issued) -> bool:
        try:
            verify(issued.token, self.pinned, "bartizan:gateway", self.clock.now())
        except TokenRefused:
            return False
        return True


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.dispose()


def test_a_new_key_is_published_before_it_signs_and_the_old_is_taken_until_its_tokens_are_gone(
    house: House,
) -> None:
    old = house.signer.kid
    assert house.rotate() == LEAD_S
    assert house.signer.kid == old
    assert len(house.signer.published) == 2
    assert len(house.pinned[URL].keys) == 2
    house.later(LEAD_S - 1)
    last = house.token()
    assert house.signer.kid == old
    house.later(1)
    assert house.signer.kid != old
    assert house.takes(house.token())
    house.later(LIFETIME_S - 2)
    assert house.takes(last)
    house.later(LINGER_S)
    assert {key["kid"] for key in house.signer.published} == {house.signer.kid} == set(house.pinned[URL].keys)
    assert house.happened == ["published", "signing", "retired"]


def test_the_old_private_key_is_gone_when_the_new_one_signs(house: House) -> None:
    old = load(house.folder / SIGNS).reveal()
    house.rotate()
    house.later(LEAD_S)
    assert [file.name for file in house.folder.glob("*.pem")] == [SIGNS]
    assert load(house.folder / SIGNS).reveal() != old


def test_a_second_rotation_waits_for_the_first_and_says_how_long(house: House) -> None:
    house.rotate()
    house.later(LEAD_S - 7)
    with pytest.raises(RotationUnderWay, match="signs in 7 s"):
        house.rotate()
    house.later(7)
    assert house.rotate() == LEAD_S


@pytest.mark.parametrize("rotations", [0, 1])
def test_a_stolen_key_is_replaced_at_once_and_what_it_signed_is_refused(house: House, rotations: int) -> None:
    for _ in range(rotations):
        house.rotate()
    stolen = house.token()
    assert house.rotate(at_once=True) == 0
    with pytest.raises(KeyUnknown):
        verify(stolen.token, house.pinned, "bartizan:gateway", house.clock.now())
    assert house.takes(house.token())
    assert [file.name for file in house.folder.glob("*.pem")] == [SIGNS]


def test_workers_that_do_not_confirm_keep_the_rotation_from_being_lost(house: House) -> None:
    house.fails = True
    with pytest.raises(NotInForce):
        house.rotate()
    house.open()
    house.fails = False
    house.later(LEAD_S)
    assert house.takes(house.token())
    assert house.happened == ["published", "signing"]


def test_a_process_that_died_between_store_and_file_goes_on_where_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Rotation) -> None:
        raise RuntimeError

    house.rotate()
    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "_turn", die)
        with pytest.raises(RuntimeError):
            house.later(LEAD_S)
    before = house.token()
    house.open()
    assert house.takes(before)
    assert house.takes(house.token())
    house.later(LINGER_S)
    assert len(house.signer.published) == 1


@pytest.mark.parametrize("gone", [NEXT, ""])
def test_a_key_file_that_is_gone_ends_the_rotation_and_nothing_else(house: House, gone: str) -> None:
    old = house.signer.kid
    house.rotate()
    if gone:
        (house.folder / gone).unlink()
    house.open()
    house.later(LEAD_S)
    assert (house.signer.kid == old) is bool(gone)
    assert house.takes(house.token())
    assert house.rotate() == LEAD_S


STEPS = st.lists(st.sampled_from(["rotate", "at once", "wait", "lead", "linger", "restart"]), max_size=14)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_a_token_is_taken_until_it_expires_unless_its_key_was_replaced_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    issued = [house.token()]
    seconds = {"wait": 17, "lead": LEAD_S, "linger": LINGER_S}
    for step in steps:
        if step in seconds:
            house.later(seconds[step])
        elif step == "restart":
            house.open()
        elif step == "at once":
            house.rotate(at_once=True)
            issued.clear()
        else:
            try:
                house.rotate()
            except RotationUnderWay:
                continue
        issued.append(house.token())
        assert all(house.takes(each) for each in issued if house.clock.now() < each.expires)
    house.store.dispose()


def test_a_full_disk_ends_nothing_and_the_key_changes_once_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[str] = []

    class Full:
        """A rotation that cannot write twice, then can, and then ends the test."""

        async def tick(self) -> None:
            tries.append("tick")
            if len(tries) < 3:
                raise OperationalError("", {}, Exception("database or disk is full"))
            raise JournalUnwritable(0, "over")

    monkeypatch.setattr(issuing, "_TICK_S", 0.0)
    kept: Any = Full()
    parts: Any = None
    asyncio.run(Issuing(parts, parts, parts, parts, parts, parts, kept).keep())
    assert len(tries) == 3
