"""Scanning a folder: every file has a verdict, and what a loader runs by itself is code, whatever it looks like."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bartizan.supply import formats
from bartizan.supply.format import Format
from bartizan.supply.look import looker
from bartizan.supply.reading import Reading
from bartizan.supply.scan import NotAFormat, Scanned, known, scan
from bartizan.supply.subject import Standing
from tests.supply.test_walk import filled


def scanned(*paths: Path) -> dict[str, Scanned]:
    return {each.path.name: each for each in scan(paths)}


def standings(folder: Path) -> dict[str, str]:
    """Return the verdicts of a folder by name, but of its JSON files: what these say of code is another format's affair."""
    found = scanned(folder)
    return {name: each.file.standing.value for name, each in found.items() if not name.endswith(".json")}


def test_every_file_has_a_verdict(tmp_path: Path) -> None:
    filled(tmp_path, "README.md", ".hidden/a.txt", "model.pt")
    (tmp_path / "b").write_bytes(b"\0\1")
    os.mkfifo(tmp_path / "pipe")
    found = scanned(tmp_path)
    assert {name: each.file.standing for name, each in found.items()} == {
        "README.md": Standing.INERT,
        "a.txt": Standing.INERT,
        "model.pt": Standing.UNKNOWN,
        "b": Standing.UNKNOWN,
        "pipe": Standing.UNKNOWN,
    }
    assert [each.reason for each in found["b"].findings] == ["format-unknown"]
    assert found["b"].sha256 == "b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2"
    assert found["README.md"].sha256 == found["pipe"].sha256 == ""


def test_several_paths_are_scanned_in_their_order(tmp_path: Path) -> None:
    filled(tmp_path, "b/x", "a/y")
    paths = [tmp_path / "b", tmp_path / "a/y"]
    assert [each.path for each in scan(paths)] == [tmp_path / "b/x", tmp_path / "a/y"]


def test_a_link_is_judged_by_what_it_leads_to_and_by_its_own_name(tmp_path: Path) -> None:
    filled(tmp_path, "blob")
    (tmp_path / "a.txt").symlink_to("blob")
    (tmp_path / "model.pkl").symlink_to("blob")
    (tmp_path / "out").symlink_to("/etc/passwd")
    found = scanned(tmp_path)
    assert found["a.txt"].file.standing is Standing.INERT
    assert [each.word for each in found["model.pkl"].file.reasons] == ["named-otherwise"]
    assert (found["out"].file.format, found["out"].file.reasons[0].word) == ("link", "link-leads-out")


def test_names_that_are_no_text_are_scanned(tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/\xff\n.pkl"
    with open(file, "wb") as opened:  # noqa: PTH123 - a name that is no text
        opened.write(b"words\n")
    (only,) = scan([tmp_path])
    assert only.file.reasons[0].word == "named-otherwise"


def test_the_process_ends_with_the_scan(tmp_path: Path) -> None:
    filled(tmp_path, "a", "b")
    reading = Reading(looker(known()))
    under_way = scan([tmp_path], reading)
    next(under_way)
    process = reading._process
    os.kill(process, 0)
    under_way.close()  # type: ignore[attr-defined]  # it is a generator
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# ---- code that runs by itself -------------------------------------------------------------------------------
def configured(folder: Path, document: object, name: str = "config.json") -> None:
    (folder / name).write_text(json.dumps(document))


AUTO_MAP = {"auto_map": {"AutoModel": "modeling_a.Model", "AutoTokenizer": [None, "tok.T"]}}


def test_source_that_a_configuration_names_is_code_and_other_source_is_text(tmp_path: Path) -> None:
    filled(tmp_path, "modeling_a.py", "tok.py", "other.py", "modeling_a.txt")
    configured(tmp_path, AUTO_MAP)
    assert {name for name, said in standings(tmp_path).items() if said == "needs-code"} == {
        "modeling_a.py",
        "tok.py",
    }
    (tmp_path / "config.json").unlink()
    assert set(standings(tmp_path).values()) == {"proven-inert"}


def test_what_named_source_imports_from_beside_it_is_code_too(tmp_path: Path) -> None:
    filled(tmp_path, "b.py", "c.py", "d.py", "e.py")
    (tmp_path / "modeling_a.py").write_text("from .b import x\n")
    (tmp_path / "tok.py").write_text("if x:\n    from . import d\n")
    (tmp_path / "b.py").write_text("import os\nfrom .c import y\n")
    configured(tmp_path, AUTO_MAP)
    code = {name for name, said in standings(tmp_path).items() if said == "needs-code"}
    assert code == {"modeling_a.py", "tok.py", "b.py", "c.py", "d.py"}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["a.T", "a.Fast"]}}),
        ("config.json", {"deep": [{"auto_map": {"AutoModel": "owner/name--a.T"}}]}),
        ("model_index.json", {"_class_name": ["a", "Pipeline"]}),
        ("model_index.json", {"unet": ["a", "UNet"]}),
        ("modules.json", [{"idx": 0, "type": "a.Transformer"}]),
        ("config.json", {"x": "\u0061.T"}),
    ],
)
def test_whatever_a_configuration_could_name_is_code(name: str, document: object, tmp_path: Path) -> None:
    filled(tmp_path, "a.py")
    configured(tmp_path, document, name)
    assert standings(tmp_path)["a.py"] == "needs-code"


def test_a_name_that_json_says_twice_or_in_escapes_is_seen(tmp_path: Path) -> None:
    filled(tmp_path, "a.py", "b.py")
    (tmp_path / "config.json").write_text('{"auto_map": {"x": "b.T"}, "auto_map": {"x": "\\u0061.T"}}')
    found = standings(tmp_path)
    assert (found["a.py"], found["b.py"]) == ("needs-code", "needs-code")


def test_a_configuration_that_is_too_long_to_look_into_names_everything(tmp_path: Path) -> None:
    filled(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "config.json").write_text('{"x": "' + "y" * (4 << 20) + '"}')
    found = standings(tmp_path)
    assert (found["a.py"], found["b.py"]) == ("needs-code", "needs-code")


@pytest.mark.parametrize("name", ["handler.py", "custom_generate/generate.py", ".git/hooks/post-checkout"])
def test_what_runs_by_custom_is_code(name: str, tmp_path: Path) -> None:
    filled(tmp_path, name)
    assert list(standings(tmp_path).values()) == ["needs-code"]


def test_a_loading_script_of_a_data_set_is_code(tmp_path: Path) -> None:
    filled(tmp_path, "faces/faces.py", "faces/other.py")
    assert standings(tmp_path / "faces") == {"faces.py": "needs-code", "other.py": "proven-inert"}


@pytest.mark.parametrize(
    "name", ["sub/handler.py", "handler.txt", ".git/hooks/post-checkout.sample", "hooks/run"]
)
def test_what_no_custom_runs_is_text(name: str, tmp_path: Path) -> None:
    filled(tmp_path, name)
    assert list(standings(tmp_path).values()) == ["proven-inert"]


# ---- discovery ----------------------------------------------------------------------------------------------
@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "planted"
    folder.mkdir()
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    known.cache_clear()
    yield folder
    known.cache_clear()
    for name in [each for each in sys.modules if each.startswith(f"{formats.__name__}.planted")]:
        del sys.modules[name]


def test_a_format_is_found_by_its_folder(planted: Path) -> None:
    (planted / "planted_good.py").write_text(
        "from bartizan.supply.format import Format, Read\n"
        "FORMAT = Format('planted', lambda octets: octets.begins(b'PLANTED'), lambda *_: Read())\n"
    )
    assert "planted" in {each.name for each in known()}
    (planted.parent / "file").write_bytes(b"PLANTED\0")
    assert scanned(planted.parent / "file")["file"].file.format == "planted"


@pytest.mark.parametrize("text", ["", "FORMAT = 1\n", "from bartizan.supply.formats.zip import FORMAT\n"])
def test_a_module_that_holds_no_format_of_its_own_stops_loading(text: str, planted: Path) -> None:
    (planted / "planted_bad.py").write_text(text)
    with pytest.raises(NotAFormat, match=r"planted_bad|already taken"):
        known()


def test_names_of_formats_that_others_are_a_kind_of_exist() -> None:
    names = {each.name for each in known()}
    assert {each.name: [kind for kind in each.kind_of if kind not in names] for each in known()} == {
        name: [] for name in names
    }
    assert all(isinstance(each, Format) for each in known())
    assert isinstance(formats, ModuleType)
