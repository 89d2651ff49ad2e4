import pytest
from cedarpy import Schema, is_authorized

from bartizan.access.describe import schema
from bartizan.app.policy_schema import fragments
from bartizan.app.policy_schema import schema as whole
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.schema import compose, parsed, shapes


def test_rooms_fragments_are_one_schema_in_which_each_knows_the_others() -> None:
    text = compose(
        {
            "access": "entity Role; entity User in [Role]; entity Service;",
            "data": 'action "unseal" appliesTo { principal: [User], resource: [Service], context: {} };',
        }
    )
    assert shapes(parsed(text)).actions["unseal"].principals == ("User",)


@pytest.mark.parametrize("fragment", ["entity Role;", "entity", "entity X in [Nowhere];"])
def test_a_fragment_that_does_not_fit_the_others_is_named(fragment: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        compose({"access": "entity Role;", "data": fragment})
    assert caught.value.file == "data/schema.cedarschema"


def test_what_the_rooms_ship_is_one_schema() -> None:
    assert "access" in fragments()
    assert all(text in whole() for text in fragments().values())


def test_what_is_read_of_the_schema_is_what_cedar_takes() -> None:
    understood = parsed(schema())
    read = shapes(understood)
    kinds = [kind for kind in read.entities if kind != "Service"]
    for name, action in read.actions.items():
        for kind in kinds:
            context = {
                each: {"Bool": True, "String": "", "Long": 0}[of] for each, of in action.context.items()
            }
            request = {
                "principal": {"type": kind, "id": "x"},
                "action": {"type": "Action", "id": name},
                "resource": {"type": "Service", "id": "x"},
                "context": context,
            }
            taken = is_authorized(request, "permit(principal, action, resource);", [], understood).allowed
            assert taken == (kind in action.principals and "Service" in action.resources), (name, kind)


def test_an_attribute_that_may_be_left_out_is_told_from_one_that_may_not() -> None:
    text = 'entity A = { "b"?: Bool, "l": Long }; action "x" appliesTo { principal: [A], resource: [A], context: { "s"?: String } };'
    read = shapes(Schema.from_str(text))
    assert read.entities["A"].shape == {"b": "Bool?", "l": "Long"}
    assert read.actions["x"].context == {"s": "String?"}


@pytest.mark.parametrize(
    "text",
    [
        'entity A; action "x" appliesTo { principal: [A], resource: [A], context: { "when"?: { "x": Bool } } };',
        'entity A; action "x" appliesTo { principal: [A], resource: [A], context: { "many": Set<String> } };',
        "namespace N { entity A; }",
        'entity A enum ["x"];',
    ],
)
def test_what_is_not_understood_of_a_schema_is_an_error(text: str) -> None:
    with pytest.raises(PolicyInvalid, match="not understood"):
        shapes(Schema.from_str(text))
