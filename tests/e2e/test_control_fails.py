"""A control that breaks lets nobody through, and the owner finds which one, by what, and where; a client does not."""

import json
import re
from typing import Final

import pytest

from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Start
from tests.e2e.test_processes import CHAT, asking, query, until

pytestmark = [pytest.mark.slow, pytest.mark.sources]

MODULE: Final = "bartizan.access.controls.request_authenticated"
CONTROL: Final = "access.request-authenticated"
ASKED: Final = 40


def told(running: conftest.Platform) -> str:
    return (running.state / "run" / "platform.log").read_text()


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    command = adjusted.command(**{MODULE.replace(".", "__"): {"_STANDING": None}})
    monkeypatch.setattr(conftest, "COMMAND", command)


def test_a_control_that_breaks_is_told_to_its_owner_by_name_kind_and_place(platform: Start) -> None:
    running = platform()
    token = running.token()
    for _ in range(ASKED):
        with asking(running, token, CHAT) as answer:
            said = answer.read().decode()
            assert answer.status == 503
        assert "this check could not be made" in json.loads(said)["error"]["message"]
        assert "AttributeError" not in said
    lines = until(lambda: [line for line in told(running).splitlines() if CONTROL in line])
    log = told(running)
    place = rf"the control {re.escape(CONTROL)} failed: AttributeError in {re.escape(MODULE)}:[0-9]+ < "
    assert lines
    assert all(re.search(place, line) for line in lines)
    assert len(lines) < ASKED / 2  # some at once, then some a minute
    assert token not in log
    assert "NoneType" not in log  # of what the error says
    recorded = until(lambda: query(running, "--kind", "gateway.request.refused", "--control", CONTROL))
    assert {(event["detail"]["reason"], event["outcome"]) for event in recorded} == {
        ("control-failed", "failed")
    }
