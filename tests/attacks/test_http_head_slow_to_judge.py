"""An adversary whose heads are small, well formed, and meant to be slow to judge."""

import contextlib
import itertools
import string
import time

import pytest

from bartizan.gateway.bounds import HEAD_OCTETS
from bartizan.gateway.faults import Refusal
from bartizan.gateway.request import HeadReader

LINE = b"GET /v1/models HTTP/1.1\r\nHost: localhost"
MOST_S = 0.1
"""Time of the loop that one head may cost; each of these took ten times as much once, or is a cousin of one."""


def names(count: int) -> list[bytes]:
    drawn = itertools.product(string.ascii_lowercase, repeat=3)
    return ["".join(letters).encode() for letters in itertools.islice(drawn, count)]


HEADS = {
    "5,400 different fields, the last one twice": b"".join(
        b"\r\n%b:" % n for n in [*names(5_400), b"zz", b"zz"]
    ),
    "one field 8,000 times": b"\r\na:" * 8_000,
    "a path of slashes and dots": b"/." * 16_000,
    "white space after every colon": b"\r\na:" + b" \t" * 16_000,
    "a name that never meets its colon": b"\r\n" + b"a" * 32_000,
}


@pytest.mark.parametrize("name", HEADS)
def test_no_head_holds_the_worker(name: str) -> None:
    head = LINE.replace(b"/v1/models", HEADS[name]) if HEADS[name].startswith(b"/") else LINE + HEADS[name]
    reader = HeadReader(["localhost"])
    started = time.process_time()
    with contextlib.suppress(Refusal):  # most are refused, which is not what is judged here
        reader.read(head[:HEAD_OCTETS])
    assert time.process_time() - started < MOST_S
