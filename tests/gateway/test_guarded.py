"""What the gateway does with the guard's word: waits for it, acts by it, records it, and lets nothing past it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import (
    ALLOW,
    BEHIND,
    BLOCK,
    EVENTS,
    JSON,
    OTHER,
    REDACT,
    UNAVAILABLE,
    Passed,
    Said,
    Signal,
)
from bartizan.gateway.service import ServiceRoute
from bartizan.gateway.watching import UNDER_WAY
from bartizan.ledger.event import Outcome
from tests.gateway.scene import (
    ANSWER,
    CHAT,
    Client,
    Received,
    Scene,
    client,
    request,
    run,
    standing,
    turns,
    until,
)

SIGNAL = Signal("threats.leakage", "secret", "aws-key", "user", Severity.HIGH, Confidence.HIGH)
LEAK = Said(BLOCK, "secret", "threats.leakage", "Leave it out.", b"", (SIGNAL,))
GUARDS = {"observe": "observe", "strict": "strict", "marked": "strict"}
"""Service -> its guard; of one, system prompts are marked."""
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAMED = b'{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true}'


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Asked:
    """A question, answered by the test."""

    def __init__(self, service: str, source: str, octets: bytes, planted: tuple[str, ...]) -> None:
        self.service, self.source, self.octets, self.planted = service, source, octets, planted
        self.said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self.on_passed: Callable[[Passed], None] = lambda _: None
        self.told: list[tuple[bytes, str, bool]] = []
        self.ended = False

    def answer(self, octets: bytes, kind: str, *, last: bool) -> None:
        self.told.append((octets, kind, last))

    def end(self) -> None:
        self.ended = True


class Guarded:
    """A gateway with a service of each guard behind it, and what the guard was asked."""

    def __init__(self, scene: Scene, one: Client) -> None:
        self.scene, self.one = scene, one
        self.asked: list[Asked] = []

    def inspect(self, service: str, source: str, octets: bytes, planted: tuple[str, ...]) -> Asked:
        self.asked.append(Asked(service, source, octets, planted))
        return self.asked[-1]

    async def question(self) -> Asked:
        await until(lambda: self.asked)
        return self.asked[-1]

    async def allowed(self, guard: str = "strict", body: bytes = CHAT) -> Asked:
        """Send a request and let it go on."""
        self.one.send(request(path=b"/%b/v1/chat/completions" % guard.encode(), body=body))
        asked = await self.question()
        asked.said.set_result(Said(ALLOW))
        await until(lambda: self.scene.upstream.received)
        return asked


def scenario(play: Callable[[Guarded], Awaitable[None]], script: object = None) -> None:
    async def whole() -> None:
        holder: list[Guarded] = []

        def prepare(scene: Scene) -> None:
            scene.services = tuple(
                ServiceRoute(name, "api.example.com", guard=guard, canary=name == "marked")
                for name, guard in GUARDS.items()
            )
            scene.targets |= dict.fromkeys(GUARDS, scene.upstream)
            if script is not None:
                scene.upstream.script = script  # type: ignore[assignment]
            ports = scene.ports

            def inspect(service: str, source: str, octets: bytes, planted: tuple[str, ...]) -> Asked:
                return holder[0].inspect(service, source, octets, planted)

            scene.ports = lambda: msgspec.structs.replace(ports(), inspect=inspect)  # type: ignore[method-assign]

        async with standing(prepare) as scene, client(scene) as one:
            holder.append(Guarded(scene, one))
            await play(holder[0])

    run(whole())


def test_nothing_goes_on_before_the_guards_word() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        asked = await guarded.question()
        assert (asked.service, asked.source, asked.octets) == ("strict", "p-00000000000000aa", CHAT)
        await turns()
        assert guarded.scene.upstream.received == []
        assert guarded.scene.events() == []
        asked.said.set_result(Said(ALLOW))
        await until(lambda: asked.told)
        assert asked.told == [(ANSWER, JSON, True)]
        asked.on_passed(Passed(ANSWER, last=True))
        answer = await guarded.one.answer()
        assert (answer.status, answer.body) == (200, ANSWER)
        assert asked.ended

    scenario(play)


def test_what_is_held_back_is_refused_by_name_and_on_record_beside_what_was_found() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        asked = await guarded.question()
        asked.said.set_result(LEAK)
        answer = await guarded.one.answer()
        assert (answer.status, answer.reason) == (400, "secret")
        assert guarded.scene.upstream.received == []
        assert asked.ended
        (refused,) = guarded.scene.events()
        assert (refused.kind, refused.control, refused.detail["reason"]) == (
            "gateway.request.refused",
            "threats.leakage",
            "secret",
        )
        (found,) = guarded.scene.events("threats.signal.found")
        assert (found.subject, found.detail["action"]) == (refused.subject, "block")

    scenario(play)


def test_what_is_redacted_goes_on_in_its_place() -> None:
    body = CHAT.replace(b"hi", b"ho")

    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        asked = await guarded.question()
        asked.said.set_result(Said(REDACT, "secret", "threats.leakage", "", body, (SIGNAL,)))
        await until(lambda: guarded.scene.upstream.received)
        (received,) = guarded.scene.upstream.received
        assert (received.body, received.header(b"content-length")) == (body, b"%d" % len(body))

    scenario(play)


def test_nobody_to_ask_is_as_bad_as_a_bad_word() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        (await guarded.question()).said.set_result(Said(BLOCK, UNAVAILABLE))
        answer = await guarded.one.answer()
        assert (answer.status, answer.reason) == (503, UNAVAILABLE)
        assert answer.headers[b"retry-after"] == b"1"
        (found,) = guarded.scene.events("threats.signal.found")
        assert (found.outcome, found.detail["reason"]) == (Outcome.FAILED, UNAVAILABLE)

    scenario(play)


def test_who_is_revoked_while_the_guard_reads_goes_no_further() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        asked = await guarded.question()
        guarded.scene.revoked.add("workload.drill")
        guarded.scene.number += 1
        asked.said.set_result(Said(ALLOW))
        answer = await guarded.one.answer()
        assert (answer.status, answer.reason) == (401, "principal-revoked")
        assert guarded.scene.upstream.received == []
        assert asked.ended

    scenario(play)


def test_a_client_that_leaves_while_the_guard_reads_costs_the_service_nothing() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/strict/v1/chat/completions"))
        asked = await guarded.question()
        guarded.one.writer.transport.abort()
        await turns()
        await until(
            lambda: asked.ended
        )  # else what is kept of it, here and at the inspector, would be kept for ever
        asked.said.set_result(Said(ALLOW))
        await turns()
        assert guarded.scene.upstream.received == []

    scenario(play)


async def speak(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(SSE + chunk(b"data: 1\n\n"))
    await asyncio.sleep(3600)


def test_a_streams_head_goes_on_at_once_and_its_events_as_they_are_let_go() -> None:
    async def play(guarded: Guarded) -> None:
        asked = await guarded.allowed(body=STREAMED)
        head = await guarded.one.reader.readuntil(b"\r\n\r\n")
        assert b"text/event-stream" in head
        await until(lambda: asked.told)
        assert b"".join(octets for octets, _, _ in asked.told) == b"data: 1\n\n"
        assert {kind for _, kind, _ in asked.told} == {EVENTS}
        for _ in asked.told:
            asked.on_passed(Passed(b"data: one\n\n"))
        said = chunk(b"data: one\n\n")
        assert (await guarded.one.reader.readexactly(len(said))) == said
        asked.on_passed(Passed(last=True, said=LEAK))
        rest = await guarded.one.reader.read()
        assert json.loads(rest.split(b"data: ")[1].split(b"\n\n")[0])["error"]["code"] == "secret"
        assert rest.endswith(b"0\r\n\r\n")
        assert b"[DONE]" not in rest
        await asyncio.wait_for(guarded.scene.upstream.gone.wait(), 20)
        completed = guarded.scene.events()[-1]
        assert (completed.outcome, completed.detail["reason"]) == (Outcome.FAILED, "secret")
        assert asked.ended
        asked.on_passed(Passed(b"late"))

    scenario(play, speak)


def test_a_document_that_is_withheld_is_a_refusal_and_its_request_on_record_as_failed() -> None:
    async def play(guarded: Guarded) -> None:
        asked = await guarded.allowed()
        await until(lambda: asked.told)
        asked.on_passed(Passed(last=True, said=LEAK))
        answer = await guarded.one.answer()
        assert (answer.status, answer.reason) == (403, "secret")
        assert b"hello" not in answer.body
        completed = guarded.scene.events()[-1]
        assert (completed.detail["status"], completed.detail["reason"]) == (403, "secret")

    scenario(play)


async def flood(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(SSE)
    piece = chunk(b"data: %b\n\n" % (b"x" * 8_000))
    for _ in range(2_000):
        writer.write(piece)
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    writer.write_eof()


async def trickle(_received: Received, writer: asyncio.StreamWriter) -> None:
    """Answer in more pieces than may be unread, each by itself."""
    writer.write(SSE)
    for _ in range(400):
        writer.write(chunk(b"data: x\n\n"))
        await writer.drain()
        await asyncio.sleep(0.002)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    writer.write_eof()


async def picture(_received: Received, writer: asyncio.StreamWriter) -> None:
    """Answer with what is no text, in two pieces."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 8\r\n\r\n\x89PNG")
    await writer.drain()
    await turns()
    writer.write(b"\r\n\x1a\n")


async def more(asked: Asked, than: int) -> None:
    await until(lambda: len(asked.told) > than)


def test_a_service_waits_for_a_guard_that_does_not_keep_up() -> None:
    async def play(guarded: Guarded) -> None:
        asked = await guarded.allowed(body=STREAMED)
        await until(lambda: sum(len(octets) for octets, _, _ in asked.told) > UNDER_WAY)
        await turns(100)
        seen = sum(len(octets) for octets, _, _ in asked.told)
        assert seen < UNDER_WAY + (1 << 20)
        told = 0
        last = False
        while not last:
            await more(asked, told)
            octets, _, last = asked.told[told]
            told += 1
            asked.on_passed(Passed(b"data: .\n\n", last=last))
            assert octets or last
        assert sum(len(octets) for octets, _, _ in asked.told) > 16_000_000
        assert (await guarded.one.reader.readuntil(b"0\r\n\r\n")).endswith(b"0\r\n\r\n")

    scenario(play, flood)


def test_observe_keeps_nobody_waiting_and_tells_of_both_ways() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/observe/v1/chat/completions"))
        answer = await guarded.one.answer()
        assert (answer.status, answer.body) == (200, ANSWER)
        asked = await guarded.question()
        assert asked.told == [(ANSWER, JSON, True)]
        asked.said.set_result(LEAK)
        asked.on_passed(Passed(last=True, said=Said(ALLOW, signals=(SIGNAL,))))
        await until(lambda: len(guarded.scene.events("threats.signal.found")) == 2)
        assert {found.detail["action"] for found in guarded.scene.events("threats.signal.found")} == {"flag"}
        parts = {found.detail.get("half") for found in guarded.scene.events("threats.signal.found")}
        assert parts == {None, "answer"}

    scenario(play)


def test_an_answer_that_comes_faster_than_it_is_read_beside_it_is_said_to_be_unread() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/observe/v1/chat/completions", body=STREAMED))
        asked = await guarded.question()
        asked.said.set_result(Said(ALLOW))
        end = b""
        while not end.endswith(b"0\r\n\r\n"):
            end = (end + await guarded.one.reader.read(1 << 20))[-16:]
        (found,) = guarded.scene.events("threats.signal.found")
        assert (found.outcome, found.detail["reason"], found.detail["half"]) == (
            Outcome.FAILED,
            BEHIND,
            "answer",
        )
        assert asked.ended

    scenario(play, trickle)


def test_an_answer_that_nobody_reads_is_told_once_and_not_shown() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/observe/v1/chat/completions"))
        asked = await guarded.question()
        await until(lambda: asked.told)
        assert asked.told == [(b"", OTHER, True)]
        asked.on_passed(Passed(last=True, said=Said(ALLOW, signals=(SIGNAL,))))
        await until(lambda: asked.ended)

    scenario(play, picture)


def test_a_client_that_leaves_a_stream_ends_the_question() -> None:
    async def play(guarded: Guarded) -> None:
        asked = await guarded.allowed(body=STREAMED)
        await guarded.one.reader.readuntil(b"\r\n\r\n")
        guarded.one.writer.transport.abort()
        await until(lambda: asked.ended)

    scenario(play, speak)


PROMPTED = b'{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"}]}'


def test_what_goes_on_has_the_mark_that_the_guard_is_told_of() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/marked/v1/chat/completions", body=PROMPTED))
        asked = await guarded.question()
        today, before = asked.planted
        assert today != before
        assert asked.octets == PROMPTED  # what is inspected, and held for a person, is the same on every day
        asked.said.set_result(Said(ALLOW))
        await until(lambda: guarded.scene.upstream.received)
        (received,) = guarded.scene.upstream.received
        assert received.body.count(today.encode()) == 1
        assert before.encode() not in received.body
        assert json.loads(received.body)["messages"][0]["content"].startswith("Be kind.\n\n")
        assert today not in repr(guarded.scene.events())

    scenario(play)


def test_what_is_redacted_has_the_mark_too() -> None:
    body = PROMPTED.replace(b'"hi"', b'"[redacted: secret]"')

    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/marked/v1/chat/completions", body=PROMPTED))
        asked = await guarded.question()
        asked.said.set_result(Said(REDACT, "secret", "threats.leakage", "", body, (SIGNAL,)))
        await until(lambda: guarded.scene.upstream.received)
        (received,) = guarded.scene.upstream.received
        assert received.body.count(asked.planted[0].encode()) == 1
        assert b"[redacted: secret]" in received.body

    scenario(play)


def test_without_a_system_prompt_or_the_wish_for_it_nothing_is_planted() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(path=b"/marked/v1/chat/completions", body=CHAT))
        assert (await guarded.question()).octets == CHAT
        guarded.asked[0].said.set_result(LEAK)
        await guarded.one.answer()
        guarded.one.send(request(path=b"/strict/v1/chat/completions", body=PROMPTED))
        await until(lambda: len(guarded.asked) > 1)
        assert (guarded.asked[1].octets, guarded.asked[1].planted) == (PROMPTED, ())

    scenario(play)


def read_again(method: bytes, service: bytes, path: bytes) -> bytes:
    return request(method=method, path=b"/%b/v1/responses/%b" % (service, path), body=b"")


@pytest.mark.parametrize(
    ("method", "path"), [(b"GET", b"resp_1"), (b"GET", b"resp_1/input_items"), (b"POST", b"resp_1/cancel")]
)
def test_what_a_model_said_before_is_inspected_when_it_is_read_again(method: bytes, path: bytes) -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(read_again(method, b"strict", path))
        asked = await guarded.question()
        assert asked.octets == b""
        asked.said.set_result(Said(ALLOW))
        await until(lambda: asked.told)
        assert asked.told == [(ANSWER, JSON, True)]
        asked.on_passed(Passed(last=True, said=LEAK))
        answer = await guarded.one.answer(method)
        assert (answer.status, answer.reason) == (403, "secret")

    scenario(play)


def test_a_list_of_models_is_nobodys_words() -> None:
    async def play(guarded: Guarded) -> None:
        guarded.one.send(request(method=b"GET", path=b"/strict/v1/models", body=b""))
        await until(lambda: guarded.scene.upstream.received)
        assert guarded.asked == []

    scenario(play)
