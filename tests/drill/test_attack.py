import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bartizan.drill import attacks
from bartizan.drill.attack import Attack, NotAnAttack, discover

ATLAS = Path(__file__).parents[3] / "shared" / "data" / "atlas" / "ATLAS.yaml"
WEAKENINGS = Path(__file__).parents[1] / "weakenings"
EVERY = discover(attacks)

_GOOD = """
from bartizan.drill.attack import Attack, Held, Stage
ATTACK = Attack("{name}", "ledger.intact", "a title", 1, Stage.FRONT, "because", ("CWE-1",), "w", lambda t: Held("x"))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Yield an empty package of attacks; files put into it are found."""
    name = f"attacks_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield __import__(name)
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def put(folder: ModuleType, file: str, text: str) -> None:
    (Path(folder.__path__[0]) / f"{file}.py").write_text(text)


def test_every_file_of_the_folder_is_one_attack(folder: ModuleType) -> None:
    put(folder, "one", _GOOD.format(name="one"))
    put(folder, "two", _GOOD.format(name="two"))
    assert list(discover(folder)) == ["one", "two"]


def test_a_file_without_an_attack_is_a_load_error(folder: ModuleType) -> None:
    put(folder, "empty", "ATTACK = 'not one'")
    with pytest.raises(NotAnAttack, match="defines no constant ATTACK"):
        discover(folder)


def test_a_name_that_is_taken_is_a_load_error(folder: ModuleType) -> None:
    put(folder, "one", _GOOD.format(name="same"))
    put(folder, "two", _GOOD.format(name="same"))
    with pytest.raises(NotAnAttack, match="already taken"):
        discover(folder)


@pytest.mark.parametrize("name", ["Two Words", "under_score", "", "-edge", "edge-", "a--b"])
def test_a_name_that_the_ledger_could_not_carry_is_refused(folder: ModuleType, name: str) -> None:
    put(folder, "one", _GOOD.format(name=name))
    with pytest.raises(ValueError, match="kebab case"):
        discover(folder)


@pytest.mark.parametrize("attack", EVERY.values(), ids=EVERY)
def test_every_attack_names_known_references(attack: Attack) -> None:
    assert any(reference.startswith("CWE-") for reference in attack.references)
    for reference in attack.references:
        assert re.fullmatch(r"AML\.T\d{4}(\.\d{3})?|API\d{1,2}:2023|LLM\d\d:2025|CWE-\d{1,4}", reference)


@pytest.mark.parametrize("attack", EVERY.values(), ids=EVERY)
def test_every_technique_of_atlas_that_an_attack_names_exists(attack: Attack) -> None:
    if not ATLAS.exists():
        pytest.skip("the public data sets are not here: ../shared/data/atlas")
    known = set(re.findall(r"- id: (AML\.T[\d.]+)", ATLAS.read_text()))
    assert {name for name in attack.references if name.startswith("AML.")} <= known


@pytest.mark.parametrize("attack", EVERY.values(), ids=EVERY)
def test_every_attack_has_a_weakening_that_turns_it_to_broken(attack: Attack) -> None:
    assert (WEAKENINGS / f"{attack.weakening}.py").is_file()


def test_no_weakening_serves_two_attacks_and_none_is_left_over() -> None:
    named = sorted(attack.weakening for attack in EVERY.values())
    assert named == sorted(file.stem for file in WEAKENINGS.glob("*.py"))


@pytest.mark.parametrize("attack", EVERY.values(), ids=EVERY)
def test_the_file_of_an_attack_has_its_name(attack: Attack) -> None:
    file = Path(attacks.__path__[0]) / f"{attack.name.replace('-', '_')}.py"
    assert file.is_file()
    assert f'name="{attack.name}"' in file.read_text()
