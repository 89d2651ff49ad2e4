"""With `durability = "every"` a confined worker waits for the disk, on a thread of its own, and serves."""

import json
import ssl
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.conftest import Platform, Start

BODY = json.dumps({"model": "sample", "messages": [{"role": "user", "content": "hi"}]}).encode()


def ask(platform: Platform, token: str) -> str:
    """Return the request's id, once it is answered."""
    asked = urllib.request.Request(  # noqa: S310 - our own gateway
        f"{platform.url}/v1/chat/completions",
        BODY,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=platform.authority)
    with urllib.request.urlopen(asked, context=context, timeout=60) as answer:  # noqa: S310 - our own gateway
        assert answer.status == 200
        return str(answer.headers["x-request-id"])


@pytest.mark.slow
@pytest.mark.parametrize(("durability", "threads"), [("group", 1), ("every", 2)])
def test_requests_are_recorded_as_durably_as_configured(
    platform: Start, durability: str, threads: int
) -> None:
    there = platform(configuration=f'[ledger]\ndurability = "{durability}"\n')
    token = there.token()
    names = [ask(there, token) for _ in range(5)]
    (worker,) = [one for one in there.status()["processes"] if one["state"] == "serving"]
    assert worker["seccomp"]
    assert len(list(Path(f"/proc/{worker['pid']}/task").iterdir())) == threads
    for name in names:
        assert there.record(name, "gateway.request.completed")["detail"]["status"] == 200
