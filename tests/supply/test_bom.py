"""Bills of materials are CycloneDX by its own schema, and the same for the same content."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource

from bartizan.supply.bom import SPECS, Component, Held, bill
from bartizan.supply.provenance.step import Kind
from tests.supply.provenance.drawn import digest

SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "schemas"
MADE = ("2026-11-28T09:00:00Z", "0.1.0")


@cache
def validator(spec: str) -> jsonschema.protocols.Validator:
    """Return the validator of a version's schema; skip where the schemas are not beside the clone."""
    if not SCHEMAS.exists():
        pytest.skip("needs ../shared/data/schemas")
    beside = [json.loads(file.read_text()) for file in SCHEMAS.glob("*.schema.json")]
    registry: Any = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in beside if "$id" in each]
    )
    schema = json.loads((SCHEMAS / f"bom-{spec}.schema.json").read_text())
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER)


def faults(document: dict[str, Any]) -> list[str]:
    """Return what the schema of its version finds wrong with a document."""
    found = validator(document["specVersion"]).iter_errors(json.loads(json.dumps(document)))
    return [f"{list(each.path)}: {each.message}" for each in found]


MODEL = Component(
    digest("m"),
    "model",
    ("model",),
    (digest("d"), digest("b"), digest("c")),
    (("step", "#3 train 00"), ("deployed", "true")),
    (Held("w.safetensors", digest("w"), "0" * 64), Held("config.json", digest("k"))),
)
OTHERS = (
    Component(digest("d"), "train.csv", ("data-set",)),
    Component(digest("b"), "base", ("model", "other"), (digest("d"),)),
    Component(digest("c"), "", ("code",)),
)


@pytest.mark.parametrize("spec", SPECS)
def test_a_bill_of_a_model_is_valid_and_tells_what_it_was_made_of(spec: str) -> None:
    found = bill(MODEL, OTHERS, complete=True, spec=spec, made=MADE)
    assert faults(found) == []
    about = found["metadata"]["component"]
    assert about["type"] == "machine-learning-model"
    assert about["modelCard"]["modelParameters"]["datasets"] == [{"ref": f"sha256:{digest('d')}"}]
    assert [each["name"] for each in about["pedigree"]["ancestors"]] == ["base"]
    assert [each["name"] for each in about["components"]] == ["config.json", "w.safetensors"]
    assert {each["alg"] for each in about["components"][1]["hashes"]} == {"SHA-256", "BLAKE3"}
    assert found["compositions"][0]["aggregate"] == "complete"
    wanted = {f"sha256:{each}" for each in MODEL.made_of}
    (own,) = [each for each in found["dependencies"] if each["ref"] == f"sha256:{MODEL.digest}"]
    assert set(own["dependsOn"]) == wanted


def test_the_schema_finds_what_is_wrong() -> None:
    found = bill(MODEL, OTHERS, complete=True, spec="1.6", made=MADE)
    assert faults({**found, "serialNumber": "urn:uuid:1"})
    assert faults({**found, "components": [{"type": "model", "name": "x"}]})


KINDS = st.lists(st.sampled_from([each.value for each in Kind]), max_size=3).map(tuple)
NAMES = st.sampled_from("abcdefgh").map(digest)


@st.composite
def components(draw: st.DrawFn) -> Component:
    files = draw(st.dictionaries(st.text(min_size=1, max_size=5), NAMES, max_size=2))
    return Component(
        draw(NAMES),
        draw(st.text(max_size=8)),
        draw(KINDS),
        tuple(draw(st.lists(NAMES, max_size=3))),
        tuple(draw(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=2))),
        tuple(Held(name, file) for name, file in files.items()),
    )


@given(
    components(),
    st.lists(components(), max_size=4, unique_by=lambda one: one.digest),
    st.sampled_from([(complete, spec) for complete in (True, False) for spec in SPECS]),
)
def test_every_bill_is_valid_and_in_whatever_order_it_was_told_the_same(
    subject: Component, others: list[Component], how: tuple[bool, str]
) -> None:
    complete, spec = how
    others = [one for one in others if one.digest != subject.digest]
    found = bill(subject, others, complete=complete, spec=spec, made=MADE)
    assert faults(found) == []
    assert bill(subject, others[::-1], complete=complete, spec=spec, made=MADE) == found
    later = bill(subject, others, complete=complete, spec=spec, made=("2027-01-01T00:00:00Z", "0.2"))
    serial = found["serialNumber"]
    assert later["serialNumber"] == serial
    assert re.fullmatch("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", serial)


def test_what_differs_has_another_serial_number() -> None:
    serials = {
        bill(subject, others, complete=complete, spec=spec, made=MADE)["serialNumber"]
        for subject in (MODEL, OTHERS[0])
        for others in ((), OTHERS[1:])
        for complete in (True, False)
        for spec in SPECS
    }
    assert len(serials) == 16
