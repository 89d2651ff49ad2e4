"""Whether there are verdicts, by the configuration: off where nothing is said, and what its keys may not say together."""

from pathlib import Path

import pytest

from bartizan.app import platform
from bartizan.app.guarding import guards
from bartizan.app.plan import JUDGE, Plan
from bartizan.app.settings import read
from bartizan.app.weakness import weaknesses
from bartizan.config import ConfigurationInvalid

PUBLIC = 'listen = "203.0.113.7:8443"\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "bartizan.toml"
    file.write_text(text)
    return file


def planned(folder: Path, text: str) -> Plan:
    return platform.plan(read(written(folder, text), folder), folder / "state")


def test_there_are_none_where_nothing_is_said(tmp_path: Path) -> None:
    assert planned(tmp_path, "").judge is None
    assert JUDGE not in {service.name for service in planned(tmp_path, "").upstreams}


def test_they_are_a_service_that_nobody_dials_and_that_has_no_guard_of_its_own(tmp_path: Path) -> None:
    plan = planned(tmp_path, "[judge]\nenabled = true\nlimits = { requests_per_minute = 7 }\n")
    assert plan.judge is not None
    assert (plan.judge.requests_per_minute, plan.judge.bound) == (7, False)
    assert plan.upstreams[0].name != JUDGE
    assert JUDGE not in {service.name for service in plan.dialled}
    assert JUDGE not in guards(plan).services


@pytest.mark.parametrize(("more", "bound"), [("", True), ('binding = "device"\n', True)])
def test_beyond_loopback_only_bound_tokens_get_them(tmp_path: Path, more: str, *, bound: bool) -> None:
    judge = planned(tmp_path, f"{PUBLIC}[judge]\nenabled = true\n{more}").judge
    assert judge is not None
    assert (judge.bound, judge.device) == (bound, "device" in more)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[judge]\nbinding = "required"\n', "judge.enabled: must be true"),
        (f'{PUBLIC}[judge]\nenabled = true\nbinding = "optional"\n', "judge.binding: may be"),
        ("[judge]\nenable = true\n", "judge.enable"),
        (
            '[[service]]\nname = "judge"\nupstream = "https://api.example.com"\n',
            "is a name of Bartizan's own",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid) as fault:
        read(written(tmp_path, text), tmp_path)
    assert said in str(fault.value)


def test_that_bound_tokens_are_not_wanted_is_weak_and_said(tmp_path: Path) -> None:
    weak = read(written(tmp_path, '[judge]\nenabled = true\nbinding = "optional"\n'), tmp_path).sections
    assert any("judge" in said for said in weaknesses(weak))
    assert not any("judge" in said for said in weaknesses(read(written(tmp_path, ""), tmp_path).sections))
