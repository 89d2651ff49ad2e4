"""Code that runs inside a gateway worker reads no key, reaches no socket, and alters no record.

Each attack is carried out by a worker of a whole platform, once as shipped, once with Landlock off, once with
the system-call filter off. The filter alone refuses every one; what Landlock holds by itself is named.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from bartizan.isolation.kernel import landlock_version

pytestmark = pytest.mark.slow

INSIDE = Path(__file__).with_name("inside.py")


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, Mapping[str, str]]:
    """Return what came of each attack, by layers and attack."""
    return {layers: carry_out(layers) for layers in ("all", "no-landlock", "no-seccomp")}


@cache
def carry_out(layers: str) -> Mapping[str, str]:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        state = Path(folder, "state")
        command = [sys.executable, "-I", str(INSIDE), layers, "bartizan"]
        where = ["--state", str(state)]
        up = [*command, "up", "--detach", "--no-drill", "--port", "0", *where]
        started = subprocess.run(up, capture_output=True, text=True, timeout=240, cwd=folder, check=False)
        assert started.returncode == 0, started.stderr
        try:
            assert serves(state / "run" / "status.json")
            log = (state / "run" / "platform.log").read_text()
        finally:
            subprocess.run(
                [*command, "down", *where], capture_output=True, timeout=240, cwd=folder, check=True
            )
    lines = [line.partition("ATTACK ")[2] for line in log.splitlines() if "ATTACK " in line]
    assert "end" in lines
    return gathered(line.partition(":")[0] for line in lines)


def serves(status: Path) -> bool:
    """Return whether a worker serves, or does once the one that an attack ended was replaced."""
    for _ in range(600):
        told = json.loads(status.read_text())
        if any(process["state"] == "serving" for process in told["processes"]):
            return True
        time.sleep(0.1)
    return False


def gathered(lines: Iterable[str]) -> Mapping[str, str]:
    """Return what came of each attack; what one worker was allowed counts, whatever another was refused.

    The spare carries them out too, on the same listener: what the first did to it cannot always be done again.
    """
    outcomes: dict[str, str] = {}
    for came, _, attack in (line.partition(" ") for line in lines):
        if outcomes.get(attack) != "ALLOWED":
            outcomes[attack] = came
    return outcomes


def allowed(outcome: Mapping[str, str]) -> set[str]:
    return {attack for attack, came in outcome.items() if came == "ALLOWED"}


def test_every_attack_was_carried_out(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    assert len(outcomes["all"]) > 50
    assert set(outcomes["all"]) == set(outcomes["no-landlock"])
    assert set(outcomes["all"]) - set(outcomes["no-seccomp"]) == {"end the supervisor"}


def test_a_confined_worker_can_do_none_of_it(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    assert allowed(outcomes["all"]) == set()


def test_the_filter_alone_refuses_all_of_it(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    assert allowed(outcomes["no-landlock"]) == set()


def test_landlock_alone_keeps_every_file(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    if landlock_version() == 0:
        pytest.skip("this kernel has no Landlock")
    files = {"tree", "store", "key", "passwd", "segment", "generation", "state", "reopen"}
    through = {attack for attack in allowed(outcomes["no-seccomp"]) if files & set(attack.split())}
    assert through == set()


def test_what_landlock_does_not_see_is_known(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    """Modes, UDP, pairs, io_uring, own descriptors: for these there is only the filter."""
    if landlock_version() == 0:
        pytest.skip("this kernel has no Landlock")
    assert {"change a mode", "datagram pair"} <= allowed(outcomes["no-seccomp"])


def test_without_the_filter_some_attacks_get_through(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    """So the attacks are real, and the filter is what refuses them."""
    assert {"UDP", "datagram pair", "truncate the journal", "io_uring"} & allowed(outcomes["no-seccomp"])


def test_what_a_worker_could_do_to_the_listener_it_could_do_without_the_filter(
    outcomes: Mapping[str, Mapping[str, str]],
) -> None:
    """It would outlive the worker: the listener is every worker's."""
    on_listener = {
        "make the listener block",
        "bind the listener to a device",
        "shut the listener",
        "double the listener",
    }
    assert on_listener <= allowed(outcomes["no-seccomp"])


def test_a_confined_worker_can_still_start_threads(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    assert outcomes["all"]["runs"] == "thread"
