"""An adversary who may call one operation writes the path of another as a value of it: escaped, in other letters, or left out."""

import json
from typing import Any

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.request import HeadReader
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute
from tests.gateway.openapi.pets import parameter


def item(word: str, name: str, *parameters: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    said = [parameter(one, "path", {"type": "string"}) for one in parameters]
    return {word: {"operationId": name, "parameters": said, **more}}


PHOTO = {"requestBody": {"required": True, "content": {"image/png": {"schema": {}}}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/users/{id}": {**item("get", "showUser", "id"), **item("post", "touchUser", "id")},
        "/users/me": item("get", "showMyself"),
        "/users/admin": item("post", "sendPhoto", **PHOTO),
        "/users/{id}.csv": item("get", "exportUser", "id"),
        "/users/caf%C3%A9": item("get", "coffee"),
        "/users/{id}/Keys/{key}": item("get", "showKey", "id", "key"),
        "/users/{id}/Keys/all": item("get", "showKeys", "id"),
        "/users/me/Keys/{key}-{part}": item("get", "showPart", "key", "part"),
        "/files/{a}{b}": item("get", "twoInOne", "a", "b"),
        "/files/{id}": item("get", "showFile", "id"),
    },
}
ROUTES = Routes([ServiceRoute("hr", "hr.example", protocol="http", description=json.dumps(DOCUMENT))], "hr")
REFUSED = ("route-unknown", "path-encoded", "target-malformed")
HEADS = HeadReader(["localhost"], ROUTES.told)


def asked(target: str, method: str = "GET") -> str:
    head = HEADS.read(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0".encode())
    try:
        return ROUTES.of(head).operation
    except Refusal as fault:
        return fault.reason


@pytest.mark.parametrize(
    "target",
    [
        *("/users/%6de", "/users/m%65", "/users/%6D%65", "/users/ME", "/users/Me", "/users/%4de"),
        *("/users/admin", "/users/Admin", "/users/%61dmin", "/users/7.csv", "/users/7.CSV", "/users/7%2ecsv"),
        *("/users/.csv", "/users/caf%C3%A9", "/users/CAF%c3%89"),
        *("/users/7/Keys/ALL", "/users/7/Keys/%61ll", "/users/me/Keys/a-b", "/users/Me/Keys/a%2db"),
        *("/users/7/keys/9", "/users/me;x", "/users/Me%3Bx=1", "/users/admin;", "/users/7/Keys/all;x"),
    ],
)
def test_no_value_is_the_path_of_another_operation(target: str) -> None:
    assert asked(target) in REFUSED


def test_an_operation_that_is_left_out_is_not_reached_over_an_open_one() -> None:
    assert asked("/users/admin", "POST") == "route-unknown"
    assert asked("/users/%61dmin", "POST") in REFUSED
    assert asked("/users/mine", "POST") == "touchUser"


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        ("/users/me", "showMyself"),
        ("/users/mel", "showUser"),
        ("/users/7", "showUser"),
        ("/users/csv", "showUser"),
        ("/users/%C3%A9", "showUser"),
        ("/users/me/Keys/9", "showKey"),
        ("/users/7/Keys/a-b", "showKey"),
        ("/users/7/Keys/all", "showKeys"),
        ("/users/mel;x", "showUser"),
        ("/files/9", "showFile"),
    ],
)
def test_every_other_value_is_one(target: str, operation: str) -> None:
    assert asked(target) == operation


@pytest.mark.parametrize(
    "target", ["/admin/v1/principals/user.anna", "/admin/v1/principals", "/people/sign-in"]
)
def test_no_open_operation_at_the_root_takes_what_is_meant_for_the_platform_itself(target: str) -> None:
    """An administrator's call would end at the service: it sees whom he means, and may say that it was done."""
    open_wide = {
        "openapi": "3.1.0",
        "paths": {
            "/{a}/{b}": item("get", "two", "a", "b"),
            "/{a}/{b}/{c}": item("get", "three", "a", "b", "c"),
            "/{a}/{b}/{c}/{d}": item("get", "four", "a", "b", "c", "d"),
        },
    }
    hr = ServiceRoute("hr", "hr.example", protocol="http", description=json.dumps(open_wide))
    own = ServiceRoute("control", "control.invalid", protocol="control", admin=("127.0.0.1/32",))
    routes = Routes([hr, own], "hr")
    heads = HeadReader(["localhost"], routes.told)

    def service(path: str) -> str:
        head = heads.read(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0".encode())
        return routes.of(head).service.name

    assert service(target) == "control"
    with pytest.raises(Refusal, match="route-unknown"):
        service("/admin/v1/principals/~")
    assert service("/books/v1/principals/~") == service("/hr" + target) == "hr"
