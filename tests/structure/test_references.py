"""What controls and attacks refer to exists, in the form in which it is published."""

import re
from collections.abc import Mapping
from functools import cache

import pytest

from bartizan.control import Control
from bartizan.promise import promises
from tests.structure.sources import ROOT
from tools.catalogue import attacks

ATLAS = ROOT.parent / "shared" / "data" / "atlas" / "ATLAS.yaml"
SHAPES = (
    re.compile(r"CWE-[1-9]\d{0,3}"),
    re.compile(r"LLM(0[1-9]|10):2025"),
    re.compile(r"API([1-9]|10):2023"),
    re.compile(r"A(0[1-9]|10):2021"),
    re.compile(r"AML\.T(A\d{4}|\d{4}(\.\d{3})?)"),
)


@cache
def techniques() -> frozenset[str]:
    """Return the ids of all techniques and tactics of MITRE ATLAS; skip where its data are not beside the clone."""
    if not ATLAS.exists():
        pytest.skip("needs ../shared/data/atlas/ATLAS.yaml")
    return frozenset(re.findall(r"^ *- id: (AML\.T[A0-9.]+)\n +name: ", ATLAS.read_text(), re.MULTILINE))


def _wrong(references: tuple[str, ...]) -> list[str]:
    shaped = [one for one in references if any(shape.fullmatch(one) for shape in SHAPES)]
    unknown = [one for one in shaped if one.startswith("AML.") and one not in techniques()]
    return [one for one in references if one not in shaped or one in unknown]


def test_every_reference_of_a_control_exists(controls: Mapping[str, Control]) -> None:
    wrong = {name: _wrong(control.references) for name, control in controls.items()}
    assert {name: references for name, references in wrong.items() if references} == {}


def test_every_reference_of_an_attack_exists() -> None:
    wrong = {name: _wrong(attack.references) for name, attack in attacks().items()}
    assert {name: references for name, references in wrong.items() if references} == {}


def test_every_attack_attacks_a_promise(controls: Mapping[str, Control]) -> None:
    known = promises(controls)
    assert {name: attack.control for name, attack in attacks().items() if attack.control not in known} == {}


@pytest.mark.parametrize(
    "reference",
    [
        "CWE-0",
        "CWE-12345",
        "LLM11:2025",
        "LLM01:2023",
        "API11:2023",
        "AML.T51",
        "AML.T9999",
        "AML.TA9999",
        "T1059",
    ],
)
def test_a_reference_that_does_not_exist_is_found(reference: str) -> None:
    assert _wrong(("CWE-287", "LLM01:2025", "API2:2023", "AML.T0051", reference)) == [reference]


def test_every_test_that_the_table_of_the_authorization_servers_adversaries_names_exists() -> None:
    text = (ROOT / "docs" / "authorization-server.md").read_text()
    named = re.findall(r"`(tests/[a-z0-9_/]+\.py)?(?:::(test_[a-z0-9_]+))?`", text)
    file, found = "", 0
    for said, test in named:
        if not said and not test:
            continue
        file = said or file
        source = (ROOT / file).read_text()
        assert not test or f"def {test}(" in source, (file, test)
        found += 1
    assert found > 20
