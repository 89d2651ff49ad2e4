"""An adversary with a token, whose bodies are within the bound of octets and meant to be slow or large to judge."""

import contextlib
import gc
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocols.openai import ROWS
from bartizan.gateway.routes import DIALECTS

CHAT, EMBEDDING = ROWS[0].reader, ROWS[2].reader
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
        CHAT.read(body)
    assert time.process_time() - started < MOST_S


CHOICES = {
    "tools that a search found": (
        "openai responses",
        b'{"input":[{"type":"tool_search_output","tools":[%b]}]}',
        b'{"type":"shell"}',
    ),
    "items": ("openai responses", b'{"input":[%b]}', b'{"type":"compaction_trigger"}'),
    "items without a type": ("openai responses", b'{"input":[%b]}', b'{"id":"x"}'),
    "parts": (
        "openai responses",
        b'{"input":[{"role":"user","content":[%b]}]}',
        b'{"type":"refusal","refusal":""}',
    ),
    "tools": (
        "anthropic messages",
        b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"tools":[%b]}',
        b'{"name":"x","input_schema":{}}',
    ),
    "blocks": (
        "anthropic messages",
        b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[%b]}]}',
        b'{"type":"text","text":""}',
    ),
}
READERS = {f"{name} {row.name}": row.reader for name, dialect in DIALECTS.items() for row in dialect.rows}


@pytest.fixture
def small() -> Iterator[None]:
    """Let the collector look at no more than a worker has; this process holds much that other tests left."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("wrong", [b"", b',{"type":"surprise"}'])
@pytest.mark.parametrize("name", CHOICES)
def test_no_number_of_choices_holds_the_worker(name: str, wrong: bytes) -> None:
    reader, around, part = CHOICES[name]
    body = around % (b",".join([part] * (65_000 // part.count(b"{"))) + wrong)
    started = time.process_time()
    with contextlib.suppress(Refusal):
        READERS[reader].read(body)
    assert time.process_time() - started < MOST_S


def test_no_body_grows_a_hundredfold() -> None:
    body = b'{"model":"m","input":[' + b"[]," * (OCTETS // 3 - 20) + b"[]]}"
    tracemalloc.start()
    try:
        with pytest.raises(Refusal):
            EMBEDDING.read(body)
        assert tracemalloc.get_traced_memory()[1] < 8 * OCTETS
    finally:
        tracemalloc.stop()
