"""The documents say what the commands say and what the configuration takes."""

import contextlib
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import inspect

from bartizan.app.settings import Settings, read
from bartizan.cli.command import Helped, parse
from bartizan.cli.main import commands
from bartizan.clock import SystemClock
from bartizan.crypto.x509 import certificate_pem, make_authority
from tests.ledger.histories import cosigner
from tests.structure.sources import PACKAGE, ROOT, python_files
from tools.commands import FILE, document

CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
DOCUMENTS = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
TYPED = re.compile(
    r"^ +(?:\S+; )?(?:\.venv/bin/)?bartizan ((?:[^ #`\n]+ )*[^ #`\n]+)(?:  .*| #.*)?$", re.MULTILINE
)
"""A line of a document that shows a command, with what is said beside it."""
SAID = re.compile(r"`(?:\.venv/bin/)?bartizan ([a-z]+)")
"""A command in a sentence."""


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
    (tmp_path / "one.pub").write_bytes(cosigner().witness.encode())
    mdm = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "mdm.pem").write_bytes(mdm.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    authority, _ = make_authority("server", ("w1.example.com",), SystemClock().now())
    (tmp_path / "one.pem").write_bytes(certificate_pem(authority))
    found = read(file, tmp_path).sections
    assert [service.name for service in found.service] == ["assistant", "claude", "azure", "tools", "local"]
    default = msgspec.to_builtins(Settings())
    for key, value in tomllib.loads(example[1]).items():
        if isinstance(value, str):
            assert value == default[key], key


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_command_that_a_document_shows_can_be_typed(file: Path) -> None:
    for shown in TYPED.findall(file.read_text()):
        name, *words = shlex.split(shown.partition(" |")[0])
        with contextlib.suppress(Helped):
            parse(importlib.import_module(f"bartizan.cli.{name.replace('-', '_')}").COMMAND, words)


def test_documents_do_show_commands() -> None:
    assert TYPED.findall(
        "    bartizan drill --json                 one\n    .venv/bin/bartizan up # x\n"
    ) == [
        "drill --json",
        "up",
    ]
    assert sum(len(TYPED.findall(file.read_text())) for file in DOCUMENTS) > 15


def test_every_command_that_a_sentence_names_exists() -> None:
    known = dict(commands())
    for file in (*DOCUMENTS, *python_files("src"), PACKAGE / "promises.toml"):
        for name in SAID.findall(file.read_text()):
            assert name in known, f"{file}: bartizan {name}"
