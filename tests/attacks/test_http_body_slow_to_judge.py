"""An adversary with a token, whose bodies are within the bound of octets and meant to be slow or large to judge."""

import time
import tracemalloc

import pytest

from bartizan.gateway.body import JsonBody
from bartizan.gateway.faults import Refusal
from bartizan.gateway.openai_api import ChatRequest, EmbeddingRequest

MOST_S = 0.5
"""Time of the loop that one body may cost; nested arrays took eight seconds once."""
START = b'{"model":"m","messages":[{"role":"user","content":"x"}],"moderation":{"x":"%b","a":'
OCTETS = 4 * 1024 * 1024
NESTED = b"[" * 900 + b"]" * 900
PARTS = {
    "arrays 900 deep, side by side": NESTED + b",",
    "arrays 60 deep, side by side": b"[" * 60 + b"]" * 60 + b",",
    "empty arrays": b"[],",
    "empty objects": b"{},",
    "numbers that grow": b"9e9,",
    "closing brackets": b"]",
    "opening brackets": b"[",
}


@pytest.mark.parametrize("escape", [b"", b"\\u003a"])
@pytest.mark.parametrize("name", PARTS)
def test_no_body_holds_the_worker(name: str, escape: bytes) -> None:
    part = PARTS[name]
    body = START % escape + b"[" + part * (OCTETS // len(part) - 100) + b"1]}}"
    started = time.process_time()
    with pytest.raises(Refusal):
        JsonBody(ChatRequest).read(body)
    assert time.process_time() - started < MOST_S


def test_no_body_grows_a_hundredfold() -> None:
    body = b'{"model":"m","input":[' + b"[]," * (OCTETS // 3 - 20) + b"[]]}"
    tracemalloc.start()
    try:
        with pytest.raises(Refusal):
            JsonBody(EmbeddingRequest).read(body)
        assert tracemalloc.get_traced_memory()[1] < 8 * OCTETS
    finally:
        tracemalloc.stop()
