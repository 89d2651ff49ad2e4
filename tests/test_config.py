"""bartizan.toml is read strictly: what is wrong is named with file, line, key and what to do."""

import os
import stat
from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.config import (
    LARGEST,
    Configuration,
    ConfigurationFault,
    ConfigurationUnreadable,
    Origin,
    SecretMissing,
    Source,
    find,
    load,
    resolve,
)
from bartizan.crypto.secret import Secret


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Inner(msgspec.Struct, frozen=True):
    size: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3


class Item(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+\Z", description="a lower-case word")]
    inner: Inner = Inner()
    tags: tuple[str, ...] = ()
    maybe: int | None = None


class Sections(msgspec.Struct, frozen=True):
    colour: Colour = Colour.RED
    switch: bool = False
    item: tuple[Item, ...] = ()
    inner: Inner = Inner()


def read(folder: Path, text: str | bytes) -> Configuration[Sections]:
    file = folder / "bartizan.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file, Sections)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigurationFault) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_without_a_file_everything_has_its_default() -> None:
    configuration = load(None, Sections)
    assert configuration.sections == Sections()
    assert configuration.origin(("colour",)) == Origin(Source.DEFAULT)


def test_every_value_knows_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "bartizan.toml"
    file.write_text('colour = "green"\n\n[[item]]\nname = "a"\ninner = { size = 4 }\n')
    configuration = load(file, Sections, {"switch": True})
    assert configuration.sections == Sections(Colour.GREEN, True, (Item("a", Inner(4)),))
    assert str(configuration.origin(("colour",))) == f"{file}:1"
    assert str(configuration.origin(("item", 0, "inner", "size"))) == f"{file}:5"
    assert str(configuration.origin(("item", 0, "tags"))) == "default"
    assert str(configuration.origin(("switch",))) == "command line"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\ncolor = "red"', "bartizan.toml:2: color: unknown key; did you mean `colour`?"),
        ("zzz = 1", "bartizan.toml:1: zzz: unknown key; known here: colour, inner, item, switch"),
        ('colour = "gren"', 'bartizan.toml:1: colour: must be "red" or "green"; did you mean `green`?'),
        ("colour = 1", 'bartizan.toml:1: colour: must be "red" or "green"'),
        ("switch = 1", "bartizan.toml:1: switch: must be true or false"),
        ("switch = 1979-05-27", "bartizan.toml:1: switch: must be true or false"),
        ("[inner]\nsize = 10", "bartizan.toml:2: inner.size: must be a whole number from 1 to 9"),
        ("[inner]\nsize = true", "bartizan.toml:2: inner.size: must be a whole number from 1 to 9"),
        ("[inner]\nsize = 2.0", "bartizan.toml:2: inner.size: must be a whole number from 1 to 9"),
        ("inner = 1", "bartizan.toml:1: inner: must be a table: [inner]"),
        ("item = 1", "bartizan.toml:1: item: must be an array of tables: [[item]]"),
        ("item = [1]", "bartizan.toml:1: item[0]: must be a table: [[item]]"),
        ("[[item]]\n", "bartizan.toml:1: item[0]: lacks the key `name`"),
        ('[[item]]\nname = "A"', "bartizan.toml:2: item[0].name: must be a lower-case word"),
        (
            '[[item]]\nname="a"\n[[item]]\nname="b"\ntags=[\n"x",\n5]',
            "bartizan.toml:7: item[1].tags[1]: must be a string",
        ),
        (
            '[[item]]\nname="a"\nmaybe=9223372036854775808',
            "bartizan.toml:3: item[0].maybe: must be a whole number",
        ),
        ("colour = ", "bartizan.toml:1: not TOML: Invalid value"),
        ("a = 1\na = 2", "bartizan.toml:2: not TOML: Cannot overwrite a value"),
        ("\n[inner", "bartizan.toml:2: not TOML: Expected ']' at the end of a table declaration"),
        (
            b"ok = 1\n\xff = 2",
            "cannot read the configuration bartizan.toml: line 2 is not UTF-8; save it as UTF-8",
        ),
        ("x = " + "9" * 5000, "bartizan.toml: not TOML: a number or date is out of range"),
        ("x = " + "[" * 5000, "bartizan.toml: nested too deeply; flatten the arrays or tables"),
        ("a." * 40 + "b = 1", "bartizan.toml:1: nested too deeply; no key has more than a few parts"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert refusal(tmp_path, text) == said


def test_all_faults_are_listed_at_once_and_no_more_than_a_dozen(tmp_path: Path) -> None:
    said = refusal(tmp_path, "".join(f"zz{number} = 1\n" for number in range(20))).splitlines()
    assert len(said) == 13
    assert said[-1] == "and 8 more"


def test_a_message_repeats_no_value_and_moves_no_cursor(tmp_path: Path) -> None:
    said = refusal(tmp_path, 'colour = "sk-secret"\n"\\u001b[2J\\nx" = 1\n[[item]]\nname = "SK-SECRET"\n')
    assert "secret" not in said.lower()
    assert all(line.isprintable() for line in said.splitlines())
    assert len(said.splitlines()) == 3


def read_or_refuse(octets: bytes) -> None:
    # not the fixture: one file serves every example
    file = Path(f"/tmp/bartizan-test-{os.getpid()}.toml")  # noqa: S108 - of this process alone
    file.write_bytes(octets)
    try:
        load(file, Sections)
    except ConfigurationFault:
        return  # in words: whatever else it raises fails the test
    finally:
        file.unlink()


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused_in_words(octets: bytes) -> None:
    read_or_refuse(octets)


TOML = st.lists(
    st.sampled_from(
        ["colour", "item", "inner", "size", "name", " = ", "[", "]", "[[", "]]", "{", "}", '"', "'", '"""', ".", ",",
         "\n", "1", "true", "red", "#", "\\", "\x00", "é", "1e9", "inf", "0x1", "1979-05-27"]
    ),
    max_size=40,
)  # fmt: skip


@given(TOML)
def test_any_mixture_of_toml_is_read_or_refused_in_words(pieces: list[str]) -> None:
    read_or_refuse("".join(pieces).encode())


def test_files_that_are_none_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"#" * (LARGEST + 1))
    for name, why in {
        "missing": "there is no such file",
        ".": "it is a folder",
        "loop": "too many levels of symbolic links",
        "pipe": "it is not a regular file",
        "large": f"it is larger than {LARGEST} octets",
        "nu\0ll": "its name holds a null character",
        "x" * 5000: "file name too long",
    }.items():
        with pytest.raises(ConfigurationUnreadable, match=why):
            load(tmp_path / name, Sections)


def test_the_file_is_found_in_the_folder_or_above(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "bartizan.toml").touch()
    assert find(below) == tmp_path / "bartizan.toml"
    (below / "bartizan.toml").touch()
    assert find(below) == below / "bartizan.toml"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a file of another user")
def test_a_file_above_that_belongs_to_somebody_else_is_not_followed(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    file = tmp_path / "bartizan.toml"
    file.touch()
    os.chown(file, 12345, 12345)
    with pytest.raises(ConfigurationUnreadable, match="another user"):
        find(below)


def secret(reference: str, folder: Path, **environ: str) -> bytes:
    return resolve(reference, environ, folder, Secret).reveal()


def test_references_lead_to_secrets(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-1\n")
    file.chmod(0o600)
    assert secret("env:KEY", tmp_path, KEY="sk-0") == b"sk-0"
    assert secret("file:key", tmp_path) == b"sk-1"
    assert secret(f"file:{file}", Path("/")) == b"sk-1"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o644])
def test_a_secret_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    file.write_text("sk-1")
    file.chmod(mode)
    with pytest.raises(SecretMissing, match="chmod 600"):
        secret("file:key", tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize(
    ("reference", "value", "said"),
    [
        ("env:KEY", None, "set KEY in the environment"),
        ("env:KEY", "", "is empty"),
        ("env:KEY", "a b", "no header can carry"),
        ("env:KEY", "a\r\nX-Evil: 1", "no header can carry"),
        ("env:KEY", "x" * 70000, "no header can carry"),
        ("file:missing", None, "there is no such file"),
        ("file:.", None, "it is a folder"),
        ("keyring:name", None, "install it beside Bartizan"),
        ("sk-inline", None, "write env:NAME"),
        ("env:", None, "write env:NAME"),
        ("env:A\nB", None, "write env:NAME"),
    ],
)
def test_a_reference_that_leads_nowhere_says_what_to_do(
    tmp_path: Path, reference: str, value: str | None, said: str
) -> None:
    with pytest.raises(SecretMissing, match=said) as caught:
        secret(reference, tmp_path, **({} if value is None else {"KEY": value}))
    assert "sk-inline" not in str(caught.value)
    assert value is None or len(value) < 2 or value not in str(caught.value)
