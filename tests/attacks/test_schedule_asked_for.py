"""Somebody who may ask the gateway things, but owns nothing, has the platform run what it runs by itself.

A run takes processor time and, for the drill, attacks the platform. Nobody but the owner may start one: not over the
authorization server that every principal reaches, and not as another user of this machine.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.http.platform import Control
from tests.http.runs import AUDIT, DRILL, LAUNCH, began, children
from tests.http.stranger import answered

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with (
        TemporaryDirectory(prefix="bartizan-") as name,
        Control(Path(name, "s"), schedules=(AUDIT, DRILL), launch=LAUNCH) as running,
    ):
        yield running


def nothing_ran(control: Control) -> bool:
    return (
        "platform.schedule.started" not in control.kinds()
        and children(control.process.pid) == []
        and began(control, "audit") == began(control, "drill") == 0
    )


@pytest.mark.parametrize(
    "path",
    [
        "/admin/v1/schedules/audit/runs",
        "/admin/v1/schedules",
        "/admin/v1/schedules/drill/runs/",
        "//admin/v1/schedules/audit/runs",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_principals_reach_knows_no_schedules(control: Control, path: str, method: str) -> None:
    token = control.ask("POST", "/admin/v1/tokens", {"audience": "bartizan:control"}).json["access_token"]
    for headers in ((), (("Authorization", f"Bearer {token}"),)):
        assert control.ask(method, path, headers=headers, of="control").status == 404
    assert nothing_ran(control)


def test_another_user_starts_nothing_although_the_socket_stands_open(control: Control) -> None:
    for path in (
        control.folder.owner_socket,
        control.folder.run,
        control.folder.root,
        control.folder.root.parent,
    ):
        path.chmod(0o777)  # as if the folder's protection had failed
    assert answered(control.folder.owner_socket, "/admin/v1/schedules/audit/runs") == 0
    assert nothing_ran(control)
