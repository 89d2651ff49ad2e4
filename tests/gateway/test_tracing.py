"""What is noted of requests that are traced: whose, which of them, and what the service is told of it."""

import asyncio
from collections.abc import Callable

import pytest

from bartizan.gateway import tracing
from bartizan.gateway.metering import SPANS
from bartizan.gateway.ports import Tracing
from bartizan.metrics.board import OCTETS, Board, read
from bartizan.traces.passage import LONGEST, Passage, passage
from tests.gateway.scene import ANSWER, CHAT, DRILL, Received, Scene, client, request, run, standing
from tests.gateway.test_cluster import BUSY, both, closes, saying

TRACE, PARENT = b"1" * 32, b"2" * 16
GIVEN = b"traceparent: 00-%b-%b-00" % (TRACE, PARENT)


class Pipe:
    """Takes what is handed on, while it does."""

    def __init__(self) -> None:
        self.full = False
        self.pieces: list[bytes] = []
        self.came = asyncio.Event()

    def write(self, lines: bytes) -> bool:
        if not self.full:
            self.pieces.append(lines)
            self.came.set()
        return not self.full

    @property
    def passages(self) -> list[Passage]:
        found = [passage(line) for piece in self.pieces for line in piece.split(b"\n")[:-1]]
        assert all(found)
        return [each for each in found if each is not None]


def traced(
    pipe: Pipe, share: float = 1.0, *models: str, also: Callable[[Scene], None] = lambda _: None
) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        scene.tracing = Tracing(share, pipe.write, frozenset(models))
        also(scene)

    return prepare


async def noted(pipe: Pipe, number: int) -> list[Passage]:
    """Return what was handed on, once it is so much."""
    while len(pipe.passages) < number:
        pipe.came.clear()
        await pipe.came.wait()
    assert len(pipe.passages) == number
    return pipe.passages


def test_a_request_is_noted_as_it_went_and_goes_on_in_its_clients_trace() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe, 1.0, "m")) as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, GIVEN))
            (found,) = await noted(pipe, 1)
            (received,) = scene.upstream.received
            mark = answer.headers[b"x-request-id"].decode()
            assert received.header(b"traceparent") == f"00-{TRACE.decode()}-{found.call}-01".encode()
            assert (found.trace, found.parent) == (TRACE.decode(), PARENT.decode())
            assert f"q-{found.call}" == mark == scene.events()[0].subject
            assert (found.who, found.service, found.target) == (DRILL.principal.pseudonym, "main", "main")
            assert (found.route, found.operation, found.method, found.minor) == ("chat", "chat", "POST", 1)
            assert (found.model, found.stream, found.tries) == ("m", False, 1)
            assert (found.status, found.answered, found.reason, found.control) == (200, 200, "done", "")
            assert (found.input, found.output) == (3, 5)
            assert found.started <= found.sent <= found.ended
            assert (answer.status, answer.body) == (200, ANSWER)

    run(scenario())


def test_without_a_clients_trace_one_is_begun_and_the_service_is_told_the_same() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            for _ in range(2):
                await one.ask(request())
            found = await noted(pipe, 2)
            told = [received.header(b"traceparent") for received in scene.upstream.received]
            assert told == [f"00-{each.trace}-{each.call}-01".encode() for each in found]
            assert [each.parent for each in found] == ["", ""]
            assert len({each.trace for each in found} | {each.span for each in found}) == 4
            assert [each.model for each in found] == ["", ""]  # nothing that configuration does not name

    run(scenario())


@pytest.mark.parametrize("model", ["modèle", "模型", "m\x7f"])
def test_a_request_for_a_model_whose_name_no_line_can_hold_is_noted_without_it(model: str) -> None:
    """Configuration may price any model; a line with such a name is none to whoever reads it."""

    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe, 1.0, model)) as scene, client(scene) as one:
            body = CHAT.replace(b'"m"', f'"{model}"'.encode())
            assert (await one.ask(request(body=body))).status == 200
            (found,) = await noted(pipe, 1)
            assert (found.operation, found.model) == ("chat", "")

    run(scenario())


def test_of_a_share_of_nothing_nothing_is_noted_and_the_service_is_told_so() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        asked = GIVEN.removesuffix(b"00") + b"01"  # the client would have it traced
        async with standing(traced(pipe, 0.0)) as scene, client(scene) as one:
            await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, asked))
            (received,) = scene.upstream.received
            told = received.header(b"traceparent")
            assert told is not None
            assert told.startswith(b"00-" + TRACE)
            assert told.endswith(b"-00")
        assert pipe.pieces == []

    run(scenario())


def test_a_share_is_about_that_share() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe, 0.5)) as scene, client(scene) as one:
            for _ in range(200):
                await one.ask(request(b"GET", b"/v1/models"))
            told = [received.header(b"traceparent") or b"" for received in scene.upstream.received]
        flags = [each[-2:] for each in told]
        assert flags.count(b"01") == len(pipe.passages)
        assert 50 < len(pipe.passages) < 150  # by chance outside once in 10**12

    run(scenario())


def test_a_refusal_of_somebody_known_is_noted_and_went_to_no_service() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            scene.forbidden = {"chat"}
            assert (await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, GIVEN))).status == 403
            (found,) = await noted(pipe, 1)
            assert (found.status, found.reason, found.sent, found.target) == (403, "not-permitted", 0, "")
            assert found.control == "access.request-authorized"
            assert (found.trace, found.parent, found.spans) == (TRACE.decode(), PARENT.decode(), 1)

    run(scenario())


@pytest.mark.parametrize("bearer", ["", "forged"])
def test_nothing_is_noted_of_strangers(bearer: str) -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            assert (await one.ask(request(bearer=bearer))).status == 401
            assert (await one.ask(request(b"GET", b"/healthz", bearer=bearer), b"GET")).status == 200
            form = b"grant_type=client_credentials"
            media = b"application/x-www-form-urlencoded"
            await one.ask(request(b"POST", b"/oauth/token", form, GIVEN, bearer=bearer, media=media))
        assert pipe.pieces == []

    run(scenario())


def test_a_request_that_goes_on_to_another_target_is_one_call_with_two_tries() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe, also=both())) as scene, client(scene) as one:
            scene.targets["two"].script = saying(BUSY)
            assert (await one.ask(request(path=b"/two/v1/chat/completions"))).status == 200
            (found,) = await noted(pipe, 1)
            assert (found.target, found.tries, found.status) == ("backup", 2, 200)
            upstreams = scene.targets["two"], scene.targets["two/backup"]
            told = [each.received[0].header(b"traceparent") for each in upstreams]
            assert told == [f"00-{found.trace}-{found.call}-01".encode()] * 2
            for each in upstreams:
                each.end()

    run(scenario())


def test_a_service_that_fails_is_noted_as_it_failed() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            scene.upstream.script = closes
            assert (await one.ask(request())).status == 502
            (found,) = await noted(pipe, 1)
            assert (found.status, found.answered, found.reason) == (502, 0, "upstream-closed")

    run(scenario())


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        (b"401 Unauthorized", 502, "upstream-credential"),
        (b"302 Found", 502, "upstream-redirect"),
        (b"500 Internal Server Error", 502, "upstream-failed"),
        (b"404 Not Found", 404, "done"),
    ],
)
def test_what_a_service_answered_is_noted_whatever_its_client_is_told(
    said: bytes, status: int, reason: str
) -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            scene.upstream.script = saying(b"HTTP/1.1 %b\r\ncontent-length: 0\r\n\r\n" % said)
            assert (await one.ask(request())).status == status
            (found,) = await noted(pipe, 1)
            assert (found.status, found.answered, found.reason) == (status, int(said[:3]), reason)

    run(scenario())


def test_a_client_that_leaves_is_noted_as_gone() -> None:
    async def scenario() -> None:
        pipe, came = Pipe(), asyncio.Event()

        async def wait(_received: Received, _writer: asyncio.StreamWriter) -> None:
            came.set()
            await asyncio.sleep(60)

        async with standing(traced(pipe)) as scene:
            scene.upstream.script = wait
            async with client(scene) as one:
                one.send(request())
                await came.wait()
            (found,) = await noted(pipe, 1)
            assert (found.status, found.answered, found.reason) == (499, 0, "client-gone")

    run(scenario())


def test_what_is_not_taken_is_kept_so_far_then_dropped_and_counted_and_no_request_notices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "MOST", 5)
    memory = memoryview(bytearray(OCTETS))

    async def scenario() -> None:
        pipe = Pipe()
        pipe.full = True

        def prepare(scene: Scene) -> None:
            scene.board = Board(memory, ())

        async with standing(traced(pipe, also=prepare)) as scene, client(scene) as one:
            for _ in range(9):
                assert (await one.ask(request())).status == 200
            pipe.full = False
            await noted(pipe, 5)
        series, _ = read(memory, (SPANS,))
        assert {each.values: each.numbers for each in series} == {
            ("",): (10,),
            ("queue-full",): (8,),
        }  # two each
        assert all(len(piece) <= LONGEST for piece in pipe.pieces)

    run(scenario())


def test_what_was_noted_last_is_handed_on_when_the_worker_ends() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            for _ in range(40):
                one.send(request())
                assert (await one.answer()).body == ANSWER
        assert len(pipe.passages) == 40

    run(scenario())
