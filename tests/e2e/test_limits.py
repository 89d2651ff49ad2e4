"""Limits on a running platform, and on two that share one server which counts for both."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Platform, start
from tests.e2e.test_upstream import CHAT, service
from tests.ports import free_port
from tests.sealed import files
from tests.valkey import PASSWORD, Papers, encrypting, papers, serving

pytestmark = pytest.mark.slow

LIMITER_PASSWORD = "LIMITER_PASSWORD"  # noqa: S105  # the name of a variable


class Asker:
    """One connection to one platform, as one principal."""

    def __init__(self, running: Platform) -> None:
        context = ssl.create_default_context(cafile=str(running.authority))
        self._connection = HTTPSConnection("localhost", running.port, timeout=60, context=context)
        self._token = running.token()

    def close(self) -> None:
        self._connection.close()

    def ask(self, **more: object) -> tuple[int, str, dict[str, str]]:
        """Return status, reason of a refusal, and header fields."""
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, **more}), head)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, said["error"]["code"] if "error" in said else "", fields


def configured(port: int, limiter: int, limits: str, shown: Papers | None = None) -> str:
    """Return a configuration; over TLS, where papers are given, with a certificate of the platform's own."""
    host = "valkeys://localhost" if shown is not None else "valkey://127.0.0.1"
    papers = (
        f'authorities = "{shown.authority}"\ncertificate = "{shown.own}"\nkey = "file:{shown.own_key}"\n'
        if shown is not None
        else ""
    )
    return (
        f'[[service]]\nname = "assistant"\nupstream = "http://localhost:{port}/v1"\n'
        f'allow_private = ["localhost:{port}"]\nlimits = {{ {limits} }}\n'
        '[[price]]\nservice = "assistant"\ninput = "100"\noutput = "100"\n'
        f'[limiter]\nurl = "{host}:{limiter}"\npassword = "env:{LIMITER_PASSWORD}"\n{papers}'
        f'allow_private = ["{host.rpartition("/")[2]}:{limiter}"]\n'
    )


@contextmanager
def two(limits: str, shown: Papers | None) -> Iterator[tuple[Platform, Platform]]:
    """Yield two platforms with folders, keys and ledgers of their own, and one limiter."""
    with ExitStack() as stack:
        limiter = free_port()
        kind = encrypting() if shown is not None else ""
        stack.enter_context(serving("--requirepass", PASSWORD, port=limiter, kind=kind, shown=shown))
        port, _ = stack.enter_context(service())
        settings = configured(port, limiter, limits, shown)
        one, other = (
            start(stack, configuration=settings, environment={LIMITER_PASSWORD: PASSWORD}) for _ in range(2)
        )
        for running in (one, other):
            until(lambda: running.status()["limiter"] == "valkey")  # noqa: B023  # called at once
        yield one, other


def until(condition: Callable[[], object]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to that")


def budgets(running: Platform) -> list[dict[str, Any]]:
    said = running.run("ledger", "query", "--json", "--kind", "gateway.budget.reached")
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


def test_two_platforms_give_a_principal_one_allowance_and_tell_of_a_budget_once(tmp_path: Path) -> None:
    """Over TLS, where each shows a certificate to the server, and the server one of a private authority."""
    # An answer has 5 tokens, which cost 500 millionths. 20 requests are one budget, whoever answers them.
    limits = 'requests_per_minute = 1000, tokens_per_minute = 1_000_000, spend_per_day = "0.01"'
    with two(limits, papers(tmp_path)) as (one, other), ExitStack() as stack:
        askers = tuple(stack.enter_context(closing(Asker(running))) for running in (one, other))
        answers = [askers[number % 2].ask(max_tokens=1) for number in range(24)]
        served = [answer for answer in answers if answer[0] == 200]
        assert 15 <= len(served) <= 20  # the last ones would cost more than is left, as expected
        assert {answer[1] for answer in answers if answer[0] != 200} == {"budget-spent"}
        assert all(int(answer[2]["retry-after"]) > 0 for answer in answers if answer[0] == 429)
        until(lambda: len(budgets(one)) + len(budgets(other)) == 3)
        told = sorted(event["detail"]["percent"] for event in (*budgets(one), *budgets(other)))
        assert told == [50, 80, 100]


def test_without_the_server_that_counts_nothing_passes_and_status_says_so() -> None:
    with ExitStack() as stack:
        limiter = free_port()
        counts = stack.enter_context(ExitStack())
        counts.enter_context(serving("--requirepass", PASSWORD, port=limiter))
        port, asked = stack.enter_context(service())
        settings = configured(port, limiter, "requests_per_minute = 1000, tokens_per_minute = 40")
        running = start(stack, configuration=settings, environment={LIMITER_PASSWORD: PASSWORD})
        until(lambda: running.status()["limiter"] == "valkey")
        asker = stack.enter_context(closing(Asker(running)))
        status, _, fields = asker.ask(max_tokens=1)
        assert (status, fields["ratelimit-policy"]) == (200, '"tokens";q=40;w=60;qu="tokens"')
        assert asker.ask(max_tokens=4000)[1] == "limit-too-small"
        until(lambda: asker.ask(max_tokens=1)[1] == "tokens-rate")
        served = len(asked)

        counts.close()  # whoever counts is gone: nothing passes any more, and status says why
        until(lambda: asker.ask(max_tokens=1)[1] == "limiter-unavailable")
        assert asker.ask(max_tokens=1)[0] == 503
        assert len(asked) == served
        until(lambda: "NOT ANSWERING" in running.status()["limiter"])
        assert "NOT ANSWERING" in running.run("status").stdout
        with serving("--requirepass", PASSWORD, port=limiter):
            until(lambda: asker.ask(max_tokens=1)[0] == 200)
            assert running.status()["limiter"] == "valkey"
        everything = b"".join(octets for _, octets in files(running.state))
        assert PASSWORD.encode() not in everything
