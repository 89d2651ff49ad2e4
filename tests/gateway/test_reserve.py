"""What a request holds of its limits: before its record, until its end, and exactly once."""

import asyncio

import pytest

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.holds import Alert, Coming, Expected, Overdrawn, Reserved
from bartizan.gateway.reserve import UNTOLD_TOKENS
from tests.gateway.scene import CHAT, Received, Scene, Script, client, request, run, standing, turns, until

FIELDS = b'ratelimit-policy: "tokens";q=9;w=60\r\nratelimit: "tokens";r=5;t=1\r\n'


class Counting:
    """A limiter that remembers what was expected, and answers as it is told."""

    def __init__(self, answer: Overdrawn | None = None, *, later: bool = False) -> None:
        self.answer, self.later = answer, later
        self.asked: list[Expected] = []
        self.coming: list[Coming] = []

    def reserve(self, expected: Expected, _now: Nanoseconds) -> Reserved | Overdrawn | Coming:
        self.asked.append(expected)
        answer = self.answer or Reserved(expected.input, expected.output, FIELDS, expected.lease)
        if not self.later:
            return answer
        future: Coming = asyncio.get_running_loop().create_future()
        self.coming.append(future)
        return future

    def prepare(self, scene: Scene) -> None:
        scene.reserve = self.reserve

    def end(self) -> None:
        answer = self.asked[-1]
        self.coming[-1].set_result(Reserved(answer.input, answer.output, FIELDS, answer.lease))


def streaming(octets: bytes, *, ends: bool = True) -> Script:
    """Return a service that answers with a stream of this, and then ends it or says nothing more."""

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        writer.write(b"%x\r\n%b\r\n" % (len(octets), octets))
        if ends:
            writer.write(b"0\r\n\r\n")
        else:
            await asyncio.sleep(60)

    return script


async def silent(_received: Received, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def spent(scene: Scene) -> list[tuple[int, int]]:
    return [(tokens, answered) for _, tokens, answered in scene.settled]


def test_what_is_expected_is_held_and_what_the_service_says_is_paid() -> None:
    counting = Counting()

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            answer = await one.ask(request())
            assert answer.status == 200
            assert answer.headers[b"ratelimit"] == b'"tokens";r=5;t=1'
            (asked,) = counting.asked
            assert (asked.service, asked.route, asked.principal) == ("main", "chat", "workload.drill")
            assert (asked.input, asked.output) == (len(CHAT) // 4 + 1, UNTOLD_TOKENS)
            assert spent(scene) == [(3, 5)]

    run(scenario())


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":7}', 7),
        (b'{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":7,"n":3}', 21),
        (b'{"model":"m","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":9}', 9),
    ],
)
def test_the_answers_that_a_request_may_have_are_expected(body: bytes, tokens: int) -> None:
    counting = Counting()

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            assert (await one.ask(request(body=body))).status == 200
            assert counting.asked[0].output == tokens

    run(scenario())


def test_an_answer_that_names_no_tokens_costs_what_was_expected() -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = script
            assert (await one.ask(request())).status == 200
            assert spent(scene) == [(len(CHAT) // 4 + 1, UNTOLD_TOKENS)]

    run(scenario())


def test_the_usage_at_the_end_of_a_stream_is_paid() -> None:
    counting = Counting()
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":6}}\n\ndata: [DONE]\n\n'

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = streaming(usage)
            assert (await one.ask(request())).status == 200
            assert spent(scene) == [(4, 6)]

    run(scenario())


def left_after(octets: bytes, body: bytes = CHAT) -> tuple[int, int]:
    """Return what a client pays who leaves once it had this of a stream, or once its service has the request."""
    counting = Counting()

    async def scenario() -> tuple[int, int]:
        async with standing(counting.prepare) as scene:
            scene.upstream.script = streaming(octets, ends=False) if octets else silent
            async with client(scene) as one:
                one.send(request(body=body))
                if octets:
                    await one.reader.readuntil(octets[-9:])
                await until(lambda: scene.upstream.received)
            await until(lambda: scene.settled)
            (found,) = spent(scene)
            return found

    return run(scenario())


@pytest.mark.parametrize("octets", [b"", b"data:"])
def test_who_leaves_before_the_end_pays_what_was_expected(octets: bytes) -> None:
    """Also before the answer began."""
    assert left_after(octets) == (len(CHAT) // 4 + 1, UNTOLD_TOKENS)


def test_who_leaves_a_long_stream_before_its_end_pays_for_what_it_had() -> None:
    """Who names no `max_tokens` is expected to get 1,024: more than that is not free for leaving in time."""
    body = CHAT.replace(b"{", b'{"stream":true,', 1)
    tokens, answered = left_after(b"data: {}\n\n" * 3000 + b"data: end", body)
    assert tokens == len(body) // 4 + 1
    assert 3000 <= answered <= 3010


@pytest.mark.parametrize("change", ["revoked", "forbidden"])
def test_who_is_cut_before_its_answer_began_pays_what_was_expected(change: str) -> None:
    """The service works on it all the same: whoever has its own token revoked must not get that for nothing."""
    counting = Counting()

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = silent
            one.send(request())
            await until(lambda: scene.upstream.received)
            if change == "revoked":
                scene.revoked.add("workload.drill")
            else:
                scene.forbidden.add("chat")
            scene.number += 1
            await until(lambda: scene.settled)
            assert spent(scene) == [(len(CHAT) // 4 + 1, UNTOLD_TOKENS)]

    run(scenario())


@pytest.mark.parametrize("claim", [b"-1", b"1e400", b"9007199254740991", b"1000000001", b'"1"', b"null"])
def test_a_number_that_no_answer_comes_to_costs_what_was_expected(claim: bytes) -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        body = b'{"usage":{"prompt_tokens":1,"completion_tokens":%b}}' % claim
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = script
            assert (await one.ask(request())).status == 200
            assert spent(scene) == [(len(CHAT) // 4 + 1, UNTOLD_TOKENS)]

    run(scenario())


def test_a_request_is_counted_when_all_of_it_is_there_not_when_it_began() -> None:
    """Else bodies that are sent slowly could be ended together, each counted at another time, all long ago."""
    counting, counted = Counting(), list[Nanoseconds]()

    def reserve(expected: Expected, now: Nanoseconds) -> Reserved | Overdrawn | Coming:
        counted.append(now)
        return counting.reserve(expected, now)

    async def scenario() -> None:
        async with standing(lambda scene: setattr(scene, "reserve", reserve)) as scene, client(scene) as one:
            octets = request()
            one.send(octets[:-5])
            await turns()
            before = scene.clock.now()
            one.send(octets[-5:])
            assert (await one.answer()).status == 200
            assert counted[0] >= before

    run(scenario())


@pytest.mark.parametrize(
    ("prompt", "times"),
    [(b'"a"', 1), (b'["a"]', 1), (b'["a","b","c"]', 3), (b"[1,2,3]", 1), (b"[[1],[2]]", 2)],
)
def test_every_prompt_of_a_completion_is_expected_to_be_answered(prompt: bytes, times: int) -> None:
    counting = Counting()

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            body = b'{"model":"m","prompt":%b,"max_tokens":7,"n":2}' % prompt
            assert (await one.ask(request(b"POST", b"/v1/completions", body))).status == 200
            assert counting.asked[0].output == 14 * times

    run(scenario())


@pytest.mark.parametrize("status", [b"400 Bad Request", b"429 Too Many Requests", b"401 Unauthorized"])
def test_what_the_service_refuses_costs_nothing(status: bytes) -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = script
            await one.ask(request())
            assert spent(scene) == [(0, 0)]

    run(scenario())


def test_what_the_service_refuses_costs_nothing_although_the_client_left_before_it_read_why() -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{")
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene:
            scene.upstream.script = script
            async with client(scene) as one:
                one.send(request())
                await one.reader.readuntil(b"{")
            await until(lambda: scene.settled)
            assert spent(scene) == [(0, 0)]

    run(scenario())


def test_what_never_reaches_the_service_costs_nothing() -> None:
    counting = Counting()

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.unreachable = True
            assert (await one.ask(request())).status == 502
            assert spent(scene) == [(0, 0)]

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "status", "reason", "retry"),
    [
        (Overdrawn("tokens", 3 * SECOND, FIELDS), 429, "tokens-rate", b"3"),
        (Overdrawn("concurrent", SECOND), 429, "concurrent-full", b"1"),
        (Overdrawn("spend", 7200 * SECOND), 429, "budget-spent", b"7200"),
        (Overdrawn("requests", SECOND), 429, "requests-rate", b"1"),
        (Overdrawn("principal", SECOND), 429, "principal-rate", b"1"),
        (Overdrawn("tokens", -1), 429, "limit-too-small", None),
        (Overdrawn("", SECOND), 503, "limiter-unavailable", b"1"),
    ],
)
@pytest.mark.parametrize("later", [False, True])
def test_who_is_beyond_a_limit_is_told_which_and_for_how_long(
    *, answer: Overdrawn, status: int, reason: str, retry: bytes | None, later: bool
) -> None:
    counting = Counting(answer, later=later)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            one.send(request())
            if later:
                await until(lambda: counting.coming)
                counting.coming[0].set_result(answer)
            refused = await one.answer()
            assert (refused.status, refused.reason) == (status, reason)
            assert refused.headers.get(b"retry-after") == retry
            if answer.fields:
                assert refused.headers[b"ratelimit"] == b'"tokens";r=5;t=1'
            assert scene.upstream.received == []
            assert scene.settled == []

    run(scenario())


def test_nothing_goes_on_before_whoever_counts_has_answered() -> None:
    counting = Counting(later=True)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            one.send(request())
            await until(lambda: counting.coming)
            await turns()
            assert scene.events("gateway.request.admitted") == []
            assert scene.upstream.received == []
            counting.end()
            assert (await one.answer()).status == 200
            assert spent(scene) == [(3, 5)]

    run(scenario())


def test_who_leaves_while_it_is_counted_holds_nothing() -> None:
    counting = Counting(later=True)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene:
            async with client(scene) as one:
                one.send(request())
                await until(lambda: counting.coming)
            await turns()
            counting.end()
            await until(lambda: scene.settled)
            assert spent(scene) == [(0, 0)]
            assert scene.upstream.received == []
            assert scene.events("gateway.request.admitted") == []

    run(scenario())


@pytest.mark.parametrize("change", ["revoked", "forbidden"])
def test_who_is_disallowed_while_it_is_counted_goes_no_further(change: str) -> None:
    counting = Counting(later=True)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            one.send(request())
            await until(lambda: counting.coming)
            if change == "revoked":
                scene.revoked.add("workload.drill")
            else:
                scene.forbidden.add("chat")
            scene.number += 1
            await asyncio.sleep(0.4)  # a sweep has loaded the change: nobody would look again later
            counting.end()
            assert (await one.answer()).status == (401 if change == "revoked" else 403)
            assert spent(scene) == [(0, 0)]
            assert scene.upstream.received == []

    run(scenario())


def test_requests_one_after_another_on_a_connection_are_each_counted() -> None:
    counting = Counting(later=True)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            one.send(request() * 3)
            for number in range(1, 4):
                await until(lambda: len(counting.coming) == number)  # noqa: B023  # called at once
                counting.end()
                assert (await one.answer()).status == 200
            assert spent(scene) == [(3, 5)] * 3

    run(scenario())


def test_an_answer_says_how_many_requests_are_left() -> None:
    async def scenario() -> None:
        def owing(scene: Scene) -> None:
            scene.waits["workload.drill"] = -2 * SECOND

        async with standing(owing) as scene, client(scene) as one:
            answer = await one.ask(request())
            assert answer.headers[b"ratelimit-policy"] == b'"requests";q=600;w=60'
            assert answer.headers[b"ratelimit"] == b'"requests";r=40;t=2'  # 20 of 60 are owed

    run(scenario())


def test_a_budget_that_is_reached_is_on_record() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.reached = [Alert("p-00000000000000aa", "main", "principal", "day", 80)]
            await until(lambda: scene.events("gateway.budget.reached"))
            (event,) = scene.events("gateway.budget.reached")
            assert (event.actor, event.subject, event.control) == (
                "p-00000000000000aa",
                "main",
                "gateway.rate-limited",
            )
            assert event.detail == {"service": "main", "per": "principal", "period": "day", "percent": 80}

    run(scenario())
