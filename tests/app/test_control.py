import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bartizan.access.errors import AccessRefused, PrincipalRevoked
from bartizan.access.issue.mint import Signer, new_key
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NotInForce, NotReported, Ports
from bartizan.app.entry import Entry
from bartizan.app.first import FIRST
from bartizan.clock import SetClock
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.refusal import LONGEST_LIFE
from bartizan.identity.state import State
from bartizan.ledger.event import NotAnEvent, Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.store.engine import open_store
from tests.access.house import ALONE


class Surroundings:
    """A process around a registrar that can be told to fail; what reached it, in order."""

    def __init__(self, folder: Path, forget: Callable[[Principal], None] = lambda _: None) -> None:
        self.store = open_store(f"sqlite:///{folder}/store.db")
        self.happened: list[str] = []
        self.states: list[State] = []
        self.fails: set[str] = set()
        self.clock = SetClock(1_800_000_000 * 10**9)
        self.registrar = Registrar(
            Ports(
                store=self.store,
                signer=Signer("https://localhost:8443", new_key()),
                clock=self.clock,
                record=self._record,
                publish=self._publish,
                services=ALONE,
                forget=forget,
            )
        )

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        if "record" in self.fails:
            raise JournalUnwritable(1, "full")
        self.happened += [entry.kind for entry in entries]
        return len(self.happened) - len(entries), len(self.happened) - 1

    async def _publish(self, state: State) -> int:
        await asyncio.sleep(0)
        if "publish" in self.fails:
            raise NotInForce
        self.states.append(state)
        self.happened.append("in force")
        return len(self.states)

    def names(self) -> set[str]:
        """Return the ids of everybody in the newest state."""
        return {person.id for person in self.states[-1].principals}


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    surroundings = Surroundings(tmp_path)
    asyncio.run(surroundings.registrar.begin())
    surroundings.happened.clear()
    yield surroundings
    surroundings.store.dispose()


def test_what_grants_is_recorded_before_it_is_in_force(around: Surroundings) -> None:
    asyncio.run(around.registrar.register(Kind.WORKLOAD, "ci", ["caller"]))
    assert around.happened == ["access.principal.registered", "in force", "platform.state.published"]


def test_many_revocations_at_once_are_put_in_force_together_and_each_before_it_is_answered(
    around: Surroundings,
) -> None:
    tokens = [f"t-{number:016x}" for number in range(200)]

    async def revoke(token: str) -> int:
        generation = await around.registrar.revoke_token(token)
        assert token in around.states[generation - 1].revoked
        return generation

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*map(revoke, tokens))

    before = len(around.states)
    assert max(asyncio.run(all_at_once())) == len(around.states)
    assert len(around.states) - before <= 2
    assert set(tokens) <= set(around.states[-1].revoked)


def test_what_takes_away_is_in_force_before_it_is_recorded(around: Surroundings) -> None:
    asyncio.run(around.registrar.revoke("workload.drill"))
    assert around.happened == ["in force", "platform.state.published", "access.principal.revoked"]


def test_without_a_record_nobody_is_registered_and_nothing_is_issued(around: Surroundings) -> None:
    around.fails = {"record"}
    with pytest.raises(JournalUnwritable):
        asyncio.run(around.registrar.register(Kind.WORKLOAD, "ci", ["caller"]))
    with pytest.raises(JournalUnwritable):
        around.registrar.owners_token("user.owner", "bartizan:gateway", 60)
    assert "workload.ci" not in {person.id for person in around.registrar.people()}


def test_without_a_record_a_revocation_is_in_force_all_the_same(around: Surroundings) -> None:
    around.fails = {"record"}
    with pytest.raises(JournalUnwritable):
        asyncio.run(around.registrar.revoke("workload.drill"))
    assert {person.id for person in around.states[-1].principals if person.revoked} == {"workload.drill"}


def test_a_revocation_that_is_not_in_force_is_not_answered_and_comes_with_the_next(
    around: Surroundings,
) -> None:
    around.fails = {"publish"}
    with pytest.raises(NotInForce):
        asyncio.run(around.registrar.revoke("workload.drill"))
    around.fails = set()
    asyncio.run(around.registrar.register(Kind.WORKLOAD, "ci", []))
    assert {person.id for person in around.states[-1].principals if person.revoked} == {"workload.drill"}


@pytest.mark.parametrize("fault", ["publish", "record"])
def test_what_was_taken_away_and_not_in_force_at_once_is_on_record_when_it_is(
    around: Surroundings, fault: str
) -> None:
    for _ in range(2):  # whoever was not answered tries again
        around.fails = {fault}
        with pytest.raises((NotInForce, JournalUnwritable)):
            asyncio.run(around.registrar.revoke_token("t-0011223344556677"))
        with pytest.raises((NotInForce, JournalUnwritable)):
            asyncio.run(around.registrar.revoke("workload.drill"))
    around.fails, around.happened = set(), []
    for _ in range(2):
        asyncio.run(around.registrar.publication.settle())
    told = ["access.token.revoked", "access.principal.revoked"]
    assert around.happened == ["in force", "platform.state.published", *told]


def test_who_is_erased_is_let_in_nowhere_though_something_of_them_cannot_be_deleted(tmp_path: Path) -> None:
    def forget(_: Principal) -> None:
        raise OperationalError("DELETE", (), OSError("disk full"))

    around = Surroundings(tmp_path, forget)
    asyncio.run(around.registrar.begin())
    with pytest.raises(OperationalError):
        asyncio.run(around.registrar.erase("workload.drill"))
    assert "workload.drill" not in around.names()
    assert around.happened[-1] == "access.principal.erased"
    around.store.dispose()


def test_changes_at_once_are_all_in_the_last_state(around: Surroundings) -> None:
    async def all_at_once() -> None:
        names = [f"n{number}" for number in range(10)]
        await asyncio.gather(*(around.registrar.register(Kind.WORKLOAD, name, []) for name in names))

    asyncio.run(all_at_once())
    assert {f"workload.n{number}" for number in range(10)} <= around.names()


def test_a_revoked_owner_has_no_token(around: Surroundings) -> None:
    asyncio.run(around.registrar.revoke("user.owner"))
    with pytest.raises(PrincipalRevoked):
        around.registrar.owners_token("user.owner", "bartizan:gateway", 60)


def test_only_the_drills_kinds_may_be_reported(around: Surroundings) -> None:
    with pytest.raises(NotReported):
        around.registrar.report([Entry("access.token.issued", "owner", "", Outcome.DONE)])
    with pytest.raises(NotAnEvent):
        around.registrar.report([Entry("drill.run.started", "owner", "no such subject", Outcome.DONE)])
    assert around.happened == []


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["register", "revoke", "erase"]), st.sampled_from(["a", "b", "c"])), max_size=12
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_every_answered_change_is_in_the_state_that_was_in_force(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, str]]
) -> None:
    around = Surroundings(tmp_path_factory.mktemp("store"))
    model: dict[str, bool] = {}

    async def live() -> None:
        await around.registrar.begin()
        for verb, name in operations:
            try:
                if verb == "register":
                    await around.registrar.register(Kind.WORKLOAD, name, ["caller"], reuse=True)
                    model[f"workload.{name}"] = False
                elif verb == "revoke":
                    await around.registrar.revoke(f"workload.{name}")
                    model[f"workload.{name}"] = True
                else:
                    await around.registrar.erase(f"workload.{name}")
                    del model[f"workload.{name}"]
            except AccessRefused:
                continue
            first = {f"{kind.value}.{known}" for known, (kind, _) in FIRST.items()}
            found = {
                person.id: person.revoked for person in around.states[-1].principals if person.id not in first
            }
            assert found == model

    asyncio.run(live())
    around.store.dispose()


def test_a_disk_that_takes_nothing_keeps_nothing_from_being_in_force(tmp_path: Path) -> None:
    """What is only forgotten is forgotten another time."""
    around = Surroundings(tmp_path)
    asyncio.run(around.registrar.begin())
    asyncio.run(around.registrar.revoke_token("t-0011223344556677"))
    around.clock.at += LONGEST_LIFE + 1
    event.listen(around.store, "begin", lambda connection: connection.exec_driver_sql("PRAGMA query_only=ON"))
    assert asyncio.run(around.registrar.publish()) == len(around.states)
    assert around.states[-1].revoked == {}
    around.store.dispose()
