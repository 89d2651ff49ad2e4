"""Whoever writes one file of policies, or sends one, tries to have more decided by it than it says.

What is read is whole files of policies with names of their own: nothing in one reaches into another, none takes
another's name, and what is too much is refused before it is evaluated.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.decide import Circumstances, context
from bartizan.access.describe import Exposed, describe
from bartizan.app.policies import check
from bartizan.app.policy.facts import imagined
from bartizan.identity.principal import Uid
from bartizan.policy.engine import MAX_POLICY, Engine
from bartizan.policy.errors import PolicyInvalid

GOOD = '@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);\n'
FORBID = '@id("no-chat") forbid (principal, action == Action::"chat", resource);\n'
BOB = imagined("workload.bob", [])
HERE = context(Circumstances(quantum_safe=True))


def engine(*texts: str) -> Engine:
    files = {f"{number}.cedar": text for number, text in enumerate(texts)}
    source = describe([BOB], [Exposed("llm")], check(files))
    return Engine(source.text, source.schema, source.entities)


def bob_may(over: Engine) -> bool:
    return over.decide(BOB.uid, "chat", Uid("Service", "llm"), HERE).allowed


@pytest.mark.parametrize(
    "text",
    [
        "permit (principal, action, resource);",
        '@id("") permit (principal, action, resource);',
        '@ID("x") permit (principal, action, resource);',
        '@id("X") permit (principal, action, resource);',
        '@id("callers ") permit (principal, action, resource);',
        '@id("cal\\u{6c}ers") permit (principal, action, resource);',
        '@id("c\u0430llers") permit (principal, action, resource);',
        '@id("x") @id("y") permit (principal, action, resource);',
        '@id("x\\n") permit (principal, action, resource);',
        '@id("callers") permit (principal, action, resource);',
        '@id("t") permit (principal == ?principal, action, resource);',
    ],
)  # fmt: skip
def test_no_policy_goes_without_a_name_of_its_own_or_under_anothers(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        engine(GOOD, text)
    with pytest.raises(PolicyInvalid):
        engine(text, GOOD)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FORBID + "// ", GOOD),
        ("/* " + GOOD, FORBID + " */"),
        (GOOD + '@id("more") permit (principal, action, resource) when { "', '" == "" };' + FORBID),
        (GOOD + '@id("more")', "permit (principal, action, resource);"),
        (GOOD + '@id("more") permit (principal, action,', "resource);"),
        (GOOD + "\0", FORBID),
        (GOOD + "\ufeff", FORBID),
    ],
)
def test_no_file_goes_on_in_another(first: str, second: str) -> None:
    """Where both are taken, each means what it means alone."""
    try:
        over = engine(first, second)
    except PolicyInvalid:
        return
    alone = {rule.name for text in (first, second) for rule in engine(text).rules}
    assert {rule.name for rule in over.rules} == alone
    assert not bob_may(over)


@pytest.mark.parametrize(
    "text",
    [
        GOOD + " " * MAX_POLICY,
        '@id("x") permit (principal, action, resource) when { ' + "(" * 5000 + "true" + ")" * 5000 + " };",
        '@id("x") permit (principal, action, resource) when { ' + "!" * 5000 + "true };",
        '@id("x") permit (principal, action, resource) when { ' + " && ".join(["true"] * 20_000) + " };",
        '@id("x") permit (principal, action, resource) when { [' + "[" * 5000,
    ],
)
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        engine(text)


def test_a_text_that_says_a_line_does_not_move_where_a_fault_is_shown() -> None:
    spoof = (
        '@id("real") permit (principal, action, resource)\nwhen { context.nothing };\n// @id("real") is fine'
    )
    with pytest.raises(PolicyInvalid) as caught:
        engine(spoof)
    assert "real" in caught.value.what


def test_a_forbid_holds_whatever_permits_stand_beside_it() -> None:
    wide = '@id("wide") permit (principal, action, resource);'
    assert bob_may(engine(wide))
    for texts in ((wide, FORBID), (FORBID, wide), (wide + FORBID,), (FORBID + wide, GOOD)):
        assert not bob_may(engine(*texts))


@given(st.text(alphabet='"\\{}()[];:,@\n\r\0\u2028 x', max_size=30))
def test_no_name_of_a_file_is_read_as_policy(name: str) -> None:
    try:
        text = check({name: GOOD})
    except PolicyInvalid:
        return
    assert text == GOOD
    assert json.loads(json.dumps(name)) == name
