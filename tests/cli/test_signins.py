"""`bartizan signins`: imports once, counts what it cannot read, tells whose it was, forgets."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bartizan.app import signin_import
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.query import Query, query

NOW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


def _line(days_ago: float, sub: str, **more: str) -> str:
    time = (NOW - timedelta(days=days_ago)).isoformat()
    return json.dumps(
        {"time": time, "event": "login", "sub": sub, "ip": "198.51.100.7", "device": f"{sub}-laptop"} | more
    )


def _log() -> list[str]:
    """Ten people for two weeks, then somebody elsewhere with anna's password, and a spray from one place."""
    habits = [_line(14 - day, f"person{n}" if n else "anna") for day in range(13) for n in range(10)]
    taken = [_line(0.9, "anna", ip="203.0.113.9", device="kit", country="XX")]
    spray = [
        _line(0.8 - n / 1000, f"person{n % 10}", ip="203.0.113.66", error="invalid_credentials")
        for n in range(1, 40)
    ]
    return [*habits, *taken, *spray]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.jsonl").write_text(
        "\n".join([*_log(), "{", '{"time":"x","event":"login"}', '{"time":1,"event":"logout"}'])
    )
    return tmp_path


def test_an_import_flags_counts_and_adds_nothing_the_second_time(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["signins", "import", "oidc", "log.jsonl", "--name", "sso", "--json"]) == Exit.FINDINGS
    found = json.loads(capsys.readouterr().out)
    assert (found["unreadable"], found["other"], found["signins"]) == (2, 1, len(_log()))
    kinds = {each["kind"] for each in found["alerts"]}
    assert {"unknown-device", "password-spraying"} <= kinds
    assert run(["signins", "import", "oidc", "log.jsonl", "--name", "sso", "--json"]) == Exit.CLEAN
    again = json.loads(capsys.readouterr().out)
    assert (again["new"], again["alerts"]) == (0, [])
    events = [entry.event for entry in query(here / ".bartizan" / "ledger", Query(kind="access.login"))]
    assert len(events) == len(found["alerts"])
    assert {event.detail["origin"] for event in events} == {"sso"}


def test_names_are_shown_to_the_owner_and_stand_nowhere_in_the_record(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["signins", "import", "oidc", "log.jsonl", "--name", "sso"])
    capsys.readouterr()
    assert run(["signins", "list"]) == Exit.FINDINGS
    said = capsys.readouterr().out
    assert "anna" in said
    assert "unknown-device" in said
    assert run(["signins", "list", "--json"]) == Exit.FINDINGS
    assert "anna" in {each["name"] for each in json.loads(capsys.readouterr().out)}
    octets = (here / ".bartizan" / "ledger" / "tree.db").read_bytes()
    assert b"anna" not in octets
    assert b"203.0.113" not in octets


def test_whoever_is_forgotten_is_nobody_s_pseudonym(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["signins", "import", "oidc", "log.jsonl", "--name", "sso"])
    assert run(["signins", "forget", "sso", "anna"]) == Exit.CLEAN
    capsys.readouterr()
    run(["signins", "list", "--json"])
    assert "anna" not in {each["name"] for each in json.loads(capsys.readouterr().out)}
    assert b"anna" not in (here / ".bartizan" / "signins.db").read_bytes().replace(b"anna-laptop", b"")


def test_what_a_stranger_typed_is_not_kept(here: Path) -> None:
    (here / "more.jsonl").write_text(
        _line(0.1, "hunter2-typed-as-name", error="user_not_found", ip="203.0.113.7")
    )
    run(["signins", "import", "oidc", "more.jsonl"])
    assert b"hunter2" not in (here / ".bartizan" / "signins.db").read_bytes()


def test_the_status_says_what_was_imported_and_that_nobody_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["signins", "import", "oidc", "log.jsonl"])
    capsys.readouterr()
    assert run(["signins", "status"]) == Exit.CLEAN
    said = capsys.readouterr().out
    assert "not watched" in said
    assert f"oidc: {len(_log())} sign-ins" in said


def test_a_log_that_is_too_long_is_refused_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    monkeypatch.setattr(signin_import, "MOST", 10)
    assert run(["signins", "import", "oidc", "log.jsonl"]) == Exit.USAGE
    assert "split it" in capsys.readouterr().err
    assert not (here / ".bartizan" / "signins.db").exists()


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x00" * 5000,
        b"[" * 100_000,
        b'{"value":' * 50_000,
        b"[{}]",
        b"\xff\xfe",
        b'[1,"x",null]',
        b"a" * 200_000,
    ],
)
def test_no_file_ends_in_a_traceback(octets: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad").write_bytes(octets)
    for form in ("oidc", "okta", "entra", "keycloak", "sshd", "kubernetes"):
        assert run(["signins", "import", form, "bad"]) == Exit.CLEAN
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_of_sign_ins_that_is_none_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / ".bartizan").mkdir(mode=0o700)
    (here / ".bartizan" / "signins.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    assert run(["signins", "import", "oidc", "log.jsonl"]) == Exit.USAGE
    assert "signins.db cannot be used" in capsys.readouterr().err


def test_a_line_from_the_future_makes_nothing_old(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "log.jsonl").write_text("\n".join([*_log(), _line(-400, "anna"), _line(-100_000, "anna")]))
    run(["signins", "import", "oidc", "log.jsonl", "--json"])
    assert json.loads(capsys.readouterr().out)["unreadable"] == 2
    run(["signins", "status", "--json"])
    assert json.loads(capsys.readouterr().out)["imported"][0]["signins"] == len(_log())


@pytest.mark.parametrize(
    "time", ["1e308", "-1e308", "-1", "-9223372036854775808", '"0001-01-01T00:00:00+00:00"']
)
def test_a_line_of_no_time_that_anything_happened_at_is_unreadable_and_stops_no_import(
    time: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "odd.jsonl").write_text(f'{{"time":{time},"event":"login","sub":"anna"}}\n{_line(1, "anna")}\n')
    assert run(["signins", "import", "oidc", "odd.jsonl", "--json"]) == Exit.CLEAN
    found = json.loads(capsys.readouterr().out)
    assert (found["signins"], found["unreadable"]) == (1, 1)
