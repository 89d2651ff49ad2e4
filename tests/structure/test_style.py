"""House style, where a machine can hold it; and each rule on a planted breach, so that it is known to bite."""

import ast
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from tests.structure import rules
from tests.structure.sources import FOLDERS, PACKAGE, ROOT, place, python_files

Rule = Callable[[ast.Module], Iterable[ast.AST]]
HOLDS: Mapping[Rule, tuple[tuple[str, ...], tuple[str, ...]]] = {
    rules.long_functions: (FOLDERS, ()),
    rules.undocumented: (("src", "tools"), ()),
    rules.pattern_names: (("src", "tools"), ()),
    rules.environment_reads: (("src",), ("config.py",)),
    rules.clock_reads: (("src",), ("clock.py",)),
    rules.connections: (("src",), ("egress",)),
    rules.clients: (("src",), ("egress",)),
}
"""Rule -> the folders in which it holds, and what of the package it does not hold for."""


@pytest.fixture(scope="module")
def breaches() -> Mapping[Rule, list[str]]:
    """Return where each rule is broken. Each file is read once, and none is kept: together they are millions of objects."""
    found: dict[Rule, list[str]] = {rule: [] for rule in HOLDS}
    for file in python_files():
        read = ast.parse(file.read_text())
        for rule, (folders, but) in HOLDS.items():
            if _holds(file, folders, but):
                found[rule] += [place(file, node) for node in rule(read)]
    return found


def _holds(file: Path, folders: tuple[str, ...], but: tuple[str, ...]) -> bool:
    allowed = tuple(PACKAGE / name for name in but)
    return file.relative_to(ROOT).parts[0] in folders and not any(
        file == one or one in file.parents for one in allowed
    )


@pytest.mark.parametrize("rule", HOLDS, ids=lambda rule: rule.__name__)
def test_no_file_breaks_the_rule(rule: Rule, breaches: Mapping[Rule, list[str]]) -> None:
    assert breaches[rule] == []


def test_no_file_reaches_500_lines() -> None:
    long = [file for file in python_files() if len(file.read_text().splitlines()) > rules.LONGEST_FILE]
    assert [place(file) for file in long] == []


def test_no_file_is_named_by_a_pattern() -> None:
    files = (file for file in python_files("src", "tools", "tests") if file.name != "conftest.py")
    assert [place(file) for file in files if rules.PATTERN_NAMES.search(file.stem)] == []


LONG = "def f():\n" + "    x = 1\n" * 59


@pytest.mark.parametrize(
    ("rule", "breach"),
    [
        (rules.long_functions, LONG),
        (rules.long_functions, "class A:\n" + "".join(f"    {line}\n" for line in LONG.splitlines())),
        (rules.undocumented, "x = 1"),
        (rules.undocumented, "'''What it is.'''\ndef f(): ..."),
        (rules.undocumented, "'''What it is.'''\nclass A:\n    '''A thing.'''\n    async def f(self): ..."),
        (rules.pattern_names, "class PolicyManager: ..."),
        (rules.pattern_names, "def token_helper(): ..."),
        (rules.pattern_names, "class Utils: ..."),
        (rules.environment_reads, "import os\nos.environ['HOME']"),
        (rules.environment_reads, "import os\nos.getenv('HOME')"),
        (rules.environment_reads, "from os import environ"),
        (rules.clock_reads, "import time\ntime.time()"),
        (rules.clock_reads, "from time import monotonic"),
        (rules.clock_reads, "import datetime\ndatetime.datetime.now()"),
        (rules.connections, "import socket\nsocket.create_connection(('a', 1))"),
        (rules.connections, "import socket\nsocket.socket().connect(('a', 1))"),
        (rules.connections, "import socket\ns = socket.socket()\ns.sendto(b'', ('a', 1))"),
        (rules.connections, "from asyncio import open_connection\nopen_connection('a', 1)"),
        (rules.connections, "async def f(loop):\n    await loop.create_connection(None, 'a', 1)"),
        (rules.connections, "import urllib.request\nurllib.request.urlopen('a')"),
        (rules.connections, "import socket\nsocket.getaddrinfo('a', 1)"),
        (rules.clients, "import http.client"),
        (rules.clients, "from urllib import request"),
        (rules.clients, "from http.client import HTTPConnection"),
    ],
)
def test_each_rule_finds_a_planted_breach(rule: Rule, breach: str) -> None:
    assert list(rule(ast.parse(breach)))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.long_functions, LONG.removesuffix("    x = 1\n")),
        (rules.undocumented, "'''What it is.'''\ndef _f(): ..."),
        (rules.pattern_names, "def database(): ...\nclass Debase: ..."),
        (rules.clock_reads, "import time\ntime.sleep(1)"),
        (rules.clients, "from http import HTTPStatus\nimport urllib.parse"),
        (rules.connections, "import sqlalchemy\nengine.connect()"),
        (rules.connections, "import asyncio\nasyncio.open_unix_connection(sock=passed)"),
        (rules.connections, "import socket\nfrom bartizan import egress\negress.connect('a', 1)"),
        (
            rules.connections,
            "import ssl\nfrom bartizan.egress.line import open_connection as dial\ndial('a', 1)",
        ),
    ],
)
def test_each_rule_leaves_alone_what_is_allowed(rule: Rule, text: str) -> None:
    assert list(rule(ast.parse(text))) == []
