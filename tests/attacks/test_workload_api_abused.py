"""Whoever may connect to what serves workloads neither breaks it nor keeps others from it, and no web page speaks to it."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamReset
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.workload_grpc import OPENED, STREAMS, Conversation
from bartizan.app.workloads import CONNECTIONS, OF_ONE_USER
from tests.app.workload_client import EMPTY, FETCH, TRUSTED, Client
from tests.app.workload_service import serving


def opening() -> bytes:
    """Return what a client of HTTP/2 sends first."""
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    return client.data_to_send()


def call(*more: tuple[str, str], body: bytes = EMPTY, path: str = FETCH) -> bytes:
    """Return a whole call."""
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "a")]
    client.send_headers(1, [*fields, ("content-type", "application/grpc"), TRUSTED, *more])
    client.send_data(1, body, end_stream=True)
    return client.data_to_send()


GREETING, CALL = opening(), call()


def told(*pieces: bytes) -> tuple[Conversation, list[tuple[int, str]]]:
    wanted: list[tuple[int, str]] = []
    conversation = Conversation(lambda number, path: wanted.append((number, path)))
    for piece in pieces:
        if not conversation.over:
            conversation.take(piece)
    return conversation, wanted


def test_a_call_is_one_however_it_is_cut() -> None:
    for at in range(len(CALL)):
        assert told(CALL[:at], CALL[at:])[1] == [(1, FETCH)]


@given(st.binary(max_size=300), st.sampled_from([b"", GREETING, CALL]))
def test_garbage_ends_a_connection_and_nothing_else(garbage: bytes, before: bytes) -> None:
    conversation, _ = told(before, garbage)
    assert len(conversation.told()) < 4096


@given(st.integers(0, len(CALL) - 1), st.integers(1, 255))
def test_a_changed_octet_makes_no_other_call(at: int, difference: int) -> None:
    changed = bytearray(CALL)
    changed[at] ^= difference
    _, wanted = told(bytes(changed))
    assert (
        set(wanted) <= {(1, FETCH), (3, FETCH), (1, "/SpiffeWorkloadAPI/FetchX509Bundles")}
        or wanted[0][1] == FETCH
    )


def test_a_page_in_a_browser_which_cannot_send_the_field_gets_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as (path, sealer), Client(path) as client:
        assert client.status(client.call(trusted=False)) == 3
        wrong = client.call(FETCH, EMPTY, ("workload.spiffe.io", "TRUE"), trusted=False)
        assert client.status(wrong) == 3
        assert sealer.asked == 0


@pytest.mark.parametrize("body", [b"", b"\x01\0\0\0\0", b"\0\0\0\0\x05", EMPTY + b"x", b"\0\xff\xff\xff\xff"])
def test_a_message_of_another_length_or_form_is_refused(body: bytes, tmp_path: Path) -> None:
    with serving(tmp_path) as (path, sealer), Client(path) as client:
        assert client.status(client.call(FETCH, body)) == 3
        assert sealer.asked == 0


def test_a_long_body_and_many_fields_end_the_connection() -> None:
    assert told(call(body=b"\0" * 4000))[0].over
    assert told(call(*((f"x-{number}", "y" * 100) for number in range(200))))[0].over
    assert told(call(path="/" + "é")[: len(CALL)])[1] == []


def test_one_connection_opens_so_many_calls_and_no_more() -> None:
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    conversation, _ = told()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", FETCH), (":authority", "a")]
    for number in range(OPENED + 1):  # and resets each at once
        client.send_headers(2 * number + 1, [*fields, ("content-type", "application/grpc"), TRUSTED])
        client.reset_stream(2 * number + 1)
        assert not conversation.over
        conversation.take(client.data_to_send())
        assert conversation.calls == 0
    assert conversation.over


def test_no_more_calls_are_open_at_once_than_are_allowed() -> None:
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", FETCH), (":authority", "a")]
    for number in range(STREAMS + 1):
        client.send_headers(2 * number + 1, [*fields, ("content-type", "application/grpc"), TRUSTED])
    conversation, wanted = told(client.data_to_send())
    assert (conversation.calls, wanted) == (STREAMS, [])
    refused = [
        event.stream_id
        for event in client.receive_data(conversation.told())
        if isinstance(event, StreamReset)
    ]
    assert refused == [2 * STREAMS + 1]


def goodbye() -> bytes:
    """Return a call, and that its client ends the connection."""
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", FETCH), (":authority", "a")]
    client.send_headers(1, [*fields, ("content-type", "application/grpc"), TRUSTED])
    client.send_data(1, EMPTY, end_stream=True)
    client.close_connection()
    return client.data_to_send()


def test_who_says_goodbye_before_the_answer_comes_gets_none() -> None:
    conversation, wanted = told(goodbye())
    assert wanted == [(1, FETCH)]
    conversation.told()
    conversation.say(1, b"certificate")
    conversation.end(1, 0)
    assert (conversation.told(), conversation.calls) == (b"", 0)


def test_a_user_holds_its_share_of_connections_and_no_more(tmp_path: Path) -> None:
    assert CONNECTIONS > 2 * OF_ONE_USER
    with serving(tmp_path) as (path, _), ExitStack() as stack:
        held = [stack.enter_context(Client(path)) for _ in range(OF_ONE_USER)]
        assert held[-1].message(held[-1].call())
        with pytest.raises(ConnectionError):  # noqa: PT012  # it is closed before or after it greets
            refused = stack.enter_context(Client(path))
            while refused.hear():
                pass
            raise ConnectionResetError
        assert held[0].message(held[0].call())


def test_a_user_whose_workloads_there_are_none_is_not_spoken_to(tmp_path: Path) -> None:
    with serving(tmp_path, uids=(os.geteuid() + 1,)) as (path, sealer):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(60)
            stranger.connect(path)
            assert stranger.recv(100) == b""
        assert sealer.asked == 0


def test_one_user_has_so_much_attested_and_waits_for_more(tmp_path: Path) -> None:
    with serving(tmp_path) as (path, sealer), Client(path) as client:
        statuses = []
        for _ in range(60):
            number = client.call()
            if client.message(number) is None:
                statuses.append(client.status(number))
            else:
                client.h2.reset_stream(number)
        assert statuses
        assert set(statuses) == {14}
        assert sealer.asked < 60
