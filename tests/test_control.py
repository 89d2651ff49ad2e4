"""The contract that every control keeps, served for ever by two tests, and how controls are found."""

import os
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from bartizan.control import Control, NotAControl, discover
from tests.purity import Impure, armed
from tools.discovered import controls as discovered

FIRES = [
    pytest.param(control, subject, id=f"{name}-{number}")
    for name, control in discovered().items()
    for number, subject in enumerate(control.fires_on)
]
SILENT = [
    pytest.param(control, subject, id=f"{name}-{number}")
    for name, control in discovered().items()
    for number, subject in enumerate(control.silent_on)
]


@pytest.mark.parametrize(("control", "subject"), FIRES)
def test_every_control_fires_where_it_says_it_does(control: Control, subject: object) -> None:
    assert isinstance(subject, control.reads)
    with armed():
        findings, again = control.judge(subject), control.judge(subject)
    assert findings, "this subject breaks the promise, and the control found nothing"
    assert findings == again, "the same subject was judged differently"
    assert all(finding.reason and finding.what for finding in findings)


@pytest.mark.parametrize(("control", "subject"), SILENT)
def test_every_control_is_silent_where_it_says_it_is(control: Control, subject: object) -> None:
    assert isinstance(subject, control.reads)
    with armed():
        findings = control.judge(subject)
    assert findings == ()


def test_every_control_has_examples_of_both_kinds_and_says_why(controls: Mapping[str, Control]) -> None:
    assert controls
    for control in controls.values():
        assert control.fires_on, control.id
        assert control.silent_on, control.id
        assert all((control.promise, control.because, control.remediation, control.references)), control.id


def _open() -> None:
    Path(os.devnull).read_bytes()


def _listen() -> None:
    socket.socket().close()


def _run() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def _look() -> None:
    os.listdir("/")  # noqa: PTH208 - the plain call is what a careless control would make


def _store() -> None:
    sqlite3.connect(":memory:").close()


def _bring_in() -> None:
    sys.modules.pop("this", None)
    import_module("this")


def _compile() -> None:
    compile("1", "", "eval")


@pytest.mark.parametrize("act", [_open, _listen, _run, _look, _store, _bring_in, _compile])
def test_a_control_that_acts_on_the_world_is_stopped_before_it_does(act: Callable[[], None]) -> None:
    with armed(), pytest.raises(Impure):
        act()


def test_the_guard_is_off_outside_its_block() -> None:
    with armed():
        pass
    _open()


CONTROL = """
from bartizan.control import Control, Severity

CONTROL = Control(
    id={id!r}, promise="a promise", reads=int, severity=Severity.LOW, because="why", references=("CWE-1",),
    remediation="what", judge=lambda subject: (), fires_on=(), silent_on=(),
)
"""
MakeFolder = Callable[[Mapping[str, str]], ModuleType]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeFolder:
    """Make a package of controls from file names and texts."""

    def make(files: Mapping[str, str]) -> ModuleType:
        name = f"controls_of_{tmp_path.name}".replace("-", "_").replace("[", "_").replace("]", "_")
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text("")
        for file, text in files.items():
            (package / file).write_text(textwrap.dedent(text))
        monkeypatch.syspath_prepend(str(tmp_path))
        return import_module(name)

    return make


def test_controls_of_a_folder_are_found_in_order_of_id(folder: MakeFolder) -> None:
    found = discover(folder({"b.py": CONTROL.format(id="a.first"), "a.py": CONTROL.format(id="b.second")}))
    assert [name for name in found if name in ("a.first", "b.second")] == ["a.first", "b.second"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("CONTROLS = ()", "no constant CONTROL"),
        ("CONTROL = 'access.request-authenticated'", "no constant CONTROL"),
        ("from bartizan.control import Control as CONTROL", "no constant CONTROL"),
        (CONTROL.format(id="a.first"), "already taken"),
    ],
)
def test_a_file_that_holds_no_control_of_its_own_stops_the_loading(
    folder: MakeFolder, text: str, fault: str
) -> None:
    with pytest.raises(NotAControl, match=fault) as raised:
        discover(folder({"a.py": CONTROL.format(id="a.first"), "z.py": text}))
    assert raised.value.module.endswith(".z")


def test_an_outside_package_joins_by_its_entry_point(tmp_path: Path, folder: MakeFolder) -> None:
    _outside(tmp_path, "acme.badge-worn")
    assert "acme.badge-worn" in discover(folder({}))


def test_an_outside_package_cannot_take_the_id_of_a_control(tmp_path: Path, folder: MakeFolder) -> None:
    _outside(tmp_path, "a.first")
    with pytest.raises(NotAControl, match="already taken"):
        discover(folder({"a.py": CONTROL.format(id="a.first")}))


def _outside(place: Path, identity: str) -> None:
    """Lay an installed distribution into a folder of the import path."""
    module = f"acme_{place.name}".replace("-", "_").replace("[", "_").replace("]", "_")
    (place / f"{module}.py").write_text(CONTROL.format(id=identity))
    info = place / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[bartizan.controls]\nbadge = {module}\n")
