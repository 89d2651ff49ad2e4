"""What a target asks for goes on as it was judged, and nothing that is not described."""

from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bartizan.gateway.faults import Refusal
from tests.gateway.openapi.pets import route

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60)


def refused(target: bytes, method: bytes = b"GET", more: bytes = b"") -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        route(target, method, more)
    return caught.value.reason, caught.value.param


@pytest.mark.parametrize(
    ("method", "target", "way", "name"),
    [
        (b"GET", b"/pets", b"/api/pets", "list-pets"),
        (b"HEAD", b"/pets", b"/api/pets", "list-pets"),
        (b"GET", b"/shop/pets?limit=5", b"/api/pets?limit=5", "list-pets"),
        (b"GET", b"/pets?tag=a%2Cb&tag=c+d&ids=1,2", b"/api/pets?tag=a%2Cb&tag=c%20d&ids=1,2", "list-pets"),
        (b"GET", b"/pets/mine", b"/api/pets/mine", "my-pets"),
        (b"GET", b"/pets/17", b"/api/pets/17", "show-pet"),
        (b"DELETE", b"/pets/17", b"/api/pets/17", "drop-pet"),
        (b"PUT", b"/pets/17", b"/api/pets/17", "put-pet"),
        (b"GET", b"/pets/1/notes/caf%C3%A9+x", b"/api/pets/1/notes/caf%C3%A9%2Bx", "show-note"),
    ],
)
def test_a_request_goes_to_the_operation_that_its_path_means(
    method: bytes, target: bytes, way: bytes, name: str
) -> None:
    found = route(target, method)
    assert (found.upstream_path, found.name) == (way, name)
    assert found.action == ("read" if method in (b"GET", b"HEAD") else "write")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (b"/pets?limit=0", ("query-invalid", "limit")),
        (b"/pets?limit=05", ("query-invalid", "limit")),
        (b"/pets?limit=1&limit=2", ("query-repeated", "limit")),
        (b"/pets?ids=1&ids=2", ("query-repeated", "ids")),
        (b"/pets?ids=1,x", ("query-invalid", "ids")),
        (b"/pets?other=1", ("query-unknown", "other")),
        (b"/pets?limit", ("query-malformed", "")),
        (b"/pets?q=a&&q=b", ("query-malformed", "")),
        (b"/pets/x", ("path-invalid", "petId")),
        (b"/pets/1.0", ("path-invalid", "petId")),
        (b"/photo", ("route-unknown", "")),
        (b"/plain/v1/models?a=%41", ("query-malformed", "")),
        (b"/plain/v1/models/%41", ("path-encoded", "")),
    ],
)
def test_what_is_not_described_is_refused_with_its_parameter(target: bytes, said: tuple[str, str]) -> None:
    assert refused(target) == said


def test_a_method_that_a_path_does_not_have_is_told_from_a_path_that_is_not_there() -> None:
    with pytest.raises(Refusal) as caught:
        route(b"/pets/1", b"POST")
    assert (caught.value.reason, caught.value.allow) == (
        "method-not-allowed",
        "DELETE, GET, HEAD, PATCH, PUT",
    )


def test_header_fields_go_on_only_as_they_are_described() -> None:
    assert (
        route(b"/pets", more=b"\r\nX-Tenant: abc\r\nX-Other: 1\r\nCookie: a=b").lines == b"x-tenant: abc\r\n"
    )
    assert refused(b"/pets", more=b"\r\nX-Tenant: ABC") == ("field-value-refused", "x-tenant")
    assert refused(b"/pets", more=b"\r\nX-Tenant: a\r\nX-Tenant: b") == ("field-repeated", "")


@given(TEXT)
def test_any_text_arrives_as_it_was_meant(text: str) -> None:
    forwarded = route(b"/pets?q=" + quote(text, safe="").encode()).upstream_path.decode()
    assert parse_qsl(forwarded.partition("?")[2], keep_blank_values=True) == [("q", text)]


@given(TEXT)
def test_a_segment_arrives_as_it_was_meant_or_not_at_all(text: str) -> None:
    try:
        found = route(b"/pets/1/notes/" + quote(text, safe="").encode())
    except Refusal as fault:
        event(fault.reason)
        return
    last = found.upstream_path.decode().rpartition("/")[2]
    assert unquote(last) == text
    assert unquote(unquote(last)) not in (".", "..")
    assert "/" not in unquote(unquote(last))
