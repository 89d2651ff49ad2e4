"""The scene's configuration: what is packaged is what a platform takes, with the extra and without."""

import json
import stat
from pathlib import Path

import pytest

from bartizan.app import scenery
from bartizan.app.exercise import lay
from bartizan.app.settings import read
from bartizan.sample import parts

EDGE = "edge.secret"


def services(folder: Path) -> dict[str, str]:
    """Return the services of the scene, each with its protocol, as a platform reads them."""
    file = folder / "bartizan.toml"
    file.write_text("\n".join(scenery.configuration(4711)))
    return {one.name: one.protocol.value for one in read(file, folder).sections.service}


def test_the_packaged_configuration_is_one_that_a_platform_takes(tmp_path: Path) -> None:
    lay(scenery.files(), tmp_path)
    found = services(tmp_path)
    assert {"openai", "anthropic", "azure", "mcp", "http"} == {*found.values()}
    again = {"enrolled"}  # the part honest, for known devices
    assert {"unguarded", "guarded", "strict"} <= {*found}
    again |= {
        "unguarded",
        "guarded",
        "strict",
        "marked",
        "marked-strict",
    }  # the part assistant, by each guard
    assert {*found} - again | {"spare", "collector", "assistant"} == parts.NAMES


def test_without_the_extra_there_is_no_described_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenery, "available", lambda module: module != scenery.OF_DESCRIPTIONS)
    lay(scenery.files(), tmp_path)
    assert "http" not in services(tmp_path).values()


def test_the_edge_s_secret_is_another_each_time_and_its_owner_s_alone(tmp_path: Path) -> None:
    assert scenery.files()[EDGE] != scenery.files()[EDGE]
    lay(scenery.files(), tmp_path)
    assert stat.S_IMODE((tmp_path / EDGE).stat().st_mode) == 0o600
    assert json.loads((tmp_path / "shop.json").read_text())["openapi"].startswith("3.1")


def test_a_module_that_is_not_there_is_known_to_be_missing() -> None:
    assert scenery.available("")
    assert scenery.available("json")
    assert not scenery.available("no_such_module_anywhere")
