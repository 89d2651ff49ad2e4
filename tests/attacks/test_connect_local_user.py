"""Another user of the same machine, who can reach every port of 127.0.0.1, and hopes to call as somebody else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.app.connect.request import read_request
from bartizan.crypto.secret import Secret
from bartizan.gateway.faults import Refusal
from tests.app.connect.scene import KEY, proxied, status

OWN = Secret(b"a-key-that-nobody-else-knows")


@pytest.mark.parametrize(
    "key", ["", "x", KEY[:-1], KEY + "x", KEY.upper(), "unused", "Bearer " + KEY, f"{KEY} {KEY}", "*"]
)
def test_without_the_key_nothing_is_asked_and_nothing_is_told(key: str) -> None:
    with proxied() as scene:
        answer = scene.ask(key=key)
        assert status(answer) == 401
        assert (scene.asked, scene.fetched) == ([], [])
        assert KEY.encode() not in answer
        assert f"{scene.port}".encode() not in answer


@settings(max_examples=300)
@given(value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40))
@pytest.mark.parametrize("name", ["authorization", "x-api-key", "api-key"])
def test_no_guess_is_taken_for_the_key(name: str, value: str) -> None:
    head = f"GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{name}: {value}".encode()
    with pytest.raises(Refusal) as fault:
        read_request(head, OWN)
    assert fault.value.reason == "key-wrong"


def test_a_second_field_does_not_hide_the_first() -> None:
    with proxied() as scene:
        assert status(scene.ask("/v1/models", f"authorization: Bearer {KEY}", key="x")) == 400
        assert status(scene.ask("/v1/models", "x-api-key: guess", f"x-api-key: {KEY}", key="x")) == 400
        assert scene.asked == []
