"""A query says what its route knows, each parameter in its own form, and goes on as it was judged."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.query import PAIRS, Pairs, parameter, read_query, write_query

KNOWN = {
    "limit": parameter(r"[1-9][0-9]{0,2}"),
    "after": parameter(r"[A-Za-z0-9_-]{1,64}"),
    "include": parameter(r"[a-z._]{1,64}", several=True),
}
NEEDED = {"api-version": parameter(r"[0-9-]{10}", required=True)}
OCTETS = st.text(st.sampled_from("limtaferncud[]%5BD&=_-:0123 ?"), max_size=40).map(str.encode)


def refused(query: bytes) -> tuple[str, str]:
    with pytest.raises(Refusal) as fault:
        read_query(query, KNOWN)
    return fault.value.reason, fault.value.param


@given(
    st.lists(
        st.tuples(st.just("limit"), st.integers(1, 999).map(str))
        | st.tuples(st.just("include"), st.sampled_from(["a.b", "c_d"])),
        max_size=PAIRS,
    ).filter(lambda pairs: [name for name, _ in pairs].count("limit") < 2)
)
def test_what_is_written_is_what_was_read(pairs: list[tuple[str, str]]) -> None:
    sent = "&".join(f"{'include%5B%5D' if name == 'include' else name}={value}" for name, value in pairs)
    judged = read_query(sent.encode(), KNOWN)
    assert list(judged) == pairs
    written = write_query(judged, KNOWN).decode()
    assert parse_qsl(written.removeprefix("?")) == parse_qsl(sent)
    assert read_query(written.removeprefix("?").encode(), KNOWN) == judged


@given(OCTETS)
def test_any_query_is_read_or_refused_by_name(query: bytes) -> None:
    try:
        judged: Pairs = read_query(query, KNOWN)
    except Refusal as fault:
        assert FAULTS[fault.reason].status == 400  # noqa: PT017 - either outcome is one to check
        return
    assert {name for name, _ in judged} <= KNOWN.keys()
    assert all(KNOWN[name].form.fullmatch(value) for name, value in judged)


@pytest.mark.parametrize(
    ("query", "reason", "param"),
    [
        (b"limit=1&limit=2", "query-repeated", "limit"),
        (b"limit=0", "query-invalid", "limit"),
        (b"limit=1%5B%5D", "query-invalid", "limit"),
        (b"limit%5B%5D=1", "query-unknown", "limit"),
        (b"include=a", "query-unknown", "include"),
        (b"surprise=1", "query-unknown", "surprise"),
        (b"Limit=1", "query-malformed", ""),
        (b"limit", "query-malformed", ""),
        (b"limit=1&", "query-malformed", ""),
        (b"=1", "query-malformed", ""),
        (b"&".join([b"include%5B%5D=a"] * (PAIRS + 1)), "query-malformed", ""),
    ],
)
def test_what_a_query_may_not_say_is_named(query: bytes, reason: str, param: str) -> None:
    assert refused(query) == (reason, param)


def test_what_a_route_needs_must_be_said() -> None:
    for query in (b"", b"api-version=2024-10-21&api-version=2024-10-21"):
        with pytest.raises(Refusal) as fault:
            read_query(query, NEEDED)
        assert fault.value.param == "api-version"
    assert read_query(b"api-version=2024-10-21", NEEDED) == (("api-version", "2024-10-21"),)
