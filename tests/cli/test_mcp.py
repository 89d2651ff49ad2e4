"""`mcp pins` prints what the gateway takes: the pins of the tools in a server's own answer, and of no other."""

import json
import tomllib
from pathlib import Path

import pytest

from bartizan.app.tool_settings import Tools
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.gateway.mcp.tools import ToolBook, digest
from bartizan.gateway.service import ServiceTools
from tests.gateway.tools import DESTROYS, listing, tool

ALL = [tool("b.c", "d"), tool("a/b"), tool("wipe", annotations=DESTROYS)]


def test_what_is_printed_pins_the_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    first.write_bytes(listing(*ALL[:2]))
    second.write_text(json.dumps({"tools": ALL[1:]}))
    assert run(["mcp", "pins", str(first), str(second)]) == Exit.CLEAN
    said = capsys.readouterr().out
    assert said.startswith("# marked as ones that may destroy: wipe\n")
    pins = tomllib.loads(said)["service"]["tools"]["pins"]
    assert pins == sorted(f"{each['name']} {digest(each)}" for each in ALL)
    book = ToolBook(ServiceTools(Tools(pins=tuple(pins)).pinned, required=True))
    assert book.kept(ALL, lambda _name: True) == ALL
    assert book.take_found() == []
    assert run(["mcp", "pins", str(first), str(second), "--json"]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out) == {"pins": pins, "destructive": ["wipe"]}


def test_a_tool_that_speaks_in_two_ways_has_two_pins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tools.json"
    file.write_bytes(listing(tool("a"), tool("a", "other"), tool("a")))
    assert run(["mcp", "pins", str(file)]) == Exit.CLEAN
    pins = tomllib.loads(capsys.readouterr().out)["service"]["tools"]["pins"]
    book = ToolBook(ServiceTools(Tools(pins=tuple(pins)).pinned))
    for said in ("d", "other", "d"):
        assert book.kept([tool("a", said)], lambda _name: True) == [tool("a", said)]
    assert book.kept([tool("a", "third")], lambda _name: True) == []


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b'{"result":{}}',
        b'{"tools":{}}',
        b"[" * 100_000,
        b"\xff",
        listing({"name": "a b"}),
    ],
)
def test_what_is_no_list_of_tools_is_refused(
    tmp_path: Path, octets: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tools.json"
    file.write_bytes(octets)
    assert run(["mcp", "pins", str(file)]) == Exit.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert "tools.json" in told.err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mcp", "pins", str(tmp_path / "none.json")]) == Exit.UNEVALUATED
    assert "none.json" in capsys.readouterr().err
