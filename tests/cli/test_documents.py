"""The documents say what the commands say and what the configuration takes."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import inspect

from bartizan.app.settings import Settings, read
from tools.commands import FILE, document

CONFIGURATION = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def keys(form: inspect.Type, where: str = "") -> Iterator[str]:
    match form:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from keys(field.type, f"{where}.{field.encode_name}".lstrip("."))
        case inspect.VarTupleType(item_type=inspect.StructType() as item):
            yield from keys(item, where)
        case _:
            yield where


def test_the_commands_document_is_what_help_prints() -> None:
    assert FILE.read_text() == document(), "run: make docs"


def test_every_setting_is_documented() -> None:
    for key in keys(inspect.type_info(Settings)):
        room = key.partition(".")[0]
        assert (
            f"`{key}`" in CONFIGURATION or f"`{room}`, " in CONFIGURATION or f", `{room}`" in CONFIGURATION
        ), key


def test_the_documented_file_is_valid_and_its_defaults_are_the_defaults(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert example is not None
    file = tmp_path / "bartizan.toml"
    file.write_text(example[1])
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.cedar").touch()
    found = read(file, tmp_path).sections
    assert [service.name for service in found.service] == ["assistant", "local"]
    default = msgspec.to_builtins(Settings())
    for key, value in tomllib.loads(example[1]).items():
        if isinstance(value, str):
            assert value == default[key], key
