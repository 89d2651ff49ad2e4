"""A witness gone bad, or whoever answers in its place, to a platform that submits its checkpoints.

Whatever it says: only signatures under its known keys over the checkpoint that was submitted count, a refusal is told as
what it is, and it costs a bounded number of requests and a bounded part of its answer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from typing_extensions import override

from bartizan.app.feeding import COSIGNED, Said
from bartizan.app.submission import Submitter, prover
from bartizan.app.witness_plan import Witness
from bartizan.clock import Nanoseconds
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.installation import CHECKPOINT, read_small
from bartizan.ledger.witness import SIZE_MEDIA, parse
from tests.ledger.ground import START, Ground, fill
from tests.ledger.histories import cosigner

KNOWN, STRANGER = cosigner("liar.example.com/w"), cosigner("liar.example.com/w")
Answer = tuple[int, str, bytes]
NOW = Nanoseconds(START)


class Liar:
    """A server that answers as it is told; `asked` are the bodies of what it got."""

    def __init__(self, port: int) -> None:
        self.port, self.asked = port, list[bytes]()
        self.answer: Callable[[bytes], Answer] = lambda _: (500, "", b"")


@contextmanager
def lying() -> Iterator[Liar]:
    class Serve(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            liar.asked.append(body)
            status, media, octets = liar.answer(body)
            self.send_response(status)
            self.send_header("content-type", media or "text/plain")
            self.send_header("content-length", str(len(octets)))
            if status == 307:
                self.send_header("location", f"http://127.0.0.1:{liar.port}/elsewhere")
            self.end_headers()
            self.wfile.write(octets)

        @override
        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Serve) as server:
        liar = Liar(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown()
            thread.join()


class Scene(msgspec.Struct):
    """A ledger with a signed checkpoint, a server in its witness's place, and what asks it."""

    ground: Ground
    liar: Liar
    submitter: Submitter

    @property
    def note(self) -> bytes:
        return read_small(self.ground.folder / CHECKPOINT)

    @property
    def size(self) -> int:
        return parse_point(self.note)[0].size

    def told(self, answer: Callable[[bytes], Answer]) -> Said:
        self.liar.asked.clear()
        self.liar.answer = answer
        return self.submitter.submit(self.note)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 20)
    ground.sequencer.checkpoint()
    with lying() as liar:
        at = Witness(
            "liar", "127.0.0.1", liar.port, False, "/w", KNOWN.witness.encode().decode(), ("127.0.0.1",)
        )
        submitter = Submitter(at, prover(ground.folder))
        yield Scene(ground, liar, submitter)
        submitter.close()


def honest(body: bytes) -> Answer:
    return 200, "", KNOWN.sign(parse_point(parse(body).note)[0], NOW)


def sized(size: int) -> Callable[[bytes], Answer]:
    return lambda _: (409, SIZE_MEDIA, b"%d\n" % size)


def test_what_it_signs_under_its_keys_counts_and_nothing_beside_it_is_taken(scene: Scene) -> None:
    noise = STRANGER.witness.keys[0].line(bytes(72))
    lines = KNOWN.sign(parse_point(scene.note)[0], NOW)
    assert scene.told(lambda _: (200, "", noise + lines + noise)) == Said(COSIGNED, scene.size, lines)


@pytest.mark.parametrize(
    "lines",
    [
        lambda _: b"",
        lambda _: b"\n",
        lambda _: b"ok\n",
        lambda _: b"\xff" * 100,
        lambda point: STRANGER.sign(point, NOW),
        lambda point: KNOWN.sign(msgspec.structs.replace(point, size=point.size - 1), NOW),
        lambda point: KNOWN.sign(msgspec.structs.replace(point, root=bytes(32)), NOW),
        lambda point: KNOWN.sign(
            msgspec.structs.replace(point, origin="bartizan.local/ffffffffffffffff"), NOW
        ),
        lambda point: KNOWN.sign(point, NOW).splitlines(keepends=True)[0],
        lambda point: KNOWN.sign(point, NOW).splitlines(keepends=True)[1],
        lambda point: KNOWN.sign(point, NOW) * 8,
        lambda point: KNOWN.sign(point, NOW)[:-1],
        lambda point: b"\n" + KNOWN.sign(point, NOW),
    ],
)
def test_what_it_does_not_sign_with_each_of_its_keys_is_forged(
    scene: Scene, lines: Callable[[object], bytes]
) -> None:
    found = scene.told(lambda body: (200, "", lines(parse_point(parse(body).note)[0])))
    assert found == Said("forged", scene.size)


def test_its_word_for_an_earlier_checkpoint_is_none_for_this_one(scene: Scene) -> None:
    assert scene.told(honest).word == COSIGNED
    (earlier,) = scene.liar.asked
    fill(scene.ground, 2, 5)
    scene.ground.sequencer.checkpoint()
    assert scene.told(lambda _: honest(earlier)).word == "forged"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((404, "", b""), "unknown"),
        ((403, "", b""), "untrusted"),
        ((400, "", b""), "malformed"),
        ((422, "", b""), "split-view"),
        ((500, "", b""), "unavailable"),
        ((307, "", b""), "unavailable"),
        ((409, "", b"7\n"), "malformed"),
        ((409, SIZE_MEDIA, b""), "malformed"),
        ((409, SIZE_MEDIA, b"-1\n"), "malformed"),
        ((409, SIZE_MEDIA, b"007\n"), "malformed"),
        ((409, SIZE_MEDIA, b"9" * 40), "malformed"),
        ((409, SIZE_MEDIA, b"9" * 18), "rolled-back"),
        ((200, "", b"x" * 200_000), "malformed"),
    ],
)
def test_every_refusal_has_one_word(scene: Scene, answer: Answer, word: str) -> None:
    assert scene.told(lambda _: answer) == Said(word, scene.size)
    assert len(scene.liar.asked) <= 1
    assert all(b"elsewhere" not in body for body in scene.liar.asked)


def test_sizes_that_change_for_ever_cost_a_few_requests(scene: Scene) -> None:
    sizes = iter(range(1, 1000))
    assert scene.told(lambda _: (409, SIZE_MEDIA, b"%d" % next(sizes))).word == "malformed"
    assert len(scene.liar.asked) <= 3


def test_a_size_that_it_insists_on_costs_a_few_requests(scene: Scene) -> None:
    assert scene.told(sized(0)).word == "malformed"
    assert scene.told(sized(5)).word == "malformed"
    assert len(scene.liar.asked) <= 3


def test_that_it_has_seen_this_size_already_is_not_a_split_view_until_it_says_no_to_the_root(
    scene: Scene,
) -> None:
    size = scene.size

    def seen(body: bytes) -> Answer:
        return honest(body) if parse(body).old == size else sized(size)(body)

    assert scene.told(seen).word == COSIGNED
    assert scene.told(sized(size)) == Said("split-view", size)


def test_a_lie_is_not_remembered(scene: Scene) -> None:
    assert scene.told(sized(10**17)).word == "rolled-back"
    assert scene.told(honest).word == COSIGNED


def test_nobody_there_is_unreachable(scene: Scene) -> None:
    gone = Witness("gone", "127.0.0.1", 1, False, "", KNOWN.witness.encode().decode(), ("127.0.0.1",))
    assert Submitter(gone, prover(scene.ground.folder)).submit(scene.note).word == "unreachable"


def test_a_ledger_that_does_not_bear_its_checkpoint_out_accuses_nobody(scene: Scene) -> None:
    connection = scene.ground.apart()
    connection.execute("UPDATE tiles SET hashes = zeroblob(length(hashes))")
    assert scene.told(sized(20)).word == "damaged"
    assert scene.submitter.submit(b"no checkpoint").word == "damaged"


def test_a_private_address_that_is_not_listed_is_not_connected_to(scene: Scene) -> None:
    secret = Witness("w", "127.0.0.1", scene.liar.port, False, "", KNOWN.witness.encode().decode())
    assert Submitter(secret, prover(scene.ground.folder)).submit(scene.note).word == "unreachable"
    assert scene.liar.asked == []
