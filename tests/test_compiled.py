"""What is compiled is used only where it is of these very sources, and whole."""

import json
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bartizan import compiled

NAME = "bartizan.gateway.imagined"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder as the compiler leaves it, of these sources; what is imported from where is as before after it."""
    before = list(sys.meta_path)
    modules = {NAME: "imagined.so"}
    (tmp_path / "imagined.so").write_bytes(b"")
    (tmp_path / compiled.MANIFEST).write_text(json.dumps({"made_of": compiled.made_of(), "modules": modules}))
    yield tmp_path
    sys.meta_path[:] = before


def test_what_is_of_these_sources_is_used(folder: Path) -> None:
    assert not compiled.in_use()
    assert compiled.use(folder)
    assert compiled.in_use()
    found = find_spec(NAME)
    assert found is not None
    assert found.origin == str(folder / "imagined.so")
    plain = find_spec("bartizan.clock")
    assert plain is not None
    assert str(plain.origin).endswith("clock.py")


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"made_of": "0", "modules": {}}',
        '{"made_of": 0}',
        json.dumps({"made_of": compiled.made_of()}),
        json.dumps({"made_of": compiled.made_of(), "modules": []}),
    ],
)
def test_what_is_of_others_or_half_there_is_not(folder: Path, manifest: str) -> None:
    (folder / compiled.MANIFEST).write_text(manifest)
    assert not compiled.use(folder)
    assert not compiled.in_use()


def test_where_nothing_was_compiled_nothing_is_used(tmp_path: Path) -> None:
    assert not compiled.use(tmp_path / "nothing")


def test_sources_are_others_after_any_change(tmp_path: Path) -> None:
    sources = tmp_path / "bartizan"
    shutil.copytree(Path(compiled.__file__).parent, sources, ignore=shutil.ignore_patterns("__pycache__"))
    assert compiled.made_of(sources) == compiled.made_of()
    seen = {compiled.made_of()}
    (sources / "gateway" / "bounds.py").write_text("HEAD_OCTETS = 1 << 40\n")
    seen.add(compiled.made_of(sources))
    (sources / "gateway" / "more.py").write_text("")
    seen.add(compiled.made_of(sources))
    (sources / "gateway" / "more.py").rename(sources / "more.py")
    seen.add(compiled.made_of(sources))
    assert len(seen) == 4
