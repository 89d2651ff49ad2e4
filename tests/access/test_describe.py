import json

from bartizan.access.describe import ROLES, describe, schema
from bartizan.policy.engine import Engine, join
from tests.access.house import ALONE, CALLER, somebody


def uids(entities: str) -> set[tuple[str, str]]:
    return {(each["uid"]["type"], each["uid"]["id"]) for each in json.loads(entities)}


def test_everybody_who_may_act_every_role_and_service_is_an_entity() -> None:
    found = uids(describe([CALLER, somebody("odd", "painter")], ALONE).entities)
    assert {("Role", role) for role in (*ROLES, "painter")} <= found
    assert {("Workload", "ci"), ("Workload", "odd"), ("Anonymous", "anonymous")} <= found
    assert {("Service", "sample"), ("Service", "control")} <= found


def test_the_revoked_are_no_entities() -> None:
    assert ("Workload", "ci") not in uids(describe([somebody("ci", "caller", revoked=True)], ALONE).entities)


def test_the_same_register_is_the_same_digest_in_any_order_of_roles() -> None:
    one, other = describe([CALLER], ALONE), describe([CALLER], ALONE)
    assert one.digest == other.digest


def test_the_built_in_policies_fit_the_schema() -> None:
    source = describe([CALLER], ALONE)
    Engine(source.text, source.schema, source.entities)
    assert join({"default.cedar": source.text}, schema()) == source.text


def test_policies_of_ones_own_replace_the_built_in_ones() -> None:
    own = '@id("none") forbid (principal, action, resource);'
    assert describe([CALLER], ALONE, own).text == own
