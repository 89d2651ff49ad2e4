"""A credential whose file changes is read again, and nothing worse than the known one is ever taken."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from bartizan.app.credentials import Watched, credential, renewed
from bartizan.app.plan import MAIN, Limiter, Plan, Service, Target, Traces
from bartizan.app.tracing import Exporting
from bartizan.config import SecretMissing
from bartizan.traces.otlp import Teller

FIRST, SECOND = "sk-first-0123456789", "sk-second-0123456789"


def write(file: Path, text: str, mode: int = 0o600) -> None:
    """Put a file in another's place, as whoever rotates a secret does."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "key"
    write(found, FIRST + "\n")
    return found


def watched(file: Path, protocol: str = "openai") -> Watched:
    return Watched(str(file), protocol, credential(f"file:{file}", protocol, Path("/")))


def test_nothing_that_holds_a_secret_shows_it(file: Path) -> None:
    target = Target(credential=FIRST)
    limiter = Limiter(Service("limiter", "valkey", (target,)), key=FIRST)
    traces = Traces("h", 1, tls=False, path="/", credential=FIRST)
    plan = Plan(
        "/", (), services=(Service("a", "openai", (target,)),), limiter=limiter, traces=traces, binding=FIRST
    )
    telling = Exporting(Teller("", "", tls=False, places={}), traces, ())
    for one in (
        target,
        limiter,
        traces,
        plan,
        plan.services,
        telling,
        watched(file),
        replace(plan, edge_secret=FIRST),
    ):
        assert FIRST not in f"{one!r} {one}"


def test_who_connects_is_told_whereto_and_nothing_of_what_is_presented_there() -> None:
    target = Target("main", "a.example", 443, tls=True, credential=FIRST, allowed=("a.example:443",))
    password = Limiter(Service("limiter", "valkey", (replace(target, host="l.example"),)), key=FIRST)
    guarded = (Service("reports", "ext-authz"),)
    told = Plan(
        "/", (), services=(Service("a", "openai", (target,)),), limiter=password, edge=guarded
    ).dialled
    assert FIRST.encode() not in msgspec.json.encode(told)
    assert [service.name for service in told] == ["a", "sample", "control", "limiter"]
    assert told[0].targets == (Target("main", "a.example", 443, allowed=("a.example:443",)),)
    assert told[3].targets[0].host == "l.example"


def test_a_file_that_stays_gives_nothing_new(file: Path) -> None:
    one = watched(file)
    assert [one.renewed() for _ in range(4)] == [""] * 4


@pytest.mark.parametrize(("protocol", "prefix"), [("openai", "Bearer "), ("anthropic", ""), ("azure", "")])
def test_a_new_content_is_taken_once_it_has_settled(file: Path, protocol: str, prefix: str) -> None:
    one = watched(file, protocol)
    assert [one.renewed() for _ in range(2)] == ["", ""]
    write(file, SECOND)
    assert one.renewed() == ""  # it may be written still
    assert one.renewed() == prefix + SECOND
    assert one.renewed() == ""


def test_a_file_that_is_being_written_is_not_taken_by_half(file: Path) -> None:
    one = watched(file)
    for end in range(4, len(SECOND)):
        file.write_text(SECOND[:end])
        assert one.renewed() == ""
    assert one.renewed() == "Bearer " + SECOND[: len(SECOND) - 1]


@pytest.mark.parametrize("spoil", ["gone", "empty", "shared", "spaces"])
def test_what_cannot_be_used_changes_nothing_and_is_told_without_the_secret(file: Path, spoil: str) -> None:
    one = watched(file)
    assert [one.renewed() for _ in range(2)] == ["", ""]
    match spoil:
        case "gone":
            file.unlink()
        case "empty":
            write(file, "")
        case "shared":
            write(file, SECOND, 0o644)
        case _:
            write(file, f"{SECOND} {SECOND}")
    assert one.renewed() == ""
    with pytest.raises(SecretMissing) as told:
        one.renewed()
    assert SECOND not in str(told.value)
    assert one.known == f"Bearer {FIRST}"
    write(file, SECOND)
    assert [one.renewed() for _ in range(2)] == ["", f"Bearer {SECOND}"]


def test_a_plan_gets_the_credential_of_the_named_target_alone() -> None:
    targets = (Target(credential="old"), Target("eu", credential="old"))
    plan = Plan("x", (), services=(Service("a", "openai", targets), Service("b", "openai")))
    first = renewed(plan, ("a", MAIN), "new")
    assert [[target.credential for target in one.targets] for one in first.services] == [["new", "old"], [""]]
    second = renewed(plan, ("a", "eu"), "new")
    assert [[target.credential for target in one.targets] for one in second.services] == [
        ["old", "new"],
        [""],
    ]
