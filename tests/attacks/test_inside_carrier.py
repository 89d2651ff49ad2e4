"""Code that runs inside the shipper, the feeder, the exporter, the inspector or what serves workloads reads no key, alters no record and asks nobody as the owner.

Each attack runs in a process that is confined to the very reach that the real one has, of a state folder with
everything in it, once as shipped, once with Landlock off. What the filter alone does not refuse is named.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bartizan.isolation.kernel import landlock_version
from tests.attacks.carried import CARRIERS

INSIDE = Path(__file__).with_name("carried.py")
LANDLOCK_ALONE = {
    "read a key",
    "read the store",
    "read a file of the machine",
    "read another process's environment",
    "read what is besides the state",
    "alter the tree",
    "alter the checkpoint",
    "plant a segment",
    "remove the tree",
    "connect to another port",
}
"""What the filter cannot tell from what a carrier does: it sees calls, and not which path or port they are for."""
ABI_OF_TCP = 4


def carried_out(carrier: str, layers: str, folder: Path) -> Mapping[str, str]:
    """Return what came of each attack, on a state folder as a platform would have it."""
    root = folder / "state"
    for name in ("keys", "ledger/segments", "ledger/cosigned", "connectors", "run"):
        (root / name).mkdir(parents=True)
    for path in ("keys/token.pem", "store.db", "ledger/tree.db", "ledger/checkpoint", "../beside"):
        (root / path).write_bytes(b"secret")
    words = [sys.executable, str(INSIDE), carrier, layers, str(root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert len(found) > 25
    return found


@pytest.mark.skipif(landlock_version() == 0, reason="this kernel has no Landlock")
@pytest.mark.parametrize("carrier", CARRIERS)
def test_whoever_takes_a_carrier_over_gets_no_further(carrier: str, tmp_path: Path) -> None:
    found = carried_out(carrier, "all", tmp_path)
    if landlock_version() < ABI_OF_TCP:
        found = {name: what for name, what in found.items() if name != "connect to another port"}
    assert {name for name, what in found.items() if what == "ALLOWED"} == set()


@pytest.mark.parametrize("carrier", CARRIERS)
def test_without_landlock_the_filter_alone_keeps_it_from_programs_processes_and_the_owner(
    carrier: str, tmp_path: Path
) -> None:
    found = carried_out(carrier, "no-landlock", tmp_path)
    assert {name for name, what in found.items() if what == "ALLOWED"} <= LANDLOCK_ALONE
