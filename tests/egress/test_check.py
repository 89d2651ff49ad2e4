import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.egress.check import Address, carried, check, kind_of
from bartizan.egress.faults import BY_ADDRESS_ONLY, AddressRefused

NOTHING: frozenset[str] = frozenset()
KINDS = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "fc00::1": "private",
    "fdff::1": "private",
    "fec0::1": "private",
    "169.254.0.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "100.100.100.200": "metadata",
    "168.63.129.16": "metadata",
    "192.0.0.192": "metadata",
    "fd00:ec2::254": "metadata",
    "100.64.0.1": "shared",
    "100.127.255.255": "shared",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "ff02::1": "multicast",
    "0.0.0.0": "unspecified",  # noqa: S104 - nothing is bound to it
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "198.18.0.1": "reserved",
    "198.19.255.255": "reserved",
    "192.0.2.1": "reserved",
    "198.51.100.1": "reserved",
    "203.0.113.1": "reserved",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "192.88.99.1": "translated",
    "2002:7f00:1::": "translated",
    "2001::1": "translated",
    "64:ff9b:1::1": "translated",
    "2001:db8::1": "reserved",
    "3fff::1": "reserved",
    "5f00::1": "reserved",
    "100::1": "reserved",
    "4000::1": "reserved",
    "::127.0.0.1": "reserved",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:169.254.169.254": "metadata",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "metadata",
    "1.1.1.1": "public",
    "172.32.0.1": "public",
    "100.128.0.1": "public",
    "2606:4700::1111": "public",
    "::ffff:1.1.1.1": "public",
    "64:ff9b::101:101": "public",
}

v4 = st.ip_addresses(v=4)
v6 = st.ip_addresses(v=6)


def refused(host: str, address: str | Address, port: int, *allowed: str) -> bool:
    try:
        check(host, ipaddress.ip_address(address), port, frozenset(allowed))
    except AddressRefused:
        return True
    return False


@pytest.mark.parametrize(("address", "kind"), KINDS.items())
def test_each_special_address_is_known_by_its_kind(address: str, kind: str) -> None:
    assert kind_of(ipaddress.ip_address(address)) == kind
    assert refused("host.example", address, 443) is (kind != "public")


@given(v4 | v6)
def test_what_python_holds_for_not_global_is_never_public(address: Address) -> None:
    if not carried(address).is_global or carried(address).is_multicast:
        assert kind_of(address) != "public"


@given(v4)
def test_an_address_within_another_is_judged_as_itself(inner: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        outer = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(inner))
        assert kind_of(outer) == kind_of(inner)
        assert refused("h", outer, 80, "10.0.0.0/8") == refused("h", inner, 80, "10.0.0.0/8")


@given(v4 | v6, st.integers(1, 65_535))
def test_nothing_special_passes_unless_it_is_listed(address: Address, port: int) -> None:
    assert refused("host.example", address, port) is (kind_of(address) != "public")


@given(v4 | v6, st.integers(1, 65_535))
def test_a_listed_address_passes_at_every_port_or_only_at_its_own(address: Address, port: int) -> None:
    bracketed = f"[{address}]" if address.version == 6 else str(address)
    held = carried(address)
    name = str(held) if held.version == 4 else f"[{held}]"
    assert not refused("h", address, port, str(held))
    assert not refused("h", address, port, f"{name}:{port}")
    other = port % 65_535 + 1
    assert refused("h", address, other, f"{name}:{port}", f"{bracketed}:{port}") is (
        kind_of(address) != "public"
    )


@pytest.mark.parametrize(("address", "kind"), KINDS.items())
def test_a_host_name_allows_private_addresses_but_never_what_gives_credentials_away(
    address: str, kind: str
) -> None:
    by_name = refused("Host.Example", address, 443, "host.example")
    assert by_name is (kind in BY_ADDRESS_ONLY)
    assert refused("host.example", address, 443, "host.example:443") is by_name
    assert refused("host.example", address, 444, "host.example:443") is (kind != "public")
    assert refused("other.example", address, 443, "host.example") is (kind != "public")


def test_a_network_allows_its_addresses_and_no_others() -> None:
    assert not refused("h", "10.1.2.3", 443, "10.1.0.0/16")
    assert refused("h", "10.2.2.3", 443, "10.1.0.0/16")
    assert not refused("h", "fd12::1", 443, "fd12::/32")
    assert not refused("h", "169.254.169.254", 80, "169.254.169.254/32")


@pytest.mark.parametrize(
    "entry", ["", ":", "10.0.0.1/8", "nonsense", "[", "10.0.0.0/33", "*", "0x7f.1", "127.1"]
)
def test_an_entry_that_is_no_address_allows_nothing(entry: str) -> None:
    assert refused("host.example", "10.0.0.1", 443, entry)
    assert refused("host.example", "127.0.0.1", 443, entry)


@pytest.mark.parametrize(
    ("host", "address", "entry"),
    [
        ("db.internal", "10.0.0.1", "db.internal:443"),
        ("fd00::1", "fd00::1", "[fd00::1]:443"),
        ("db.internal", "169.254.169.254", "169.254.169.254:443"),
        ("db.internal", "fe80::1", "[fe80::1]:443"),
    ],
)
def test_the_refusal_names_the_entry_that_would_allow_it(host: str, address: str, entry: str) -> None:
    with pytest.raises(AddressRefused) as fault:
        check(host, ipaddress.ip_address(address), 443, NOTHING)
    assert f'list "{entry}" in the service\'s allow_private' in str(fault.value)
    assert not refused(host, address, 443, entry)
