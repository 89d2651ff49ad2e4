import asyncio
import contextlib
import os
import resource
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access.describe import Exposed
from bartizan.access.issue.mint import new_key
from bartizan.app import messages as m
from bartizan.app.channel import Channel, close, pair
from bartizan.app.control_ports import NotInForce
from bartizan.app.entry import Entry
from bartizan.app.exposed import exposed
from bartizan.app.first import FIRST
from bartizan.clock import SystemClock
from bartizan.http.supervision import Supervision
from bartizan.isolation.memory import sealed
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.journal import Journal, JournalUnwritable
from tests.access.house import state
from tests.http.platform import ISSUER, Control
from tests.processes import environment

pytestmark = pytest.mark.slow


def test_the_first_start_registers_the_owner_and_the_drill_and_puts_a_state_in_force(
    control: Control,
) -> None:
    (state,) = control.states
    assert {person.id: person.roles for person in state.principals} == {
        f"{kind.value}.{name}": roles for name, (kind, roles) in FIRST.items()
    }
    assert [issuer.url for issuer in state.issuers] == [ISSUER]
    assert control.kinds()[-1] == "platform.state.published"
    assert (
        control.kinds().count("access.principal.registered") == 7
    )  # one a role, one for the drill's bare one


def test_a_second_start_finds_everything_as_it_was(control: Control) -> None:
    first = control.states[-1]
    assert control.end() == 0
    control.states.clear()
    with Control(control.folder.root) as again:
        assert again.states[-1].principals == first.principals
        assert again.states[-1].issuers == first.issuers
        assert again.kinds() == ["ledger.segment.opened", "platform.state.published"]


def test_keys_and_store_are_their_owners_alone(control: Control) -> None:
    for path in (control.folder.keys / "token.pem", control.folder.root / "store.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_ends_with_its_journal_closed_when_told_to(control: Control) -> None:
    assert control.end() == 0
    assert control.kinds()[-1] == "ledger.segment.closed"


def test_it_ends_when_its_supervisor_goes(control: Control) -> None:
    control.channel.close_writing()
    assert control.process.wait(60) == 0
    assert control.kinds()[-1] == "ledger.segment.closed"


def test_it_holds_no_secret_in_its_arguments_or_environment(control: Control) -> None:
    assert environment(control.process.pid) == b""
    assert Path(f"/proc/{control.process.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")[-1].isdigit()


def test_policies_of_ones_own_are_in_force(tmp_path: Path) -> None:
    own = {"a.cedar": '@id("nobody") forbid (principal, action, resource);'}
    with Control(tmp_path / "s", own) as control:
        assert control.states[-1].policy.text == own["a.cedar"]


def test_policies_that_do_not_hold_stop_the_start_with_file_and_line(tmp_path: Path) -> None:
    control = Control(tmp_path / "s", {"a.cedar": "permit (\n principal, actoin, resource);"})
    assert control.process.wait(60) == 3
    printed = control.process.communicate()[0].decode()
    assert "a.cedar:2: " in printed
    assert "Traceback" not in printed
    control.channel.close()


def test_a_key_that_others_may_read_stops_the_start(tmp_path: Path) -> None:
    key = tmp_path / "s" / "keys" / "token.pem"
    key.parent.mkdir(parents=True)
    key.write_bytes(new_key().reveal())
    key.chmod(0o644)
    control = Control(tmp_path / "s")
    assert control.process.wait(60) == 3
    assert "chmod 600" in control.process.communicate()[0].decode()
    control.channel.close()


def test_when_the_record_cannot_be_written_nothing_is_issued_and_it_ends(tmp_path: Path) -> None:
    with Control(tmp_path / "s") as control:
        limit = control.segment.stat().st_size
        _cap_files(control.process.pid, limit)
        assert control.ask("POST", "/admin/v1/tokens").status == 503
        assert control.process.wait(60) == 0
        assert "access.token.issued" not in control.kinds()


def _cap_files(process: int, octets: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, (octets, octets))


def test_a_change_that_is_not_confirmed_is_not_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.http.supervision._IN_FORCE_S", 0.1)
    with supervised(tmp_path) as (supervision, supervisor):
        asyncio.run(publish_late(supervision, supervisor))


async def publish_late(supervision: Supervision, supervisor: Channel) -> None:
    supervision.follow()
    with pytest.raises(NotInForce):
        await supervision.publish(state())
    message, fds = supervisor.receive()
    assert message == {"do": "publish"}
    close(fds)
    confirmed = asyncio.ensure_future(supervision.publish(state()))
    await asyncio.sleep(0)
    supervisor.send({"do": "published", "generation": 1})  # late, of the first
    supervisor.send({"do": "published", "generation": 2})
    assert await confirmed == 2
    close(supervisor.receive()[1])


def test_a_process_whose_supervisor_went_puts_nothing_in_force(tmp_path: Path) -> None:
    with supervised(tmp_path) as (supervision, supervisor):
        supervisor.close()
        with pytest.raises(NotInForce):
            asyncio.run(supervision.publish(state()))


def test_it_asks_for_its_next_segment_in_time_and_goes_on_in_it(tmp_path: Path) -> None:
    entry = Entry("drill.run.started", "owner", "", Outcome.DONE)
    with supervised(tmp_path, capacity=2000) as (supervision, supervisor):
        for _ in range(20):
            supervision.record([entry])
        message, _ = supervisor.receive()
        assert message == {"do": "segment-wanted"}
        memory = sealed(b"k" * 32)
        fd = os.open(tmp_path / "2", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        supervisor.send({"do": "segment", "number": 2}, [fd, memory])
        close([fd, memory])
        supervision._take()
        assert supervision.record([entry, entry]) == (1, 2)
        with pytest.raises(BlockingIOError):
            supervisor.receive()


@pytest.mark.parametrize("durable", [False, True])
def test_a_record_waits_for_the_disk_where_it_must_survive_a_loss_of_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: bool
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    with supervised(tmp_path) as (supervision, _):
        supervision._journal.durable = durable
        supervision.record([Entry("access.principal.revoked", "owner", "p-0000000000000001", Outcome.DONE)])
        assert len(synced) == durable


def test_a_disk_that_fails_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_fd: int) -> None:
        raise OSError(5, "planted")

    with pytest.raises(JournalUnwritable), supervised(tmp_path) as (supervision, _):  # noqa: PT012 - closing fails too
        supervision._journal.durable = True
        monkeypatch.setattr(os, "fdatasync", fails)
        with pytest.raises(JournalUnwritable):
            supervision.record(
                [Entry("access.principal.revoked", "owner", "p-0000000000000001", Outcome.DONE)]
            )
        assert supervision.gone.is_set()


@contextlib.contextmanager
def supervised(folder: Path, capacity: int = 1 << 20) -> Iterator[tuple[Supervision, Channel]]:
    ours, theirs = pair()
    fd = os.open(folder / "1", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    journal = Journal(fd, bytearray(b"k" * 32), 1, "control", "0" * 32, SystemClock(), capacity)
    with ours, theirs:
        yield Supervision(Channel(theirs, m.ControlOrders), journal), Channel(ours)
    journal.close()


def test_refused_token_requests_are_recorded_counted(control: Control) -> None:
    began = time.monotonic()
    for _ in range(20):
        assert control.ask("POST", "/oauth/token", b"", of="control").status == 400
    refused: list[Event] = []
    while sum(int(event.detail["count"]) for event in refused) < 20:
        assert time.monotonic() - began < 60, refused
        time.sleep(0.1)
        refused = [event for event in control.events() if event.kind == "access.token.refused"]
    assert sum(int(event.detail["count"]) for event in refused) == 20
    assert len(refused) <= min(19, time.monotonic() - began + 1)  # one a second at the most
    assert {(event.outcome, event.control) for event in refused} == {
        (Outcome.DENIED, "access.request-authenticated")
    }


@pytest.mark.parametrize(
    ("names", "drill_only"), [(["sample", "control"], False), (["mine", "sample", "control"], True)]
)
def test_the_sample_is_the_drills_alone_once_there_is_another_service(
    names: list[str], *, drill_only: bool
) -> None:
    found = {each.name: each for each in exposed(names)}
    assert found["sample"] == Exposed("sample", drill_only=drill_only)
    assert found["control"] == Exposed("control", control=True)
    assert all(not each.drill_only for name, each in found.items() if name != "sample")
