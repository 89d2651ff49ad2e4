"""Verdicts of the guard without proxying, from a real platform."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e.conftest import Platform, start
from tests.e2e.test_upstream import ask

pytestmark = pytest.mark.slow

KEY = "AKIAUJZDEGXDNCF32EPF"


@pytest.fixture(scope="module")
def judging() -> Iterator[Platform]:
    """A platform without a service, so without a guard, that gives verdicts."""
    with ExitStack() as stack:
        yield start(stack, configuration="[judge]\nenabled = true\n")


def judge(platform: Platform, **body: object) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, fields, answer = ask(platform, "/v1/judge", body)
    return status, fields, json.loads(answer)


def test_one_text_gets_its_verdict(judging: Platform) -> None:
    status, fields, said = judge(judging, text=f"my key is {KEY}", channel="user")
    assert (status, fields["content-type"]) == (200, "application/json")
    (found,) = said["findings"]
    assert (said["action"], said["score"], said["whole"]) == ("redact", 0.0, True)
    assert (found["kind"], found["rule"], found["action"]) == ("secret", "aws-access-key-id", "redact")
    assert (found["start"], found["end"]) == (10, 30)
    recorded = judging.record(fields["x-request-id"], "threats.signal.found")
    assert (recorded["detail"]["service"], recorded["detail"]["action"]) == ("judge", "redact")
    admitted = judging.record(fields["x-request-id"], "gateway.request.admitted")
    assert (admitted["detail"]["action"], admitted["detail"]["service"]) == ("judge", "judge")
    completed = judging.record(fields["x-request-id"], "gateway.request.completed")
    assert (completed["outcome"], completed["detail"]["status"]) == ("done", 200)
