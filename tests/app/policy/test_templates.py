import pytest

from bartizan.access.describe import schema
from bartizan.app.policy.templates import MOST_TOOLS, TemplateRefused, templates, written
from bartizan.cli.policy_reading import engine_of
from bartizan.policy.analysis import analyse
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.schema import parsed

GIVEN = {
    "role": "ops",
    "service": "tickets",
    "tools": ("search", 'x"] || true || ["'),
    "host": 'a.example" || "',
}


def made(name: str) -> str:
    takes = templates()[name].takes
    given = {word: value for word, value in GIVEN.items() if word in takes}
    role, service = str(given.get("role", "")), str(given.get("service", ""))
    return written(name, role, service, tuple(given.get("tools", ())), str(given.get("host", "")))


@pytest.mark.parametrize("name", templates())
def test_each_template_makes_policies_that_hold_and_are_not_odd(name: str) -> None:
    engine = engine_of({"a.cedar": made(name)})
    found = analyse(engine.rules, parsed(schema()))
    assert found.complete
    assert found.findings == ()
    assert found.allowed < found.requests


def test_all_templates_go_together_in_one_file() -> None:
    assert engine_of({"a.cedar": "\n".join(map(made, templates()))}).rules


@pytest.mark.parametrize(
    ("name", "role", "tools"),
    [
        ("nothing", "ops", ()),
        ("chat", "", ()),
        ("chat", "ops", ("x",)),
        ("tools", "ops", ()),
        ("tools", "ops", ("x",) * (MOST_TOOLS + 1)),
    ],
)
def test_what_is_missing_or_too_much_is_said(name: str, role: str, tools: tuple[str, ...]) -> None:
    with pytest.raises(TemplateRefused):
        written(name, role, "tickets", tools)


def test_nothing_given_adds_a_policy() -> None:
    text = written(
        "without-tools",
        "",
        "tickets",
        ('"].contains("x") };\n@id("more") permit (principal, action, resource); //',),
    )
    assert [rule.name for rule in engine_of({"a.cedar": text}).rules] == ["tools-kept-from-everybody-tickets"]
    with pytest.raises(PolicyInvalid):
        engine_of({"a.cedar": text + "permit ("})
