"""The route table: one meaning for each path, and public routes nowhere but at control."""

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.ports import ServiceRoute
from bartizan.gateway.request import RequestHead
from bartizan.gateway.route import Routes

ROUTES = Routes(
    [
        ServiceRoute("one", "one.example"),
        ServiceRoute("two", "two.example", base="/x"),
        ServiceRoute("control", "c", protocol="control"),
    ],
    "one",
)


def head(method: bytes, path: bytes) -> RequestHead:
    return RequestHead(method, path, 1, True, 0, False, "", b"", b"", False)


def test_the_table_is_this() -> None:
    table = {
        (route.method, route.path, route.service.name, route.action, route.public) for route in ROUTES.all()
    }
    openai = [
        (b"POST", b"/chat/completions", "chat"),
        (b"POST", b"/completions", "complete"),
        (b"POST", b"/embeddings", "embed"),
        (b"GET", b"/models", "list-models"),
    ]
    expected = {
        (method, prefix + path, service, action, False)
        for prefix, service in ((b"/v1", "one"), (b"/one/v1", "one"), (b"/two/v1", "two"))
        for method, path, action in openai
    }
    public = {
        (b"POST", b"/oauth/token", "control", "request-token", True),
        (b"GET", b"/.well-known/oauth-authorization-server", "control", "read-metadata", True),
        (b"GET", b"/oauth/jwks", "control", "read-keys", True),
    }
    assert table == expected | public


@pytest.mark.parametrize(
    "path", [b"/control/v1/models", b"/v1/models/", b"/two/models", b"", b"/three/v1/models"]
)
def test_what_is_not_in_the_table_has_no_route(path: bytes) -> None:
    with pytest.raises(Refusal) as fault:
        ROUTES.of(head(b"GET", path))
    assert fault.value.reason == "route-unknown"


def test_get_takes_head_too_and_nothing_takes_another() -> None:
    assert ROUTES.of(head(b"HEAD", b"/v1/models")).name == "models"
    for method, path, allow in ((b"HEAD", b"/v1/embeddings", "POST"), (b"POST", b"/v1/models", "GET, HEAD")):
        with pytest.raises(Refusal) as fault:
            ROUTES.of(head(method, path))
        assert (fault.value.status, fault.value.allow) == (405, allow)
