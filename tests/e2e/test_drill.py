"""The drill on real platforms: on a sound one, and on one weakened for each attack."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from bartizan.drill import attacks
from bartizan.drill.attack import Attack, Stage, discover
from tests.crossed import crossed
from tests.e2e.conftest import Platform, Start, bartizan

EVERY = discover(attacks)
VERDICTS = dict.fromkeys(EVERY, "held")
STANDINGS = {attack.control: "PROVEN" for attack in EVERY.values()}
"""How the attacks on a sound platform end, and what that says of each control that is attacked."""
GROUPS = crossed(tuple(EVERY.values()))
TESTS = Path(__file__).parents[1]
LONGEST_S = 480
INJECTION = "threats.prompt-injection"
ON_SAMPLE = ("secret-asked-for", "secret-encoded")
"""Attacks on the guard that end at the sample itself."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Ran:
    """What one start-drill-stop came to."""

    code: int
    drill: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        return {attack["attack"]: attack["verdict"] for attack in self.drill["attacks"]}

    @property
    def standings(self) -> dict[str, str]:
        return {control["control"]: control["standing"] for control in self.drill["controls"]}

    def said(self, attack: str) -> str:
        return str(next(one["said"] for one in self.drill["attacks"] if one["attack"] == attack))


def once(folder: Path, *command: str) -> Ran:
    """Start a platform with nothing configured, drill it, stop it; its state lies in this folder."""
    words = ("up", "--once", "--json", "--port", "0", "--state", f"{folder}/state")
    answer = subprocess.run(
        (*command, *words),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert answer.returncode in (0, 1, 3), answer.stderr
    return Ran(answer.returncode, json.loads(answer.stdout)["drill"])


@pytest.fixture
def short() -> Iterator[Path]:
    """Yield a folder of a short name, as sockets need it, in which nobody else has anything."""
    with tempfile.TemporaryDirectory(prefix="bartizan-") as name:
        yield Path(name)


def test_on_a_sound_platform_every_attack_is_held(short: Path) -> None:
    """And what was found is shown when the platform is gone."""
    sound = once(short, sys.executable, "-I", "-m", "bartizan")
    assert sound.verdicts == VERDICTS, [sound.said(name) for name in EVERY]
    assert sound.standings == STANDINGS
    assert sound.code == 0
    assert sound.drill["counts"]["BROKEN"] == 0
    assert sound.drill["counts"]["PROVEN"] >= 1
    shown = json.loads(bartizan("status", "--json", "--state", f"{short}/state", folder=short).stdout)
    assert shown["platform"] is None
    assert shown["counts"] == sound.drill["counts"]


@pytest.mark.parametrize("attacks", GROUPS, ids=lambda group: "+".join(attack.name for attack in group))
def test_a_weakness_breaks_exactly_the_row_of_its_attack(attacks: tuple[Attack, ...], short: Path) -> None:
    """Several at once, in groups of which no two weaknesses share more than one (tests/crossed.py)."""
    names = ",".join(attack.weakening for attack in attacks)
    weak = once(short, sys.executable, "-I", str(TESTS / "weakened.py"), names, "bartizan")
    broken = {attack.name: "broken" for attack in attacks}
    expected = VERDICTS | broken
    wrong = [weak.said(name) for name, verdict in weak.verdicts.items() if verdict != expected[name]]
    assert weak.verdicts == expected, wrong
    assert weak.standings == STANDINGS | {attack.control: "BROKEN" for attack in attacks}
    assert weak.code == 1


def test_a_required_control_that_is_not_proven_ends_with_one(shared_platform: Platform) -> None:
    assert shared_platform.run("drill", "token-missing", "--require", "ledger.intact").returncode == 1
    assert shared_platform.run("drill", "ledger.intact", "--require", "ledger.intact").returncode == 0


def test_only_the_attacks_that_are_named_run(shared_platform: Platform) -> None:
    told = json.loads(shared_platform.run("drill", "flood", "token-missing", "--json").stdout)
    assert {attack["attack"] for attack in told["attacks"]} == {"flood", "token-missing"}


def test_a_name_that_fits_no_attack_is_refused_with_what_is_known(shared_platform: Platform) -> None:
    answer = shared_platform.run("drill", "no-such-attack")
    assert answer.returncode == 2
    assert "token-missing" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_without_a_platform_nothing_is_judged(tmp_path: Path) -> None:
    answer = subprocess.run(
        (sys.executable, "-I", "-m", "bartizan", "drill", "--state", str(tmp_path / "state")),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert answer.returncode == 3
    assert "bartizan up" in answer.stderr


class Upstream(ThreadingHTTPServer):
    """A service of a user, which counts what reaches it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counting)
        self.reached = 0

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Counting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Upstream)
        self.server.reached += 1
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def configured(upstream: Upstream) -> str:
    return (
        f'[[service]]\nname = "assistant"\nupstream = "http://{upstream.authority}"\n'
        f'allow_private = ["{upstream.authority}"]\n'
    )


def test_attacks_end_at_the_sample_or_at_the_service_that_is_named_and_never_at_its_upstream(
    platform: Start, upstream: Upstream
) -> None:
    running = platform(configuration=configured(upstream))
    told = json.loads(running.run("drill", "--json").stdout)
    assert told["service"] == "sample"
    assert {attack["attack"] for attack in told["attacks"]} == {*EVERY}
    assert told["counts"]["BROKEN"] == 0
    assert upstream.reached == 0

    answer = running.run("drill", "--target", "assistant", "--json")
    told = json.loads(answer.stdout)
    assert answer.returncode == 0, answer.stdout
    assert told["service"] == "assistant"
    ran = {attack["attack"] for attack in told["attacks"]}
    assert ran == {name for name, attack in EVERY.items() if attack.stage is not Stage.SAMPLE}
    assert {attack["verdict"] for attack in told["attacks"]} == {"held"}
    assert upstream.reached == 0


def test_a_service_that_is_not_configured_is_no_target(shared_platform: Platform) -> None:
    answer = shared_platform.run("drill", "--target", "elsewhere")
    assert answer.returncode != 0
    assert "sample" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_drill_leaves_no_twin_behind(platform: Start, short: Path) -> None:
    """Neither when it ends, nor when it is killed in the middle."""
    running = platform(environment={"TMPDIR": str(short)})
    assert running.run("drill", "ledger.intact").returncode == 0
    assert twins(short) == 0
    drill = subprocess.Popen(
        (sys.executable, "-I", "-m", "bartizan", "drill", "--state", str(running.state)),
        cwd=running.folder,
        env={**os.environ, **running.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: twins(short) > 0 or drill.poll() is not None, LONGEST_S)
    ended = drill.poll()
    drill.kill()
    _, said = drill.communicate(timeout=LONGEST_S)
    assert ended is None, said
    wait_until(lambda: twins(short) == 0)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return once something is true; fail where it does not become so."""
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not become so in time")


def twins(within: Path) -> int:
    """Return how many processes have open what lies in a throw-away platform's folder, of those one may look into.

    Without root that is the supervisor alone; no process outlives it.
    """
    found = 0
    for process in Path("/proc").iterdir():
        try:
            opened = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
        except OSError:
            continue
        found += any(path.startswith(f"{within}/bartizan-twin-") for path in opened)
    return found


@pytest.mark.parametrize("guard", ["off", "observe", "standard", "strict"])
def test_the_sample_is_guarded_as_the_least_guarded_service_and_what_gets_through_is_said(
    guard: str, platform: Start, upstream: Upstream
) -> None:
    running = platform(
        configuration=_service("least", guard, upstream) + _service("most", "strict", upstream)
    )
    answer = running.run("drill", *ON_SAMPLE, "--json", "--require", INJECTION)
    told = json.loads(answer.stdout)
    verdicts = {attack["attack"]: attack["verdict"] for attack in told["attacks"]}
    enforced = guard in {"standard", "strict"}
    assert verdicts == dict.fromkeys(ON_SAMPLE, "held" if enforced else "not protected")
    assert answer.returncode == (0 if enforced else 1)
    shown = json.loads(running.run("explain", INJECTION, "--json").stdout)
    assert ("not protected: secret-asked-for got through" in json.dumps(shown)) is not enforced
    assert upstream.reached == 0


def _service(name: str, guard: str, upstream: Upstream) -> str:
    return (
        f'[[service]]\nname = "{name}"\nupstream = "http://{upstream.authority}/v1"\n'
        f'allow_private = ["{upstream.authority}"]\nguard = "{guard}"\n'
    )
