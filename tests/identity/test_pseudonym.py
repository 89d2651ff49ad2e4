from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.identity.pseudonym import Addresses, mint, prefix


def counting() -> "Counting":
    return Counting()


class Counting:
    """Octets that are never the same twice."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, octets: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(octets, "big")


def test_a_pseudonym_has_the_form_that_events_take() -> None:
    assert mint("q", lambda octets: b"\xab" * octets) == "q-abababababababab"


@given(st.ip_addresses())
def test_an_address_lies_in_its_prefix(address: object) -> None:
    network = ip_network(prefix(str(address)))
    parsed = ip_address(str(address))
    assert getattr(parsed, "ipv4_mapped", None) or parsed in network
    assert network.prefixlen == (24 if network.version == 4 else 56)


def test_a_mapped_address_is_its_ipv4_address() -> None:
    assert prefix("::ffff:192.0.2.7") == prefix("192.0.2.9") == "192.0.2.0/24"


def test_a_scope_is_no_part_of_an_address() -> None:
    assert prefix("fe80::1%eth0") == "fe80::/56"


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4/24", "%eth0"])
def test_what_is_no_address_has_no_prefix(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        prefix(text)


def test_neighbours_share_a_pseudonym_and_strangers_do_not() -> None:
    known = Addresses()
    assert known.pseudonym("192.0.2.1") == known.pseudonym("192.0.2.200")
    assert known.pseudonym("192.0.2.1") != known.pseudonym("192.0.3.1")


def test_a_pseudonym_tells_nothing_of_the_address() -> None:
    assert Addresses().pseudonym("192.0.2.1") != Addresses().pseudonym("192.0.2.1")


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=80))
def test_memory_is_bounded_and_every_new_pseudonym_is_reported_once(hosts: list[int]) -> None:
    known = Addresses(capacity=8, random=counting())
    reported: list[str] = []
    given_out: set[str] = set()
    for host in hosts:
        given_out.add(known.pseudonym(f"10.0.{host}.1"))
        assert len(known) <= 8
        reported += [each.pseudonym for each in known.take_new()]
    assert len(reported) == len(set(reported))
    assert set(reported) == given_out
    assert known.take_new() == ()


def test_new_ones_that_nobody_takes_are_bounded_too() -> None:
    known = Addresses(capacity=8)
    for host in range(100):
        known.pseudonym(f"10.0.{host}.1")
    assert len(known.take_new()) == 8


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=80))
def test_a_pseudonym_leads_back_while_it_is_in_use_and_no_longer(hosts: list[int]) -> None:
    known, latest = Addresses(capacity=8, random=counting()), dict[str, str]()
    for host in hosts:
        given_out = known.pseudonym(f"10.0.{host}.1")
        latest.pop(given_out, None)
        latest[given_out] = f"10.0.{host}.0/24"
        for pseudonym, network in list(latest.items())[-8:]:
            assert known.prefix_of(pseudonym) == network
        for pseudonym in list(latest)[:-8]:
            assert known.prefix_of(pseudonym) == pseudonym
    assert known.prefix_of("anonymous") == "anonymous"
