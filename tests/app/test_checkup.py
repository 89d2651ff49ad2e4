"""What doctor says is wrong is wrong, and what it cannot look at is a fault."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bartizan.app import checkup
from bartizan.app.checkup import Check, Verdict
from bartizan.app.folder import Folder
from bartizan.app.segments import START_OCTETS
from bartizan.app.service_settings import Service
from bartizan.app.settings import Isolation, Settings, read
from bartizan.clock import DAY, SECOND, Nanoseconds, SystemClock
from bartizan.crypto.x509 import certificate_pem, make_authority
from tests.valkey import papers

NOW = Nanoseconds(1_800_000_000 * SECOND)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.make()
    return made


@pytest.fixture
def upstream() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_this_machine_passes_or_is_told_what_to_do(tmp_path: Path) -> None:
    checks = tuple(checkup.checkup(read(None, tmp_path), Folder(tmp_path / ".bartizan"), SystemClock().now()))
    assert {check.name for check in checks} >= {
        "python",
        "kernel",
        "hybrid TLS",
        "clock",
        "state folder",
        "port",
    }
    assert all(check.advice for check in checks if check.verdict is not Verdict.GOOD)
    assert not (tmp_path / ".bartizan").exists()


def test_an_upstream_that_answers_without_the_gateway_is_not_protected(upstream: int) -> None:
    service = Service("a", f"http://127.0.0.1:{upstream}", allow_private=(f"127.0.0.1:{upstream}",))
    ((name, _, found),) = Settings(service=(service,)).upstreams
    said = checkup.reachable(name, found, frozenset(service.allow_private))
    assert said.verdict is Verdict.WEAK
    assert "reachable without the gateway: not protected" in said.said


def test_an_upstream_that_does_not_answer_is_good(upstream: int) -> None:
    service = Service("a", f"http://127.0.0.2:{upstream}", allow_private=(f"127.0.0.2:{upstream}",))
    ((name, _, found),) = Settings(service=(service,)).upstreams
    assert checkup.reachable(name, found, frozenset(service.allow_private)).verdict is Verdict.GOOD


def test_an_upstream_whose_name_leads_nowhere_is_a_fault() -> None:
    service = Service("a", "https://no-such-name.invalid")
    ((name, _, found),) = Settings(service=(service,)).upstreams
    assert checkup.reachable(name, found, frozenset(service.allow_private)).verdict is Verdict.FAULT


def test_every_target_is_looked_at(tmp_path: Path, upstream: int) -> None:
    text = (
        '[[service]]\nname = "a"\nupstream = "https://no-such-name.invalid"\n'
        f'[[service.target]]\nname = "b"\nupstream = "http://127.0.0.1:{upstream}"\n'
        f'allow_private = ["127.0.0.1:{upstream}"]\ncredential = "file:gone"\n'
    )
    (tmp_path / "bartizan.toml").write_text(text)
    checks = checkup.checkup(read(None, tmp_path), Folder(tmp_path / ".bartizan"), SystemClock().now())
    said = {check.name: check.verdict for check in checks}
    assert said["service a"] is Verdict.FAULT
    assert said["service a/b"] is Verdict.WEAK
    assert said["secret of a/b"] is Verdict.FAULT


def test_every_secret_that_is_referred_to_is_looked_for(tmp_path: Path) -> None:
    papers(tmp_path)
    text = (
        '[limiter]\nurl = "valkeys://limits.invalid"\npassword = "file:gone"\n'
        'certificate = "client.crt"\nkey = "file:client.key"\n'
        '[edge]\nsecret = "file:gone"\n[traces]\nendpoint = "https://c.invalid"\ncredential = "file:gone"\n'
    )
    (tmp_path / "bartizan.toml").write_text(text)
    checks = checkup.checkup(read(None, tmp_path), Folder(tmp_path / ".bartizan"), SystemClock().now())
    said = {check.name: check.verdict for check in checks if check.name.startswith("secret of ")}
    assert said == {
        "secret of limiter.password": Verdict.FAULT,
        "secret of limiter.key": Verdict.GOOD,
        "secret of edge.secret": Verdict.FAULT,
        "secret of traces.credential": Verdict.FAULT,
    }


def test_a_credential_that_is_not_there_is_a_fault(
    tmp_path: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("a", "env:A_KEY_OF_MINE", tmp_path, folder)
    monkeypatch.delenv("A_KEY_OF_MINE", raising=False)
    assert checkup.secret(*wanted) == Check(
        "secret of a",
        Verdict.FAULT,
        "the secret env:A_KEY_OF_MINE is not set",
        "set A_KEY_OF_MINE in the environment that starts Bartizan",
    )
    monkeypatch.setenv("A_KEY_OF_MINE", "sk-hidden")
    there = checkup.secret(*wanted)
    assert there.verdict is Verdict.GOOD
    assert "sk-hidden" not in there.said


@pytest.mark.parametrize(
    ("free", "verdict"),
    [
        (0, Verdict.FAULT),
        (START_OCTETS - 1, Verdict.FAULT),
        (START_OCTETS, Verdict.WEAK),
        (checkup.PLENTY, Verdict.GOOD),
    ],
)
def test_a_disk_without_room_for_the_record_is_a_fault(
    tmp_path: Path, free: int, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(f_bavail=free, f_frsize=1)
    monkeypatch.setattr("os.statvfs", lambda path: found if path == tmp_path else None)
    assert checkup.disk(Folder(tmp_path / "not" / "yet")).verdict is verdict


def test_a_key_that_others_can_read_is_a_fault(folder: Folder) -> None:
    key = folder.keys / "token.pem"
    key.touch(0o600)
    assert checkup.modes(folder).verdict is Verdict.GOOD
    key.chmod(0o640)
    assert checkup.modes(folder) == Check(
        "state folder", Verdict.FAULT, f"{key} is open to others", f"chmod go= {key}"
    )


@pytest.mark.parametrize(("age", "verdict"), [(0, Verdict.GOOD), (3640 * DAY, Verdict.FAULT)])
def test_an_authority_that_ends_soon_is_a_fault(folder: Folder, age: int, verdict: Verdict) -> None:
    authority, _ = make_authority("server", ("localhost",), NOW)
    folder.authority.write_bytes(certificate_pem(authority))
    assert checkup.certificates(folder, Nanoseconds(NOW + age)).verdict is verdict


def test_a_clock_before_the_record_is_a_fault(folder: Folder) -> None:
    (folder.ledger / "tree.db").touch()
    now = SystemClock().now()
    assert checkup.clock(folder, now).verdict is Verdict.GOOD
    assert checkup.clock(folder, Nanoseconds(now - DAY)).verdict is Verdict.FAULT
    assert checkup.clock(folder, Nanoseconds(0)).verdict is Verdict.FAULT


def test_a_busy_port_names_its_holder(folder: Folder, upstream: int) -> None:
    found = checkup.port(Settings(listen=f"127.0.0.1:{upstream}"), folder)
    assert found.verdict is Verdict.FAULT
    assert "held by process" in found.said


def test_workers_that_may_run_unconfined_are_weak() -> None:
    assert checkup.isolation(Isolation.NONE).verdict is Verdict.WEAK


def test_a_check_that_cannot_be_made_is_a_fault(folder: Folder) -> None:
    folder.authority.write_text("no certificate")
    checks = {check.name: check for check in checkup.checkup(read(None, folder.root), folder, NOW)}
    assert checks["certificates"].verdict is Verdict.FAULT
    assert "cannot be checked" in checks["certificates"].said


def test_a_folder_of_somebody_elses_things_is_not_advised_to_be_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    tmp_path.chmod(0o777)
    said = checkup.modes(Folder(tmp_path))
    assert (said.verdict, "chmod" in said.advice) == (Verdict.FAULT, False)
    assert "holds thesis.txt, which is not Bartizan's" in said.said


def test_a_place_where_no_state_can_be_made_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)
    said = checkup.modes(Folder(tmp_path / "a" / "state"))
    assert said.verdict is Verdict.FAULT
    assert str(tmp_path) in said.said
