"""Three hosts in network namespaces: a platform, and two witnesses that keep it from having two histories."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bartizan.ledger.checkpoint import parse_verifiers
from tests.e2e.conftest import COMMAND
from tests.e2e.namespaces import Host, cable, host
from tests.e2e.test_processes import confined
from tests.e2e.witnesses import PORT, Witness, witness

pytestmark = pytest.mark.slow
WAIT_S = 240


@dataclass(frozen=True, slots=True)
class Away:
    """A platform on a host of its own."""

    host: Host
    folder: Path
    state: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = (*self.host.inside, *COMMAND, *words, "--state", str(self.state))
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=240, check=False
        )

    def up(self) -> None:
        answer = self.run("up", "--detach", "--port", "0", "--no-drill")
        assert answer.returncode == 0, answer.stdout + answer.stderr

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.state / "run" / "status.json").read_text())
        return told

    def words(self) -> list[str]:
        """What each witness makes of its checkpoints."""
        return [one["word"] for one in self.status()["witnesses"]]

    def events(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("ledger", "query", "--json", "--kind", kind).stdout)
        return found

    def grow(self) -> None:
        """Make an entry."""
        assert self.run("token").returncode == 0


def until(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    for _ in range(WAIT_S * 5):
        if holds():
            return
        time.sleep(0.2)
    pytest.fail(f"not in {WAIT_S} s: {what()}")


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform that two witnesses cosign for, and a copy of its state from before they did, which may go on as well."""

    platform: Away
    fork: Away
    one: Witness
    two: Witness


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-")))
        here = host(stack, "platform")
        witnesses = []
        for at, name in enumerate(("one", "two"), 1):
            there = host(stack, name)
            _, address = cable(here, there, f"10.93.{at}", f"bz{at}")
            witnesses.append(witness(stack, folder, name, address, there.inside, PORT))
        (folder / "bartizan.toml").write_text("".join(one.table for one in witnesses))
        platform, fork = Away(here, folder, folder / "state"), Away(here, folder, folder / "fork")
        for each in (platform, fork):
            stack.callback(each.run, "down")
        platform.up()
        assert platform.run("down").returncode == 0
        shutil.copytree(platform.state, fork.state)
        platform.up()
        yield Scene(platform, fork, *witnesses)


def witnessed(platform: Away) -> int:
    return int(platform.status()["witnessed"])


@pytest.fixture(scope="module")
def cosigned(scene: Scene) -> Scene:
    """The same, once both have cosigned."""
    for one in (scene.one, scene.two):
        done = one.run("trust", str(scene.platform.state / "ledger" / "keys.pub"))
        assert done.returncode == 0, done.stderr
    until(lambda: witnessed(scene.platform) > 0, scene.platform.status)
    return scene


def test_a_platform_whose_witnesses_do_not_know_it_says_so_and_runs(scene: Scene) -> None:
    until(lambda: scene.platform.words() == ["unknown", "unknown"], scene.platform.status)
    said = scene.platform.run("status").stdout
    assert "NOTHING YET (2 of 2 must cosign)" in said
    assert "give its operator ledger/keys.pub" in said
    (feeder,) = (one for one in scene.platform.status()["processes"] if one["kind"] == "feeder")
    assert confined(feeder)


def test_what_both_have_cosigned_a_stranger_verifies_with_their_keys_alone(cosigned: Scene) -> None:
    before = witnessed(cosigned.platform)
    cosigned.platform.grow()
    until(lambda: witnessed(cosigned.platform) > before, cosigned.platform.status)
    assert cosigned.platform.words() == ["cosigned", "cosigned"]
    until(lambda: bool(cosigned.platform.events("ledger.checkpoint.witnessed")), cosigned.platform.status)
    (event,) = cosigned.platform.events("ledger.checkpoint.witnessed")
    assert (event["outcome"], event["control"], event["detail"]["count"]) == ("done", "ledger.intact", 2)
    verified = cosigned.platform.run("ledger", "verify")
    assert verified.returncode == 0, verified.stdout
    assert " entries, by one.example.com/w, two.example.com/w\n" in verified.stdout
    assert "their keys are those that bartizan.toml names" in verified.stdout
    exported = cosigned.platform.folder / "exported"
    done = cosigned.platform.run("ledger", "export", str(exported))
    assert done.returncode == 0, done.stderr
    verified = subprocess.run(
        [
            *(sys.executable, "-I", str(exported / "verify_ledger.py"), str(exported)),
            *("--keys", str(cosigned.platform.state / "ledger" / "keys.pub")),
            *("--witness", str(cosigned.one.keys), "--witness", str(cosigned.two.keys)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "by one.example.com/w, two.example.com/w" in verified.stdout


def test_a_witness_that_is_away_keeps_the_other_from_nothing_and_catches_up(cosigned: Scene) -> None:
    assert cosigned.two.stop() == 0
    try:
        cosigned.platform.grow()
        until(lambda: cosigned.platform.words() == ["cosigned", "unreachable"], cosigned.platform.status)
        before, whole = cosigned.one.size(), witnessed(cosigned.platform)  # what was on its way has arrived
        cosigned.platform.grow()
        until(lambda: cosigned.one.size() > before, cosigned.platform.status)
        assert "NOT ANSWERING" in cosigned.platform.run("status").stdout
        assert witnessed(cosigned.platform) == whole
    finally:
        cosigned.two.start()
    until(lambda: witnessed(cosigned.platform) > whole, cosigned.platform.status)
    assert cosigned.platform.words() == ["cosigned", "cosigned"]


def test_an_older_copy_that_goes_on_is_rolled_back_and_then_a_split_view_and_never_cosigned(
    cosigned: Scene,
) -> None:
    for _ in range(4):
        cosigned.platform.grow()
    ahead = cosigned.fork  # its tree has fewer entries than the witnesses have seen, and ends elsewhere
    until(
        lambda: cosigned.one.size() == cosigned.two.size() == cosigned.platform.status()["entries"],
        cosigned.platform.status,
    )
    seen = cosigned.one.size()
    ahead.up()
    until(lambda: ahead.words() == ["rolled-back", "rolled-back"], ahead.status)
    rolled = ahead.run("status")
    assert rolled.returncode == 1
    assert "ROLLED BACK: it has seen more entries than this ledger has" in rolled.stdout
    for _ in range(2 * seen):
        if ahead.status()["entries"] > seen + 2:
            break
        ahead.grow()
    until(lambda: ahead.words() == ["split-view", "split-view"], ahead.status)
    said = ahead.run("status")
    assert said.returncode == 1
    assert "SPLIT VIEW: it has seen another history under this ledger's keys" in said.stdout
    assert witnessed(ahead) == 0
    assert not (ahead.state / "ledger" / "cosigned" / "witnessed").exists()
    until(lambda: len(ahead.events("ledger.checkpoint.refused")) >= 4, ahead.status)
    found = ahead.events("ledger.checkpoint.refused")
    assert {(one["outcome"], one["control"]) for one in found} == {("found", "ledger.intact")}
    assert {(one["subject"], one["detail"]["reason"]) for one in found} == {
        (name, reason) for name in ("one", "two") for reason in ("rolled-back", "split-view")
    }
    assert ahead.run("down").returncode == 0
    # and each witness has it as evidence, under the ledger's own keys
    keys = parse_verifiers((cosigned.platform.state / "ledger" / "keys.pub").read_bytes())
    for one in (cosigned.one, cosigned.two):
        evidence = one.show()["evidence"]
        assert evidence
        for kept in evidence:
            point = keys.open(kept["request"].partition("\n\n")[2].encode())
            assert point.size == kept["size"] >= keys.open(kept["seen"].encode()).size
        assert "is signed by" in one.said()


def test_the_history_that_was_cosigned_goes_on_being_so(cosigned: Scene) -> None:
    before = witnessed(cosigned.platform)
    cosigned.platform.grow()
    until(lambda: witnessed(cosigned.platform) > before, cosigned.platform.status)
    assert cosigned.platform.words() == ["cosigned", "cosigned"]
    assert cosigned.platform.run("status").returncode == 0


def test_a_witness_whose_memory_is_lost_does_not_answer(cosigned: Scene) -> None:
    assert cosigned.two.stop() == 0
    memory = cosigned.two.keys.with_name("witness.db")
    kept = memory.read_bytes()
    memory.unlink()
    refused = cosigned.two.run("serve", "--listen", f"{cosigned.two.address}:{cosigned.two.port}")
    assert refused.returncode == 3
    assert "retire its keys" in refused.stderr
    assert not memory.exists()
    again = cosigned.two.run("init", "two.example.com/w", "--host", cosigned.two.address)
    assert again.returncode == 3
    memory.write_bytes(kept)
