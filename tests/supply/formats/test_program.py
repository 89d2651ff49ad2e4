"""Compiled code is code, whatever it is called."""

import marshal
import os
import py_compile
import sys
from pathlib import Path

import pytest

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets, opened
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile, Standing


def look(octets: bytes, name: str = "a") -> ModelFile:
    return looker(known())(Octets(octets, name), Budget())


def test_compiled_python_is_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('words')\n")
    made = py_compile.compile(str(tmp_path / "a.py"), str(tmp_path / "model.bin"))
    assert made is not None
    file = look(Path(made).read_bytes(), "model.bin")
    assert (file.format, file.standing) == ("python-bytecode", Standing.CODE)
    assert look(marshal.dumps(compile("1", "a", "eval"))).standing is Standing.UNKNOWN


def test_this_interpreter_is_code() -> None:
    with opened(Path(os.path.realpath(sys.executable))) as octets:
        file = looker(known())(octets, Budget())
    assert (file.format, file.standing) == ("elf", Standing.CODE)


@pytest.mark.parametrize(
    "octets",
    [
        b"\xcf\xfa\xed\xfe" + bytes(40),
        b"\xca\xfe\xba\xbe" + bytes(40),
        b"\0asm\1\0\0\0",
        b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0",
    ],
)
def test_programs_of_other_systems_are_code(octets: bytes) -> None:
    assert look(octets).standing is Standing.CODE


@pytest.mark.parametrize("octets", [b"MZ words\n", b"\xa7\x0d words", b"\x7fEL"])
def test_what_only_begins_alike_is_none(octets: bytes) -> None:
    assert look(octets).standing is not Standing.CODE
