"""The catalogue names every promise, control and attack, and a stale one is noticed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bartizan.control import Control
from bartizan.promise import promises
from tools import catalogue


def test_every_promise_control_and_attack_stands_in_it(controls: Mapping[str, Control]) -> None:
    attacks = catalogue.attacks()
    text = catalogue.catalogue(controls, attacks)
    assert [name for name in promises(controls) if f"`{name}`" not in text] == []
    assert [name for name in attacks if f"`{name}`" not in text] == []
    for control in controls.values():
        for words in (control.because, control.remediation, *control.references):
            assert words in text


def test_a_promise_without_an_attack_is_not_shown_as_proven(controls: Mapping[str, Control]) -> None:
    text = catalogue.catalogue(controls, {})
    rows = [line for line in text.splitlines() if line.startswith(("| `", "| [`"))]
    assert len(rows) == len(promises(controls))
    assert all(row.endswith("| nothing yet |") for row in rows)


def test_a_stale_catalogue_is_noticed_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "FILE", tmp_path / "controls.md")
    assert catalogue.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert catalogue.main([]) == 0
    assert catalogue.main(["--check"]) == 0
    catalogue.FILE.write_text(catalogue.FILE.read_text() + " ")
    assert catalogue.main(["--check"]) == 1
