"""The route table: one meaning for each path, and public routes nowhere but at control."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.faults import Refusal
from bartizan.gateway.judged import NOTHING
from bartizan.gateway.request import RequestHead
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute

ROUTES = Routes(
    [
        ServiceRoute("one", "one.example"),
        ServiceRoute("two", "two.example", base="/x"),
        ServiceRoute("control", "c", protocol="control"),
    ],
    "one",
)
PAGES = {
    *((b"GET", b"/people" + path) for path in (b"", b"/link", b"/page.css", b"/passkey.js")),
    *(
        (b"GET", b"/people" + path)
        for path in (
            b"/sign-in",
            b"/recover",
            b"/enrol",
            b"/verify",
            b"/approvals",
            b"/everyone",
            b"/device",
            b"/applications",
        )
    ),
    *(
        (b"POST", b"/people" + path)
        for path in (b"/sign-in", b"/recover", b"/enrol", b"/verify", b"/approvals")
    ),
    *(
        (b"POST", b"/people" + path)
        for path in (
            b"/link",
            b"/passkey-remove",
            b"/recovery-codes",
            b"/session-end",
            b"/device",
            b"/device-answer",
        )
    ),
    *(
        (b"POST", b"/people" + path)
        for path in (b"/sign-out", b"/sign-out-everywhere", b"/revoke", b"/erase", b"/withdraw")
    ),
}


def head(method: bytes, path: bytes, query: bytes = b"") -> RequestHead:
    return RequestHead(method, path, 1, True, 0, False, "", b"", b"", False, query=query)


def test_the_table_is_this() -> None:
    table = {
        (route.method, route.path, route.service.name, route.action, route.public) for route in ROUTES.all()
    }
    openai = [
        (b"POST", b"/chat/completions", "chat"),
        (b"POST", b"/completions", "complete"),
        (b"POST", b"/embeddings", "embed"),
        (b"GET", b"/models", "list-models"),
        (b"GET", b"/models/{}", "list-models"),
        (b"POST", b"/responses", "respond"),
        (b"GET", b"/responses/{}", "read-response"),
        (b"DELETE", b"/responses/{}", "delete-response"),
        (b"POST", b"/responses/{}/cancel", "cancel-response"),
        (b"GET", b"/responses/{}/input_items", "read-response"),
    ]
    expected = {
        (method, prefix + path, service, action, False)
        for prefix, service in ((b"/v1", "one"), (b"/one/v1", "one"), (b"/two/v1", "two"))
        for method, path, action in openai
    }
    public = {
        (b"POST", b"/oauth/token", "control", "request-token", True),
        (b"POST", b"/oauth/par", "control", "push-authorization", True),
        (b"POST", b"/oauth/device_authorization", "control", "request-device-code", True),
        (b"POST", b"/oauth/introspect", "control", "inspect-token", True),
        (b"POST", b"/oauth/revoke", "control", "return-token", True),
        (b"GET", b"/oauth/authorize", "control", "authorize", True),
        (b"POST", b"/oauth/authorize", "control", "authorize", True),
        *(
            (method, b"/oauth/register", "control", "reach-registration", True)
            for method in (b"POST", b"GET", b"PUT", b"DELETE")
        ),
        (b"GET", b"/.well-known/oauth-authorization-server", "control", "read-metadata", True),
        (b"GET", b"/.well-known/openid-configuration", "control", "read-metadata", True),
        (b"GET", b"/oauth/jwks", "control", "read-keys", True),
        (b"POST", b"/oauth/backchannel-logout", "control", "receive-logout", True),
        (b"POST", b"/ssf/events", "control", "receive-events", True),
        (b"POST", b"/device/enrolment", "control", "enrol-device", True),
        (b"POST", b"/device/posture", "control", "tell-posture", True),
    }
    assert {(method, path, "control", "visit-page", True) for method, path in PAGES} == {
        row for row in table if row[3] == "visit-page"
    }
    assert {row for row in table if row[3] != "visit-page"} == expected | public
    own = Routes([ServiceRoute(name="control", upstream="control", protocol="control", own=True)], "")
    shown = {path for _, path in PAGES} | {b"/oauth/authorize"}
    assert {route.path for route in own.all() if route.page is not None} == shown
    assert not [route for route in ROUTES.all() if route.page is not None]


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


@given(st.text(st.sampled_from("abZ09._:~-/"), min_size=1, max_size=12))
def test_an_open_segment_takes_its_form_and_goes_on_as_it_is(model: str) -> None:
    path = f"/two/v1/models/{model}".encode()
    try:
        route = ROUTES.of(head(b"GET", path))
    except Refusal as fault:
        assert fault.reason == "route-unknown"  # noqa: PT017 - either outcome is one to check
        assert "/" in model or not model[0].isalnum()
        return
    assert route.upstream_path == f"/x/models/{model}".encode()
    assert (route.name, route.action, route.service.name) == ("model", "list-models", "two")
    assert route.reader.read(b"").model == model


def test_what_one_target_varies_stays_with_it() -> None:
    ROUTES.of(head(b"GET", b"/v1/models/m"))
    assert ROUTES.of(head(b"GET", b"/v1/models")).reader.read(b"") is NOTHING
    assert ROUTES.of(head(b"GET", b"/v1/models/n")).upstream_path == b"/v1/models/n"


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        (b"POST", b"/v1/models/m", "method-not-allowed"),
        (b"GET", b"/v1/models/m/n", "route-unknown"),
        (b"GET", b"/v1/models/.m", "route-unknown"),
        (b"GET", b"/v1/models/" + b"m" * 129, "route-unknown"),
        (b"GET", b"/three/v1/models/m", "route-unknown"),
        (b"GET", b"/" * 2000, "route-unknown"),
    ],
)
def test_an_open_segment_opens_nothing_else(method: bytes, path: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as fault:
        ROUTES.of(head(method, path))
    assert fault.value.reason == reason


def test_a_route_that_takes_no_query_refuses_one() -> None:
    for path in (b"/v1/models", b"/v1/models/m"):
        with pytest.raises(Refusal) as fault:
            ROUTES.of(head(b"GET", path, b"limit=1"))
        assert fault.value.reason == "query-refused"
