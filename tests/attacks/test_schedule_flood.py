"""Somebody asks for the same run again and again, to take the processors and to fill the record.

One run of a kind at a time, a refusal starts nothing and leaves nothing on record, and tokens are issued meanwhile.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bartizan.app.plan import Schedule
from tests.http.platform import Control
from tests.http.runs import AUDIT, DRILL, LAUNCH, began, children, let_go, shown, until

pytestmark = pytest.mark.slow

MANY = tuple(Schedule(f"drill{number}", "drill", 86_400) for number in range(20))


@pytest.fixture
def control() -> Iterator[Control]:
    with (
        TemporaryDirectory(prefix="bartizan-") as name,
        Control(Path(name, "s"), schedules=(AUDIT, DRILL, *MANY), launch=LAUNCH) as running,
    ):
        yield running


def test_one_run_of_a_kind_however_many_ask_under_however_many_names(control: Control) -> None:
    names = ["audit", "drill", *(each.name for each in MANY)] * 10
    with ThreadPoolExecutor(32) as callers:
        asked = callers.map(
            lambda name: control.ask("POST", f"/admin/v1/schedules/{name}/runs").status, names
        )
        tokens = callers.map(lambda _: control.ask("POST", "/admin/v1/tokens").status, range(50))
        assert sorted(asked) == [202] * 2 + [409] * (len(names) - 2)
        assert set(tokens) == {200}
    until(lambda: began(control, "audit") == began(control, "drill") == 1)
    assert len(children(control.process.pid)) == 2
    assert control.kinds().count("platform.schedule.started") == 2
    let_go(control, "audit")
    until(lambda: not shown(control, "audit")["running"])
    assert control.ask("POST", "/admin/v1/schedules/audit/runs").status == 202
