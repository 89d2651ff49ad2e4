"""The answer to a revocation is its moment: no request that starts after it is admitted, in any worker.

Clients ask without pause under many principals while one after the other is revoked and workers are killed.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException

import msgspec
import pytest

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bench.bed.crowd import CHAT, configured, require_accounted
from tests.e2e.conftest import Platform, Start
from tests.e2e.test_processes import process, until

pytestmark = pytest.mark.slow

PEOPLE, CLIENTS, REQUESTS, TRIES = 12, 4, 2000, 5


class Asked(msgspec.Struct, frozen=True):
    """A request: under which principal, when it began (monotonic seconds), and what was answered."""

    person: int
    began: float
    status: int


class Person(msgspec.Struct, frozen=True):
    """A principal with a token."""

    id: str
    token: str


def register(running: Platform, number: int) -> Person:
    made = Owner(Folder(running.state)).register(f"caller-{number:02}", "workload", ["caller"])
    form = f"grant_type=client_credentials&client_id={made.client_id}&client_secret={made.client_secret}"
    connection = HTTPConnection("localhost", running.port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/oauth/token", form, kind)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, body
    return Person(made.id, str(msgspec.json.decode(body)["access_token"]))


def _more_than(asked: list[Asked], enough: int) -> bool:
    return len(asked) > enough


def begun_late(asked: list[Asked], answered: dict[int, float]) -> list[Asked]:
    """Return the requests that began after the answer to their principal's revocation."""
    return [one for one in tuple(asked) if one.began > answered.get(one.person, one.began)]


@contextmanager
def asking(running: Platform, people: list[Person]) -> Iterator[list[Asked]]:
    """Ask in turn under every principal, from several threads; yield what was asked so far."""
    asked: list[Asked] = []
    stop = threading.Event()

    def ask(first: int) -> None:
        person, connection = first, HTTPConnection("localhost", running.port, timeout=60)
        refused = Counter[int]()
        while not stop.is_set():
            person = (person + 1) % len(people)
            if refused[person] >= TRIES:  # a stranger who goes on trying is slowed down
                stop.wait(0.001)
                continue
            bearer = {"Authorization": f"Bearer {people[person].token}", "Content-Type": "application/json"}
            began = time.monotonic()
            try:
                connection.request("POST", "/v1/chat/completions", CHAT, bearer)
                answer = connection.getresponse()
                answer.read()
                asked.append(Asked(person, began, answer.status))
                refused[person] += answer.status != 200
            except (OSError, HTTPException):  # its worker was killed under it
                connection.close()
        connection.close()

    threads = [threading.Thread(target=ask, args=(3 * number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    yield asked
    stop.set()
    for thread in threads:
        thread.join()


def test_nothing_is_admitted_that_starts_after_the_answer(platform: Start) -> None:
    with configured() as configuration:
        running = platform(configuration=configuration)
        people = [register(running, number) for number in range(PEOPLE)]
        owner, answered = Owner(Folder(running.state)), dict[int, float]()
        with asking(running, people) as asked:
            for number, person in enumerate(people):
                enough = len(asked) + REQUESTS // PEOPLE
                until(partial(_more_than, asked, enough))
                owner.revoke(person.id)
                answered[number] = time.monotonic()
                if number in {3, 7}:
                    os.kill(process(running, "worker", "serving")["pid"], signal.SIGKILL)
            until(lambda: len(begun_late(asked, answered)) > PEOPLE * CLIENTS)
        late = begun_late(asked, answered)
        before = [one for one in asked if one.began < answered[one.person] - 1]
        assert {one.status for one in late} == {401}
        assert {one.status for one in before} == {200}
        assert running.run("down").returncode == 0
        assert require_accounted(running.state, []) >= sum(1 for one in asked if one.status == 200)
