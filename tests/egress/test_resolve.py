import ipaddress
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.egress.faults import NameUnknown
from bartizan.egress.resolve import MOST_ANSWERS, MOST_LOOKUPS, Lookup, resolve


def answering(*addresses: str) -> Lookup:
    def lookup(*_args: object, **_named: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    return lookup


def test_localhost_is_resolved_by_the_system() -> None:
    assert ipaddress.ip_address("127.0.0.1") in resolve("localhost", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "203.0.113.9"])
def test_an_address_is_itself_without_a_look_up(host: str) -> None:
    def never(*_args: object, **_named: object) -> list[Any]:
        raise AssertionError(host)

    assert resolve(host, 80, lookup=never) == (ipaddress.ip_address(host.strip("[]")),)


def test_answers_are_bounded_and_each_once_in_order() -> None:
    many = [f"10.0.{number // 250}.{number % 250}" for number in range(1_000)]
    found = resolve("many.example", 80, lookup=answering("10.9.9.9", "10.9.9.9", *many))
    assert len(found) == MOST_ANSWERS
    assert [str(address) for address in found[:3]] == ["10.9.9.9", "10.0.0.0", "10.0.0.1"]


@pytest.mark.parametrize("answer", [(), ("",), ("not an address",)])
def test_an_answer_without_an_address_is_a_fault(answer: tuple[str, ...]) -> None:
    with pytest.raises(NameUnknown, match="no address"):
        resolve("empty.example", 80, lookup=answering(*answer))


@pytest.mark.parametrize(
    "host", ["", ".", "a b", "x" * 64 + ".example", "a." * 200 + "b", "a\nb", "..", "a\0b"]
)
def test_what_is_no_name_is_never_asked_for(host: str) -> None:
    def never(*_args: object, **_named: object) -> list[Any]:
        raise AssertionError(host)

    with pytest.raises(NameUnknown, match="not a host's name"):
        resolve(host, 80, lookup=never)


def test_a_name_in_another_script_is_asked_for_in_ascii() -> None:
    asked: list[object] = []

    def lookup(name: str, *_args: object, **_named: object) -> list[tuple[Any, ...]]:
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 0))]

    resolve("bücher.example", 80, lookup=lookup)
    assert asked == ["xn--bcher-kva.example"]


@given(st.text(max_size=80))
def test_any_text_gives_addresses_or_the_one_fault(host: str) -> None:
    try:
        found = resolve(host, 80, lookup=answering("10.0.0.1"))
    except NameUnknown:
        return
    assert len(found) == 1


def test_an_unknown_name_says_what_to_check() -> None:
    def lookup(*_args: object, **_named: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NameUnknown, match="check the name"):
        resolve("gone.example", 80, lookup=lookup)


def test_a_name_server_that_hangs_takes_neither_time_nor_threads_without_bound() -> None:
    release = threading.Event()

    def hanging(*_args: object, **_named: object) -> list[Any]:
        release.wait(60)
        return []

    before = threading.active_count()
    begun = time.monotonic()
    try:
        for number in range(MOST_LOOKUPS + 3):
            reason = "in time" if number < MOST_LOOKUPS else "too many"
            with pytest.raises(NameUnknown, match=reason):
                resolve("slow.example", 80, timeout_s=0.01, lookup=hanging)
        assert threading.active_count() - before <= MOST_LOOKUPS
        assert time.monotonic() - begun < 10
    finally:
        release.set()
    while threading.active_count() > before:
        time.sleep(0.01)
    assert resolve("quick.example", 80, lookup=answering("10.0.0.1"))
