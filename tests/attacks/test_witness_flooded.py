"""Anybody may connect to a witness: with garbage, with bodies without end, with connections without end, or slowly.

It answers the next one all the same, says nothing of its insides, and remembers what it has cosigned.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bartizan.egress.faults import EgressFault
from bartizan.egress.line import Line
from bartizan.http import body, witness
from bartizan.ledger.witness import MOST_REQUEST
from tests.http.witnesses import Witness, answers
from tests.ledger.histories import LEDGER, History

HERE = History(40)
HEAD = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Witness]:
    with answers(tmp_path / "w", LEDGER.verifiers) as made:
        assert made.post(HERE.request(0, 10)).status == 200
        yield made
        assert made.post(HERE.request(0, 10)).status == 409  # whatever was done to it
        assert made.post(HERE.request(10, 40)).status == 200


def heard(line: Line) -> bytes:
    """Everything until the other side ends, or breaks off."""
    whole = b""
    with suppress(OSError):
        while octets := line.recv():
            whole += octets
    return whole


def ask_for_ever(line: Line) -> None:
    while True:
        line.send(100 * b"GET /witness.pub HTTP/1.1\r\nHost: w\r\n\r\n")


def told(served: Witness, octets: bytes) -> bytes:
    """What is answered to octets on a connection of their own, up to its end."""
    with served.line() as line:
        with suppress(EgressFault):
            line.send(octets)
        return heard(line)


@pytest.mark.parametrize(
    "octets",
    [
        b"\0" * 4000,
        b"GET / HTTP/9\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"A" * 100_000,
    ],
)
def test_garbage_is_answered_shortly_and_ends_the_connection(served: Witness, octets: bytes) -> None:
    answer = told(served, octets)
    assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    assert b"Traceback" not in answer
    assert len(answer) < 1000


def test_a_body_past_the_bound_is_not_read_to_its_end(served: Witness) -> None:
    for framing, chunk in ((f"Content-Length: {1 << 40}", b"x" * 65536), ("Transfer-Encoding: chunked", b"")):
        part = chunk or b"10000\r\n" + b"x" * 65536 + b"\r\n"
        with served.line() as line:
            with suppress(EgressFault):
                line.send(HEAD + framing.encode() + b"\r\n\r\n")
                for _ in range(2 * MOST_REQUEST // 65536 + 64):
                    line.send(part)
            answer = heard(line)
        assert answer[:12] in (b"HTTP/1.1 413", b"")


@pytest.mark.slow
def test_who_sends_a_head_or_a_body_slowly_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "STEP_SECONDS", 1.0)
    monkeypatch.setattr(body, "SECONDS", 0.5)
    slow = [
        b"",
        b"P",
        HEAD,
        HEAD + b"Content-Length: 100\r\n\r\nold",
        b"POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\n",
    ]
    with answers(tmp_path / "w", LEDGER.verifiers) as made, ExitStack() as stack:
        lines = [stack.enter_context(made.line()) for _ in slow]
        for line, octets in zip(lines, slow, strict=True):
            if octets:
                line.send(octets)
        said = [heard(line) for line in lines]  # each ends, although none of them does
        assert [one[:12] for one in said[:3]] == [b"", b"", b""]
        assert said[3].startswith(b"HTTP/1.1 408")
        assert said[4].startswith(b"HTTP/1.1 404")
        assert made.post(HERE.request(0, 10)).status == 200


@pytest.mark.slow
def test_who_asks_and_never_reads_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "STEP_SECONDS", 1.0)
    with answers(tmp_path / "w", LEDGER.verifiers) as made, made.line() as line:
        with pytest.raises(EgressFault):
            ask_for_ever(line)
        assert made.post(HERE.request(0, 10)).status == 200


def test_one_address_cannot_take_every_place(served: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "EACH", 4)
    with ExitStack() as stack:
        taken = [stack.enter_context(served.line()) for _ in range(4)]
        with pytest.raises(EgressFault):
            served.line()
        other = socket.create_connection(("127.0.0.1", served.port), 10, ("127.0.0.2", 0))
        with other:  # another address has places of its own: it is not hung up on
            other.settimeout(0.2)
            with pytest.raises(TimeoutError):
                other.recv(1)
        taken[0].close()
    for _ in range(100):  # once they have left, there is room again
        with suppress(EgressFault):
            served.line().close()
            break
    else:
        pytest.fail("nobody is let in any more")


def test_a_memory_full_of_requests_is_not_to_be_had(served: Witness) -> None:
    other = History(60, fork=5)
    for size in range(11, 60):
        assert served.post(other.request(10, size)).status == 422
    assert len(served.installed.store.evidence()) <= 16
