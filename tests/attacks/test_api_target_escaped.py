"""An adversary hides in percent-encoding what a described service, decoding again, would take for another path or value."""

import pytest

from bartizan.gateway.faults import Refusal
from tests.gateway.openapi.pets import HEADS, ROUTES, route

HIDDEN = (
    *(
        "%2e%2e",
        "%2E%2e",
        ".%2e",
        "%2e",
        "..%2fpets",
        "a%2Fb",
        "a%2fb",
        "a%5cb",
        "%5c..%5c",
        "%252e%252e",
        "a%252Fb",
    ),
    *(
        "%00",
        "a%00b",
        "%0d%0aX-Injected:1",
        "%09",
        "%7f",
        "%c2%85",
        "%e2%80%a8",
        "%ff",
        "%c0%ae%c0%ae",
        "%ed%a0%80",
    ),
    *("%", "%2", "%zz", "%u002e", "%%32e"),
    *("..;", "..%3B", "..%3bx=1", "%2e%2e;x", ".;", "a%3Fb", "%3f", "a%23b", "%23"),
)


def refused(target: str, more: bytes = b"") -> str:
    with pytest.raises(Refusal) as caught:
        route(target.encode(), more=more)
    return caught.value.reason


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_segment_is_one_segment_whoever_decodes_it(hidden: str) -> None:
    assert refused(f"/pets/1/notes/{hidden}") == "path-invalid"
    assert refused(f"/pets/{hidden}") == "path-invalid"


@pytest.mark.parametrize(
    "target", ["/%70ets", "/pets/min%65", "/shop%2Fpets", "/%2e%2e/pets", "/pets%2F1", "/pets%3Flimit=1"]
)
def test_a_concrete_segment_is_never_escaped(target: str) -> None:
    assert refused(target) in ("path-encoded", "route-unknown", "path-invalid")


@pytest.mark.parametrize("hidden", ["%00", "%0d%0a", "%ff", "%", "%zz", "a%1bb"])
def test_a_query_holds_text_alone(hidden: str) -> None:
    assert refused(f"/pets?q={hidden}") == "query-invalid"
    assert refused(f"/pets?{hidden}=1") in ("query-malformed", "query-unknown")


def test_a_parameter_that_stands_twice_has_no_second_reading() -> None:
    for twice in ("q=a&q=b", "q=a&%71=b", "limit=1&limit=99", "ids=1&ids=2"):
        assert refused(f"/pets?{twice}") == "query-repeated"
    assert refused("/pets?q=a&q[]=b") == "query-malformed"
    assert refused("/pets?q=a;limit=99&admin=1") == "query-unknown"
    assert route(b"/pets?q=a%26limit=9%23x").upstream_path == b"/api/pets?q=a%26limit%3D9%23x"


def test_a_list_between_commas_has_no_hidden_ones() -> None:
    assert route(b"/pets?words=a,b").upstream_path == b"/api/pets?words=a,b"
    for hidden in ("a%2Cb", "a%2cb,c", "%2C"):
        assert refused(f"/pets?words={hidden}") == "query-invalid"


def test_the_list_of_another_service_is_not_reached_over_the_root() -> None:
    assert refused("/plain/pets") == "route-unknown"
    assert refused("/ext-authz/%41") in ("path-encoded", "route-unknown")
    assert refused("/oauth/token?a=%41") in ("query-malformed", "route-unknown")


def test_no_field_of_a_client_becomes_another_one() -> None:
    for value in (b"a\tb", b"", b"a" * 1025, b"ab, cd"):
        assert refused("/pets", b"\r\nX-Tenant: " + value) == "field-value-refused"


def test_an_escape_costs_no_second_reading_of_the_head() -> None:
    head = HEADS.read(b"GET /pets?q=%2525 HTTP/1.1\r\nHost: localhost")
    assert ROUTES.of(head).upstream_path == b"/api/pets?q=%2525"
