"""The table of the Admin API holds together, so that what is made of it does."""

import re
from collections import Counter
from typing import Any, get_args

import msgspec
import pytest

from bartizan.admin.forms import Page
from bartizan.admin.route import PREFIX, SEGMENTS, AnyRoute, Nothing, Route, Tag, parameters, pattern
from bartizan.admin.table import BY_NAME, ROUTES
from bartizan.app.policy_schema import schema
from bartizan.gateway.protocols.admin import ROWS
from bartizan.ledger.forms import NAME
from bartizan.policy.schema import parsed, shapes
from tests.admin import examples

SECRET = re.compile(r"secret|access_token|password|private|^excerpts$|^url$")
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)


def members(kind: Any) -> set[str]:  # noqa: ANN401 - a type
    return (
        {field.name for field in msgspec.structs.fields(kind)}
        if hasattr(kind, "__struct_fields__")
        else set()
    )


def test_no_two_routes_have_one_name_or_one_place() -> None:
    assert len(BY_NAME) == len(ROUTES)
    places = Counter((route.method, re.sub(r"\{[a-z]+\}", "{}", route.path)) for route in ROUTES)
    assert set(places.values()) == {1}


@each_route
def test_a_route_is_of_its_form(route: AnyRoute) -> None:
    assert NAME.fullmatch(route.name)  # it stands in the record
    assert route.path.startswith("/")
    assert set(route.segments) <= set(SEGMENTS)
    assert all(re.fullmatch(SEGMENTS[name], examples.SEGMENTS[name]) for name in route.segments)
    assert msgspec.json.decode(examples.body(route) or b"{}", type=route.body) is not None
    for kind in parameters(route.query).values():
        assert re.compile(pattern(kind)).groups >= 0


@each_route
def test_the_action_of_a_route_is_one_of_administering(route: AnyRoute) -> None:
    known = shapes(parsed(schema())).actions
    groups = set(known[route.action].groups)
    assert groups <= {"inspect", "change"}
    assert known["inspect"].groups == known["change"].groups == ("administer",)
    # what an auditor may do changes nothing and tells no secret
    if "inspect" in groups:
        assert route.method == "GET" or route.name == "tag-tools"
        assert not route.once
    else:
        assert route.method != "GET"
    assert known[route.action].principals == ("User", "Device", "Workload")  # never Anonymous


@each_route
def test_what_is_a_secret_is_shown_once_and_kept_nowhere(route: AnyRoute) -> None:
    secret = {name for name in members(route.answer) if SECRET.search(name)}
    assert secret == set(route.once)


@each_route
def test_what_changes_something_that_is_there_says_which_route_shows_it(route: AnyRoute) -> None:
    if route.tag is not Tag.NEEDED:
        assert route.shows == ""
        return
    shown = BY_NAME[route.shows]
    assert (shown.method, shown.tag) == ("GET", Tag.SHOWN)
    assert set(shown.segments) <= set(route.segments)
    assert (
        route.method in {"PUT", "DELETE"} or route.name == "rotate-issuer-key"
    )  # of which each is another one


@each_route
def test_only_what_makes_something_is_repeatable(route: AnyRoute) -> None:
    assert not route.repeatable or (route.method == "POST" and not route.local)
    if route.method == "POST" and not route.local and not route.repeatable:
        assert route.name == "tag-tools"  # which changes nothing


@each_route
def test_every_list_has_pages(route: AnyRoute) -> None:
    is_page = getattr(route.answer, "__origin__", None) is Page
    assert route.name.startswith("list-") is is_page
    assert ({"cursor", "limit"} <= set(parameters(route.query))) is is_page


def test_the_gateway_has_a_row_for_each_route_but_the_owners_own() -> None:
    laid = {(row.name, row.method.decode(), row.path) for row in ROWS}
    assert laid == {(each.name, each.method, PREFIX + each.path) for each in ROUTES if not each.local}
    assert all(row.admin and row.action == "call-admin" for row in ROWS)


def test_whatever_gives_a_token_or_speaks_for_the_owner_is_the_owners_own() -> None:
    assert {each.name for each in ROUTES if each.local} == {
        *("issue-token", "report-events", "read-sample"),
    }


def test_a_parameter_that_could_be_any_text_is_a_fault() -> None:
    class Loose(msgspec.Struct):
        said: str = ""

    with pytest.raises(TypeError, match="pattern"):
        [pattern(kind) for kind in parameters(Loose).values()]


def test_a_route_is_generic_in_what_it_takes_and_gives() -> None:
    made: Route[Any, Any, Any] = Route(
        name="x", method="GET", path="/x", action="a", summary="s", answer=Nothing
    )
    assert made.body is made.query is Nothing
    assert not made.takes_body
    assert get_args(Route[Nothing, Nothing, str])[2] is str
