"""What a flood shows is decided by what was answered: only unlimited service is a limit that broke."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from typing_extensions import override

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.attacks.flood import ATTACK
from bartizan.drill.door import Door
from tests.drill.scene import Record

UNLIMITED = [200] * 2001


@contextmanager
def answering(statuses: Sequence[int]) -> Iterator[Door]:
    """Serve these statuses, one a request, the last one for ever."""
    left = list(reversed(statuses))

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(left.pop() if len(left) > 1 else left[0])
            self.send_header("retry-after", "1")
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        @override
        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Door("127.0.0.1", server.server_address[1], b"", "sample")
        server.shutdown()


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([200, 200, 429, 200], Held),
        ([200, 200, 429, 403], Undecided),
        ([200, 200, 429, 429], GotThrough),
        ([403], Undecided),
        ([200, 502], Undecided),
        (UNLIMITED, GotThrough),
    ],
)
def test_a_flood_proves_what_was_answered_and_no_more(statuses: list[int], kind: type[Outcome]) -> None:
    with answering(statuses) as door:
        target = Record().target()
        platform = msgspec.structs.replace(target.platform, door=door, token=lambda *_asked: "token")
        outcome = ATTACK.act(msgspec.structs.replace(target, platform=platform))
    assert isinstance(outcome, kind), outcome
