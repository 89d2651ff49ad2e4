"""The guard's verdict as the answer: asked for like everything else, given by the gateway itself, and closed without one."""

import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bartizan.clock import Nanoseconds
from bartizan.gateway.body import JsonBody
from bartizan.gateway.faults import Refusal
from bartizan.gateway.holds import Expected
from bartizan.gateway.inspected import ALLOW, BLOCK, BUDGET, FAILED, UNAVAILABLE, Said
from bartizan.gateway.protocols.judge import JUDGE, TEXTS
from bartizan.ledger.event import Outcome
from tests.gateway.scene import Client, Scene, client, request, run, standing, turns, until
from tests.gateway.test_guarded import SIGNAL, Asked

BODY = b'{"text":"hello"}'
VERDICT = b'{"action":"block","score":0.0,"findings":[],"whole":true}'
JUDGED = Said(BLOCK, octets=VERDICT, signals=(SIGNAL,))
ROW = JUDGE.rows[0]


class Judging:
    """A gateway that gives verdicts, and what its guard was asked."""

    def __init__(self, scene: Scene, one: Client) -> None:
        self.scene, self.one = scene, one
        self.asked: list[Asked] = []
        self.reserve: Callable[[Expected], object] = lambda _expected: None

    def inspect(self, service: str, source: str, octets: bytes, planted: tuple[str, ...]) -> Asked:
        self.asked.append(Asked(service, source, octets, planted))
        return self.asked[-1]

    async def wanted(self, body: bytes = BODY, bearer: str = "good") -> Asked:
        before = len(self.asked)
        self.one.send(request(path=b"/v1/judge", body=body, bearer=bearer))
        await until(lambda: len(self.asked) > before)
        return self.asked[-1]


def scenario(play: Callable[[Judging], Awaitable[None]]) -> None:
    async def whole() -> None:
        holder: list[Judging] = []

        def prepare(scene: Scene) -> None:
            ports = scene.ports

            def inspect(service: str, source: str, octets: bytes, planted: tuple[str, ...]) -> Asked:
                return holder[0].inspect(service, source, octets, planted)

            def reserve(expected: Expected, _now: Nanoseconds) -> None:
                holder[0].reserve(expected)

            scene.reserve = reserve
            scene.ports = lambda: msgspec.structs.replace(ports(), inspect=inspect)  # type: ignore[method-assign]

        async with standing(prepare) as scene, client(scene) as one:
            holder.append(Judging(scene, one))
            await play(holder[0])

    run(whole())


def test_the_verdict_is_the_answer_whatever_it_says_and_nothing_is_forwarded() -> None:
    async def play(judging: Judging) -> None:
        asked = await judging.wanted()
        assert (asked.service, asked.source, asked.octets) == ("judge", "p-00000000000000aa", BODY)
        await turns()
        assert judging.scene.events() == []
        asked.said.set_result(JUDGED)
        answer = await judging.one.answer()
        assert (answer.status, answer.body) == (200, VERDICT)
        assert answer.headers[b"content-type"] == b"application/json"
        assert answer.headers[b"cache-control"] == b"no-store"
        assert b"ratelimit" in answer.headers
        assert judging.scene.upstream.received == []
        assert [event.kind for event in judging.scene.events()] == [
            "gateway.request.admitted",
            "gateway.request.completed",
        ]
        admitted, completed = judging.scene.events()
        assert (admitted.detail["action"], admitted.detail["route"]) == ("judge", "judge")
        assert (completed.outcome, completed.detail["status"]) == (Outcome.DONE, 200)
        (found,) = judging.scene.events("threats.signal.found")
        assert (found.subject, found.detail["action"]) == (admitted.subject, "block")
        assert judging.scene.decided == [("workload.drill", "judge", "")]
        assert asked.ended
        again = await judging.wanted()  # on the same connection, by what is remembered of the head
        again.said.set_result(Said(ALLOW, octets=b"{}"))
        assert (await judging.one.answer()).body == b"{}"

    scenario(play)


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        (Said(BLOCK, UNAVAILABLE), 503, UNAVAILABLE),
        (Said(BLOCK, BUDGET), 429, BUDGET),
        (Said(BLOCK, FAILED), 500, FAILED),
        (Said(ALLOW), 500, FAILED),
    ],
)
def test_without_a_verdict_there_is_a_refusal_and_never_an_allowance(
    said: Said, status: int, reason: str
) -> None:
    async def play(judging: Judging) -> None:
        (await judging.wanted()).said.set_result(said)
        answer = await judging.one.answer()
        assert (answer.status, answer.headers[b"retry-after"]) == (status, b"1")
        assert answer.headers[b"content-type"] == b"application/problem+json"
        assert json.loads(answer.body)["type"].endswith(reason)
        assert [event.kind for event in judging.scene.events()] == ["gateway.request.refused"]
        assert judging.scene.upstream.received == []

    scenario(play)


def test_a_platform_that_gives_no_verdicts_has_no_such_route() -> None:
    async def whole() -> None:
        def prepare(scene: Scene) -> None:
            ports = scene.ports

            def without() -> object:
                made = ports()
                kept = tuple(service for service in made.services if service.name != "judge")
                return msgspec.structs.replace(made, services=kept)

            scene.ports = without  # type: ignore[method-assign,assignment]

        async with standing(prepare) as scene, client(scene) as one:
            answer = await one.ask(request(path=b"/v1/judge", body=BODY))
            assert (answer.status, answer.reason) == (404, "route-unknown")

    run(whole())


def test_who_is_revoked_while_the_guard_reads_gets_no_verdict() -> None:
    async def play(judging: Judging) -> None:
        asked = await judging.wanted()
        judging.scene.revoked.add("workload.drill")
        judging.scene.number += 1
        asked.said.set_result(JUDGED)
        answer = await judging.one.answer()
        assert answer.status == 401
        assert VERDICT not in answer.body
        assert asked.ended

    scenario(play)


def test_a_client_that_leaves_ends_its_question() -> None:
    async def play(judging: Judging) -> None:
        asked = await judging.wanted()
        judging.one.writer.transport.abort()
        await until(lambda: asked.ended)

    scenario(play)


def test_another_method_is_told_which_there_is() -> None:
    async def play(judging: Judging) -> None:
        answer = await judging.one.ask(request(b"GET", b"/v1/judge"))
        assert (answer.status, answer.headers[b"allow"]) == (405, b"POST")

    scenario(play)


def refused(body: bytes) -> Refusal:
    assert isinstance(ROW.reader, JsonBody)
    with pytest.raises(Refusal) as fault:
        ROW.reader.read(body)
    assert fault.value.status == 400
    return fault.value


@pytest.mark.parametrize(
    ("body", "reason", "param"),
    [
        (b"{}", "field-missing", "text"),
        (b'{"text":1}', "field-invalid", "text"),
        (b'{"text":"x","channel":"users"}', "field-invalid", "channel"),
        (b'{"text":"x","profile":"off"}', "field-invalid", "profile"),
        (b'{"texts":[]}', "field-invalid", "texts"),
        (b'{"texts":[{"text":"x"},{"channel":"user"}]}', "field-missing", "texts[1].text"),
        (b'{"texts":[{"text":"x","more":1}]}', "field-unknown", "texts[0].more"),
        (b'{"texts":[{"text":"x"}],"text":"y"}', "field-unknown", "text"),
        (b'{"text":"x","text":"y"}', "json-member-repeated", ""),
        (b'["x"]', "field-invalid", ""),
        (b'{"text":"\xff"}', "json-malformed", ""),
    ],
)
def test_what_cannot_be_read_is_refused_by_what_is_wrong_and_where(
    body: bytes, reason: str, param: str
) -> None:
    fault = refused(body)
    assert (fault.reason, fault.param) == (reason, param)


def test_one_text_too_many_is_refused() -> None:
    def body(count: int) -> bytes:
        return msgspec.json.encode({"texts": [{"text": "x"}] * count})

    assert isinstance(ROW.reader, JsonBody)
    assert ROW.reader.read(body(TEXTS)).octets == body(TEXTS)
    assert f"length <= {TEXTS}" in refused(body(TEXTS + 1)).what


@pytest.mark.parametrize(
    "half", [rb"\ud800", rb"\uDFFF", rb"\ud800\u0041", rb"\udc00\ud800", rb"\ud83d\ude00\ud83d"]
)
def test_half_of_a_surrogate_pair_is_called_that(half: bytes) -> None:
    fault = refused(b'{"text":"%b"}' % half)
    assert fault.reason == "json-malformed"
    assert "surrogate" in fault.what


def test_a_whole_pair_and_what_only_looks_like_half_of_one_are_text() -> None:
    assert isinstance(ROW.reader, JsonBody)
    assert ROW.reader.read(rb'{"text":"\ud83d\ude00 \\ud800"}').octets == '{"text":"😀 \\\\ud800"}'.encode()
    assert "surrogate" not in refused(b'{"text":').what


def test_a_verdict_costs_a_request_and_no_tokens() -> None:
    async def play(judging: Judging) -> None:
        held = list[Expected]()
        judging.reserve = held.append
        (await judging.wanted()).said.set_result(JUDGED)
        assert (await judging.one.answer()).status == 200
        (expected,) = held
        assert (expected.route, expected.service, expected.input, expected.output) == ("judge", "judge", 0, 0)

    scenario(play)
