"""What the file says of bounds is what a worker keeps to; and no bound can be taken away."""

from pathlib import Path

import pytest

from bartizan.app import settings
from bartizan.app.plan import Plan
from bartizan.app.platform import plan
from bartizan.app.route_plan import patience_of, route_of
from bartizan.clock import SECOND, Nanoseconds
from bartizan.config import ConfigurationInvalid
from bartizan.gateway.bounds import ANSWERS_OCTETS, CONNECTIONS
from bartizan.gateway.ports import Patience
from bartizan.gateway.service import ServiceLimits

SERVICE = '[[service]]\nname = "a"\nupstream = "http://127.0.0.1:9"\nallow_private = ["127.0.0.1:9"]\n'
BOUNDS = {
    "bounds": {"connections": 100, "head_seconds": 2, "body_seconds": 3, "idle_seconds": 4, "stall_seconds": 5, "answer_octets": 16 << 20},
    "service.bounds": {"body_octets": 2048, "connections": 7, "waiting": 8, "answer_seconds": 9, "gap_seconds": 10},
}  # fmt: skip


def planned(folder: Path, text: str) -> Plan:
    file = folder / "bartizan.toml"
    file.write_text(text)
    return plan(settings.read(file, folder), folder)


def said(section: str, **keys: int) -> str:
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return f"{SERVICE}[{section}]\n{lines}"


def test_without_a_word_the_bounds_are_those_of_the_gateway(tmp_path: Path) -> None:
    usual = planned(tmp_path, SERVICE)
    assert patience_of(usual.bounds) == Patience()
    assert route_of(usual.services[0]).limits == ServiceLimits()
    assert (usual.bounds.connections, usual.bounds.answer_octets) == (CONNECTIONS, ANSWERS_OCTETS)


def test_what_the_file_says_reaches_the_worker(tmp_path: Path) -> None:
    moved = planned(tmp_path, said("bounds", **BOUNDS["bounds"])).bounds
    assert (moved.connections, moved.answer_octets) == (100, 16 << 20)
    assert [time // SECOND for time in vars_of(patience_of(moved))] == [2, 3, 4, 5]
    service = planned(tmp_path, said("service.bounds", **BOUNDS["service.bounds"])).services[0]
    assert route_of(service).limits == ServiceLimits(
        600, 60, 2048, 7, 8, Nanoseconds(9 * SECOND), Nanoseconds(10 * SECOND)
    )


def vars_of(patience: Patience) -> list[int]:
    return [patience.head_time, patience.body_time, patience.idle_time, patience.stall_time]


@pytest.mark.parametrize("value", [-1, 2**31])
@pytest.mark.parametrize(
    ("section", "key"), [(section, key) for section, keys in BOUNDS.items() for key in keys]
)
def test_no_bound_can_be_taken_away(tmp_path: Path, section: str, key: str, value: int) -> None:
    with pytest.raises(ConfigurationInvalid) as fault:
        planned(tmp_path, said(section, **{key: value}))
    assert key in str(fault.value)
