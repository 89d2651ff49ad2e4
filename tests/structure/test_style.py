"""House style, where a machine can hold it; and each rule on a planted breach, so that it is known to bite."""

import ast
from collections.abc import Callable, Iterable

import pytest

from tests.structure import rules
from tests.structure.sources import PACKAGE, place, python_files, tree

Rule = Callable[[ast.Module], Iterable[ast.AST]]


def _breaches(rule: Rule, *folders: str, but: tuple[str, ...] = ()) -> list[str]:
    allowed = tuple(PACKAGE / name for name in but)
    return [
        place(file, node)
        for file in python_files(*folders)
        if not any(file == one or one in file.parents for one in allowed)
        for node in rule(tree(file))
    ]


def test_no_file_reaches_500_lines() -> None:
    long = [file for file in python_files() if len(file.read_text().splitlines()) > rules.LONGEST_FILE]
    assert [place(file) for file in long] == []


def test_no_function_reaches_60_lines() -> None:
    assert _breaches(rules.long_functions) == []


def test_every_public_name_has_a_docstring() -> None:
    assert _breaches(rules.undocumented, "src", "tools") == []


def test_nothing_is_named_by_a_pattern() -> None:
    assert _breaches(rules.pattern_names, "src", "tools") == []
    files = (file for file in python_files("src", "tools", "tests") if file.name != "conftest.py")
    assert [place(file) for file in files if rules.PATTERN_NAMES.search(file.stem)] == []


def test_only_config_reads_the_environment() -> None:
    assert _breaches(rules.environment_reads, "src", but=("config.py",)) == []


def test_only_the_clock_asks_for_the_time() -> None:
    assert _breaches(rules.clock_reads, "src", but=("clock.py",)) == []


def test_only_egress_connects_outward() -> None:
    assert _breaches(rules.connections, "src", but=("egress",)) == []
    assert _breaches(rules.clients, "src", but=("egress",)) == []


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
