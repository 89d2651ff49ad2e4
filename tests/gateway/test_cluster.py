"""Several targets of one service: who gets a request, and when it goes on to another."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bartizan.clock import SECOND
from bartizan.crypto.secret import Secret
from bartizan.gateway.circuit import FAILURES
from bartizan.gateway.service import ServiceLimits, ServiceRoute, Target
from tests.gateway.scene import (
    CHAT,
    OK,
    Client,
    Received,
    Scene,
    Script,
    Upstream,
    client,
    request,
    run,
    standing,
    turns,
    until,
)

PATH = b"/two/v1/chat/completions"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
MANY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nmany"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"


def saying(octets: bytes) -> Script:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)

    return script


async def closes(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def both(*weights: int, limits: ServiceLimits | None = None) -> Callable[[Scene], None]:
    """Prepare a service `two` with the targets `main` and `backup`, of these weights."""
    first, second = weights or (1, 0)

    def prepare(scene: Scene) -> None:
        credential = Secret(b"Bearer backup-credential")
        backup = Target("backup", "backup.example", "/b/v1", credential, weight=second, models={"m": "m-eu"})
        service = ServiceRoute(
            "two", "one.example", weight=first, others=(backup,), limits=limits or ServiceLimits()
        )
        scene.services = (service,)
        scene.targets |= {"two": Upstream(), "two/backup": Upstream()}

    return prepare


def of(scene: Scene) -> tuple[Upstream, Upstream]:
    return scene.targets["two"], scene.targets["two/backup"]


def ends(scene: Scene) -> list[tuple[object, ...]]:
    """Status, target and key-agreement group of each completed request."""
    events = scene.events("gateway.request.completed")
    return [(one.detail["status"], one.detail.get("target"), one.detail.get("upstream")) for one in events]


def two(test: Callable[[Scene, Client], Awaitable[None]], prepare: Callable[[Scene], None]) -> None:
    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as one:
            try:
                await test(scene, one)
            finally:
                for upstream in of(scene):
                    upstream.end()

    run(scenario())


def test_targets_get_requests_by_their_weights_each_in_its_own_form() -> None:
    async def test(scene: Scene, one: Client) -> None:
        for _ in range(8):
            assert (await one.ask(request(path=PATH))).status == 200
        main, backup = of(scene)
        assert (len(main.received), len(backup.received)) == (6, 2)
        assert {(got.target, got.header(b"host"), got.header(b"authorization")) for got in main.received} == {
            (b"/v1/chat/completions", b"one.example", None)
        }
        assert {
            (got.target, got.header(b"host"), got.header(b"authorization")) for got in backup.received
        } == {(b"/b/v1/chat/completions", b"backup.example", b"Bearer backup-credential")}
        assert {got.body for got in main.received} == {CHAT}
        assert {got.body for got in backup.received} == {CHAT.replace(b'"m"', b'"m-eu"')}
        assert {model for _, _, model in scene.decided} == {"m"}
        assert sorted(ends(scene)) == [(200, "backup", "none")] * 2 + [(200, "main", "none")] * 6

    two(test, both(3, 1))


@pytest.mark.parametrize("octets", [BUSY, MANY, BUSY[:-4]])
def test_what_a_target_declined_goes_to_the_next_whole_and_once(octets: bytes) -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        main.script = saying(octets)
        assert (await one.ask(request(path=PATH))).status == 200
        assert [got.body for got in main.received] == [CHAT]
        assert [got.body for got in backup.received] == [CHAT.replace(b'"m"', b'"m-eu"')]
        assert ends(scene) == [(200, "backup", "none")]
        assert len(scene.events("gateway.request.admitted")) == 1

    two(test, both())


def test_an_answer_that_every_target_gives_is_the_clients() -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        main.script = backup.script = saying(MANY)
        answer = await one.ask(request(path=PATH))
        assert (answer.status, answer.body) == (429, b"many")
        assert (len(main.received), len(backup.received)) == (1, 1)

    two(test, both())


def test_a_target_that_cannot_be_reached_is_no_fault_of_the_request() -> None:
    async def test(scene: Scene, one: Client) -> None:
        scene.down = {"two"}
        assert (await one.ask(request(path=PATH))).status == 200
        scene.down = {"two", "two/backup"}
        of(scene)[1].end()
        await turns()
        answer = await one.ask(request(path=PATH))
        assert (answer.status, answer.reason) == (502, "upstream-unreachable")
        assert ends(scene) == [(200, "backup", "none"), (502, "backup", None)]

    two(test, both())


@pytest.mark.parametrize("script", [saying(FAILED), closes])
def test_what_may_have_been_done_is_not_repeated(script: Script) -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        main.script = script
        assert (await one.ask(request(path=PATH))).status == 502
        assert (len(main.received), len(backup.received)) == (1, 0)

    two(test, both())


def test_a_busy_target_leaves_requests_to_the_next() -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, _ = of(scene)
        begun = asyncio.Event()

        async def never(_received: Received, _writer: asyncio.StreamWriter) -> None:
            begun.set()
            await asyncio.sleep(60)

        main.script = never
        async with client(scene) as other, client(scene) as third:
            other.send(request(path=PATH))
            await begun.wait()
            third.send(request(path=PATH))  # waits
            await turns()
            assert (await one.ask(request(path=PATH))).status == 200
            assert ends(scene) == [(200, "backup", "none")]

    two(test, both(limits=ServiceLimits(connections=1, waiting=1)))


def test_a_target_that_fails_in_a_row_is_left_alone_probed_and_taken_back() -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        main.script = saying(BUSY)
        for _ in range(FAILURES + 3):
            assert (await one.ask(request(path=PATH))).status == 200
        assert len(main.received) == FAILURES
        (opened,) = scene.events("gateway.upstream.opened")
        assert (opened.actor, opened.subject) == ("platform", "two")
        assert opened.detail == {
            "service": "two",
            "target": "main",
            "failures": FAILURES,
            "reason": "upstream-failed",
        }
        before = main.connections
        await scene.later(2)
        assert main.connections == before + 1  # a connection alone, and no request
        assert len(main.received) == FAILURES
        assert (await one.ask(request(path=PATH))).status == 200  # on trial, declined, done by the other
        assert len(main.received) == FAILURES + 1
        await scene.later(1.5)
        assert (await one.ask(request(path=PATH))).status == 200
        assert len(main.received) == FAILURES + 1  # it waits twice as long now
        main.script = backup.script = saying(OK)
        await scene.later(2)
        served = len(backup.received)
        for _ in range(3):
            assert (await one.ask(request(path=PATH))).status == 200
        assert len(backup.received) == served
        (closed,) = scene.events("gateway.upstream.closed")
        assert closed.detail == {"service": "two", "target": "main"}

    two(test, both())


def test_what_cannot_be_reached_is_refused_at_once_until_it_is_tried_again() -> None:
    async def test(scene: Scene, one: Client) -> None:
        scene.down = {"two", "two/backup"}
        for _ in range(FAILURES):
            assert (await one.ask(request(path=PATH))).reason == "upstream-unreachable"
        answer = await one.ask(request(path=PATH))
        assert (answer.status, answer.reason) == (503, "upstream-unavailable")
        assert int(answer.headers[b"retry-after"]) >= 1
        assert ends(scene)[-1] == (503, None, None)
        scene.down = set()
        await scene.later(2)
        assert (await one.ask(request(path=PATH))).status == 200
        account = scene.gateway.account()
        assert account.open == 0
        assert account.admitted == account.completed == FAILURES + 2

    two(test, both(1, 1))


def test_a_service_with_one_target_that_cannot_be_reached_is_refused_at_once_too() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.unreachable = True
            reasons = [(await one.ask(request())).reason for _ in range(FAILURES + 1)]
            assert reasons == ["upstream-unreachable"] * FAILURES + ["upstream-unavailable"]
            scene.unreachable = False
            await scene.later(2)
            assert (await one.ask(request())).status == 200
            kinds = [event.kind for event in scene.events("gateway.upstream")]
            assert kinds == ["gateway.upstream.opened", "gateway.upstream.closed"]

    run(scenario())


def test_a_body_is_kept_and_counted_only_while_it_may_be_sent_again() -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        begun, going, release = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def streams(_received: Received, writer: asyncio.StreamWriter) -> None:
            begun.set()
            await going.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await release.wait()
            writer.write(b"cd")

        main.script = streams
        plane = scene.gateway._plane  # what it holds shows nowhere else
        one.send(request(path=PATH))
        await begun.wait()
        (exchange,) = plane.open
        assert (exchange.holds, exchange.judged.octets) == (len(CHAT), CHAT)
        going.set()
        await until(lambda: not exchange.holds)
        assert (exchange.holds, exchange.judged.octets) == (0, b"")
        release.set()
        assert (await one.answer()).body == b"abcd"
        assert not backup.received

    two(test, both())


def test_another_credential_is_presented_from_the_next_request_on() -> None:
    async def test(scene: Scene, one: Client) -> None:
        scene.down = {"two"}
        assert (await one.ask(request(path=PATH))).status == 200
        scene.gateway.renew("two", "backup", Secret(b"Bearer renewed"))
        assert (await one.ask(request(path=PATH))).status == 200
        assert [got.header(b"authorization") for got in of(scene)[1].received] == [
            b"Bearer backup-credential",
            b"Bearer renewed",
        ]

    two(test, both())


def test_an_answer_that_takes_too_long_is_a_failure_of_its_target() -> None:
    async def test(scene: Scene, one: Client) -> None:
        async def never(_received: Received, _writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        of(scene)[0].script = never
        received = of(scene)[0].received
        for number in range(1, FAILURES + 1):
            one.send(request(path=PATH))
            await until(lambda: len(received) == number)  # noqa: B023  # called at once
            await scene.later(0)  # its time is counted from the sweep that finds it waiting
            await scene.later(2)
            assert (await one.answer()).reason == "upstream-timeout"
        assert [event.detail["reason"] for event in scene.events("gateway.upstream.opened")] == [
            "upstream-timeout"
        ]
        assert not of(scene)[1].received

    two(test, both(limits=ServiceLimits(answer_time=SECOND)))


def test_a_deployment_has_the_targets_name_in_the_path_and_the_clients_in_the_decision() -> None:
    def prepare(scene: Scene) -> None:
        backup = Target("backup", "eu.example", "/eu/openai", models={"gpt": "gpt-eu"})
        scene.services = (ServiceRoute("two", "one.example", "azure", "/openai", weight=0, others=(backup,)),)
        scene.targets |= {"two": Upstream(), "two/backup": Upstream()}

    async def test(scene: Scene, one: Client) -> None:
        way = b"deployments/gpt/chat/completions?api-version=2024-10-21"
        body = b'{"messages":[{"role":"user","content":"gpt"}]}'
        assert (await one.ask(request(path=b"/two/openai/" + way, body=body))).status == 200
        scene.down = {"two/backup"}
        of(scene)[1].end()
        await turns()
        assert (await one.ask(request(path=b"/two/openai/" + way, body=body))).status == 200
        ((main,), (backup,)) = (upstream.received for upstream in of(scene))
        assert main.target == b"/openai/" + way
        assert backup.target == b"/eu/openai/" + way.replace(b"/gpt/", b"/gpt-eu/")
        assert main.body == backup.body == body
        assert {model for _, _, model in scene.decided} == {"gpt"}

    two(test, prepare)


def test_reading_is_repeated_at_the_same_target_and_then_elsewhere() -> None:
    async def test(scene: Scene, one: Client) -> None:
        main, backup = of(scene)
        assert (await one.ask(request(b"GET", b"/two/v1/models"))).status == 200
        main.script = closes
        scene.down = {"two"}  # the kept connection closes without an octet, and there is no other to be had
        assert (await one.ask(request(b"GET", b"/two/v1/models"))).status == 200
        assert (len(main.received), len(backup.received)) == (2, 1)
        assert ends(scene) == [(200, "main", "none"), (200, "backup", "none")]

    two(test, both())
