"""What the built-in policies give each role at the platform's own pages; and that without policies nothing is given."""

import msgspec
import pytest

from bartizan.access.describe import Exposed, describe
from bartizan.access.people.roles import Role
from bartizan.app.permits import ACTIONS, OPERATIONS, Permits
from bartizan.app.plan import CONTROL
from bartizan.crypto.tls_groups import GROUPS, HYBRID
from bartizan.gateway.protocols.control import CONTROL as TABLE
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import PolicySource, State

ALL = ACTIONS | {"read-platform", "read-ledger", "apply-policies", "revoke-token", "register-principal"}
INSPECT = {"read-principals", "read-platform", "read-ledger"}
GIVEN = {
    Role.OWNER: ALL,
    Role.SECURITY_ENGINEER: INSPECT | {"revoke-principal", "revoke-token"},
    Role.AUDITOR: INSPECT,
    Role.ML_ENGINEER: {"read-platform"},
    Role.SERVICE_OWNER: {"read-platform"},
}
FORBIDDING = '@id("no-erasing") forbid (principal, action == Action::"erase-principal", resource);\n'


def unheard(control: str, fault: Exception) -> None:
    """Fail the test: no control of ours raises."""
    raise AssertionError(control) from fault


def person(*roles: str, revoked: bool = False) -> Principal:
    return Principal("user.ada", Kind.USER, "ada", roles, f"p-{1:016x}", b"k" * 32, revoked=revoked)


def state(*people: Principal, policy: str = "") -> State:
    return State((), people, describe(people, [Exposed(CONTROL, control=True), Exposed("chat")], policy), {})


def asked(who: Principal, policy: str = "") -> frozenset[str]:
    permits = Permits(unheard)
    permits.take(state(who, policy=policy))
    return permits.of(who, actions=ALL)


@pytest.mark.parametrize("role", Role)
def test_each_role_has_what_it_is_for_and_no_more(role: Role) -> None:
    assert asked(person(role.value)) == GIVEN[role]


@pytest.mark.parametrize("roles", [(), ("caller",), ("drill",)])
def test_who_only_calls_services_has_nothing_here(roles: tuple[str, ...]) -> None:
    assert asked(person(*roles)) == frozenset()


def test_policies_of_an_installation_decide() -> None:
    text = '@id("all") permit (principal, action in Action::"administer", resource);\n' + FORBIDDING
    assert asked(person(), text) == ALL - {"erase-principal"}


def test_a_role_that_was_taken_away_permits_nothing_from_the_next_state_on() -> None:
    permits, who = Permits(unheard), person("owner")
    permits.take(state(who))
    assert permits.of(who) == ACTIONS
    permits.take(state(person()))
    assert permits.of(person()) == frozenset()


def test_where_there_is_nothing_to_decide_on_nothing_is_permitted() -> None:
    permits, who = Permits(unheard), person("owner")
    assert permits.of(who) == frozenset()
    permits.take(state(who))
    broken = msgspec.structs.replace(state(who), policy=PolicySource("permit (", "", "[]"))
    permits.take(broken)
    assert permits.of(who) == frozenset()


def test_somebody_who_is_revoked_may_nothing() -> None:
    permits = Permits(unheard)
    permits.take(state(person("owner")))
    assert permits.of(person("owner", revoked=True)) == frozenset()


@pytest.mark.parametrize("group", [*sorted(GROUPS), "none", "other", "", "X25519MLKEM768 "])
def test_policies_see_the_key_agreement_of_who_looks(group: str) -> None:
    permits = Permits(unheard)
    text = '@id("safe") permit (principal, action, resource) when { context.quantum_safe };'
    permits.take(state(person(), policy=text))
    assert permits.of(person(), group=group) == (ACTIONS if group in HYBRID else frozenset())


def test_policies_see_what_is_done_as_the_gateway_names_it() -> None:
    assert set(OPERATIONS.values()) <= {row.name for row in TABLE.rows if row.page is not None}
    permits = Permits(unheard)
    text = '@id("one") permit (principal, action, resource) when { context.operation == "form-revoke" };'
    permits.take(state(person(), policy=text))
    assert permits.of(person()) == {"revoke-principal"}
