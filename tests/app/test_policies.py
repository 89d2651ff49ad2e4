"""Changing the policies of a running platform: what is broken changes nothing, what is right is on record first."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from bartizan.access.errors import PolicyVersionUnknown
from bartizan.access.issue.mint import Signer, new_key
from bartizan.access.versions import Version
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NotInForce, Ports
from bartizan.app.entry import Entry
from bartizan.app.policies import LONGEST_NAME, MOST_FILES
from bartizan.app.tool_names import tool_tags
from bartizan.clock import SetClock
from bartizan.identity.state import State
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.policy.engine import MAX_POLICY
from bartizan.policy.errors import PolicyInvalid
from bartizan.store.engine import open_store
from tests.access.house import ALONE

BOOTS = count()
OPEN = {"a.cedar": '@id("open") permit (principal, action, resource);'}
CLOSED = {"a.cedar": '@id("closed") forbid (principal, action, resource);'}
SIGNER = Signer("https://localhost:8443", new_key())


class Surroundings:
    """A process around the policies that can be told to fail, and started again on the same store."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder}/store.db")
        self.happened: list[str] = []
        self.entries: list[Entry] = []
        self.states: list[State] = []
        self.told: list[Version] = []
        self.fails: set[str] = set()

    def start(self, configured: dict[str, str], boot: str = "") -> Registrar:
        """Start control; with a platform of its own where `boot` names none."""
        registrar = Registrar(
            Ports(
                store=self.store,
                signer=SIGNER,
                clock=SetClock(1_800_000_000 * 10**9),
                record=self._record,
                publish=self._publish,
                services=ALONE,
                policies=configured,
                boot=boot or f"{next(BOOTS)}",
                tell_policy=self.told.append,
            )
        )
        asyncio.run(registrar.begin())
        self.happened.clear()
        return registrar

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        if "record" in self.fails:
            raise JournalUnwritable(1, "full")
        for each in entries:
            Event(0, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.entries += entries
        self.happened += [entry.kind for entry in entries]
        return 0, 0

    async def _publish(self, state: State) -> int:
        await asyncio.sleep(0)
        if "publish" in self.fails:
            raise NotInForce
        self.states.append(state)
        self.happened.append("in force")
        return len(self.states)


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    surroundings = Surroundings(tmp_path)
    yield surroundings
    surroundings.store.dispose()


def apply(registrar: Registrar, files: dict[str, str]) -> tuple[Version, int]:
    return asyncio.run(registrar.policies.apply(files, configured=False))


def test_a_version_is_on_record_before_it_is_in_force_and_told_after(around: Surroundings) -> None:
    registrar = around.start({})
    version, generation = apply(registrar, CLOSED)
    assert around.happened == ["access.policy.applied", "in force", "platform.state.published"]
    assert around.states[-1].policy.text == CLOSED["a.cedar"]
    assert (version.number, generation, around.told[-1]) == (2, 2, version)


@pytest.mark.parametrize(
    "files",
    [
        {"a.cedar": "permit ("},
        {"a.cedar": "permit (principal, action, resource);"},
        {"a.cedar": OPEN["a.cedar"], "b.cedar": OPEN["a.cedar"]},
        {"a.cedar": "// nothing but a comment"},
        {"a.cedar": '@id("x") permit (principal, action, resource) when { context.admin };'},
        {"": OPEN["a.cedar"]},
        {"a\nb": OPEN["a.cedar"]},
        {"a" * (LONGEST_NAME + 1): OPEN["a.cedar"]},
        {f"{n}": f'@id("p{n}") permit (principal, action, resource);' for n in range(MOST_FILES + 1)},
        {f"{n}": f'@id("p{n}") permit (principal, action, resource);' + " " * (MAX_POLICY // 2) for n in range(2)},
    ],
)  # fmt: skip
def test_what_cannot_be_decided_with_is_refused_and_on_record_and_changes_nothing(
    around: Surroundings, files: dict[str, str]
) -> None:
    registrar = around.start(OPEN)
    before = registrar.policies.all()
    with pytest.raises(PolicyInvalid):
        apply(registrar, files)
    assert registrar.policies.all() == before
    assert around.happened == ["access.policy.refused"]
    assert around.entries[-1].outcome is Outcome.DENIED
    assert around.states[-1].policy.text == OPEN["a.cedar"]


def test_without_a_record_nothing_changes(around: Surroundings) -> None:
    registrar = around.start(OPEN)
    around.fails = {"record"}
    with pytest.raises(JournalUnwritable):
        apply(registrar, CLOSED)
    assert registrar.policies.in_force().files == OPEN
    assert len(around.states) == 1


def test_a_version_that_is_not_confirmed_is_not_answered_and_comes_with_the_next_state(
    around: Surroundings,
) -> None:
    registrar = around.start(OPEN)
    around.fails = {"publish"}
    with pytest.raises(NotInForce):
        apply(registrar, CLOSED)
    around.fails = set()
    asyncio.run(registrar.revoke("workload.drill"))
    assert around.states[-1].policy.text == CLOSED["a.cedar"]


def test_changes_at_once_leave_the_newest_in_force(around: Surroundings) -> None:
    registrar = around.start(OPEN)

    async def all_at_once() -> None:
        texts = [f'@id("p{number}") permit (principal, action, resource);' for number in range(8)]
        await asyncio.gather(*(registrar.policies.apply({"a": text}, configured=False) for text in texts))

    asyncio.run(all_at_once())
    assert around.states[-1].policy.text == registrar.policies.in_force().files["a"]


def test_the_built_in_policies_come_back_and_so_does_any_version(around: Surroundings) -> None:
    registrar = around.start(OPEN)
    apply(registrar, {})
    assert "callers-call-services" in around.states[-1].policy.text
    version, _ = asyncio.run(registrar.policies.roll_back(1))
    assert (version.number, version.repeats, version.files) == (3, 1, OPEN)
    with pytest.raises(PolicyVersionUnknown):
        asyncio.run(registrar.policies.roll_back(99))


def test_another_start_keeps_what_was_applied_until_the_files_change(around: Surroundings) -> None:
    apply(around.start(OPEN), CLOSED)
    assert around.start(OPEN).policies.in_force().files == CLOSED
    assert around.told[-1].digest != around.told[-1].configured
    changed = {"a.cedar": OPEN["a.cedar"] + "// changed"}
    assert around.start(changed).policies.in_force().files == changed
    assert around.entries[-2].detail["source"] == "start"


def test_control_that_is_replaced_goes_on_with_what_was_applied(around: Surroundings) -> None:
    """It is handed the files as they were when the platform was started, and they were changed and applied since."""
    registrar = around.start(OPEN, "boot")
    asyncio.run(registrar.policies.apply(CLOSED, configured=True))
    assert around.start(OPEN, "boot").policies.in_force().files == CLOSED
    assert around.states[-1].policy.text == CLOSED["a.cedar"]


def test_a_stored_version_that_no_longer_fits_stops_the_start_and_says_the_way_out(
    around: Surroundings,
) -> None:
    registrar = around.start(OPEN)
    apply(registrar, CLOSED)
    with around.store.begin() as connection:
        text = '{"a.cedar":"@id(\\"x\\") permit (principal, action, resource) when { context.gone };"}'
        connection.exec_driver_sql("UPDATE policy_version SET files = ? WHERE number = 2", (text,))
    with pytest.raises(PolicyInvalid, match=r"put right files where `policy\.path` leads, which win"):
        around.start(OPEN)
    right = {"a.cedar": OPEN["a.cedar"] + "// put right"}
    assert around.start(right).policies.in_force().files == right


def test_a_tool_is_tagged_under_its_callers_key_and_for_nobody_who_is_unknown(around: Surroundings) -> None:
    registrar = around.start({})
    one, other = registrar.people()[:2]
    found = tool_tags(registrar.people(), [one.pseudonym, other.pseudonym, "p-" + "0" * 16], ["drop"])
    assert set(found) == {one.pseudonym, other.pseudonym}
    assert list(found[one.pseudonym].values()) == ["drop"]
    assert set(found[one.pseudonym]) != set(found[other.pseudonym])
