"""Descriptors are shared so that many services leave room for clients, and few clients for services."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.room import shared

OWN = 128


@given(st.integers(16, 20_000), st.integers(1, 200_000), st.integers(64, 100_000))
def test_no_more_is_promised_than_there_are_descriptors(most: int, possible: int, descriptors: int) -> None:
    clients, upstreams = shared(most, possible, descriptors)
    assert 0 < clients <= most
    assert 0 < upstreams <= possible
    assert clients + upstreams <= max(descriptors - OWN, OWN)
    assert upstreams >= min(clients, possible)  # what is busy fits, and idle ones make room for it


def test_a_hundred_services_leave_half_to_clients() -> None:
    assert shared(8192, 25_856, 20_000) == (8192, 11_680)
    assert shared(8192, 25_856, 8192) == (4032, 4032)
    assert shared(8192, 256, 20_000) == (8192, 256)
