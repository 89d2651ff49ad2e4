"""What the style and the house forbid, as functions of a syntax tree; each yields the nodes that break the rule."""

import ast
import re
from collections.abc import Iterator

LONGEST_FILE = 499
LONGEST_FUNCTION = 59
PATTERN_NAMES = re.compile(r"(?:^|_)(?:manager|helper|util|handler|processor|base|common|misc)s?(?:_|$)")
"""Words that name a pattern and not the thing (house style 1)."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
CONNECTING = frozenset({
    "connect", "connect_ex", "create_connection", "create_datagram_endpoint", "create_unix_connection",
    "getaddrinfo", "gethostbyname", "open_connection", "open_unix_connection", "sendto", "sock_connect", "urlopen",
})  # fmt: skip
SOCKETS = frozenset({"OpenSSL", "asyncio", "socket", "ssl", "uvloop"})
"""What a module imports that could open a connection; in others, `connect` is a database's."""
CLIENTS = frozenset({"http.client", "urllib.request", "xmlrpc.client"})
"""What connects by itself, beside `http.HTTPStatus` and `urllib.parse`, which the import contracts cannot tell apart."""
ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb"})
TELLING = {
    "time": {"clock_gettime", "clock_gettime_ns", "gmtime", "localtime", "monotonic", "monotonic_ns", "perf_counter",
             "perf_counter_ns", "process_time", "process_time_ns", "time", "time_ns"},
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
}  # fmt: skip
"""What asks the system for the time."""


def long_functions(module: ast.Module) -> Iterator[Function]:
    """Yield functions that are longer than a reader keeps in mind, docstring included."""
    for node in ast.walk(module):
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
            yield node


def pattern_names(module: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """Yield functions and classes that are named by a pattern."""
    for node in ast.walk(module):
        if isinstance(node, Function | ast.ClassDef) and PATTERN_NAMES.search(words(node.name)):
            yield node


def words(name: str) -> str:
    """Return a name's words in lower case, joined by underscores: `PolicyManager` -> `policy_manager`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def undocumented(module: ast.Module) -> Iterator[ast.Module | Function | ast.ClassDef]:
    """Yield the module, its public functions and classes, and their public methods that lack a docstring."""
    if ast.get_docstring(module) is None:
        yield module
    yield from _undocumented(module.body)


def _undocumented(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        if ast.get_docstring(node) is None and not decorators & {"override", "overload"}:
            yield node
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node.body)


def imported(module: ast.Module) -> frozenset[str]:
    """Return the top-level names of what a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return frozenset(names)


def environment_reads(module: ast.Module) -> Iterator[ast.AST]:
    """Yield what reads the environment: by attribute of `os`, or imported from it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and ast.unparse(node.value) == "os":
            yield node
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and ENVIRONMENT & {n.name for n in node.names}
        ):
            yield node


def clock_reads(module: ast.Module) -> Iterator[ast.AST]:
    """Yield what asks the system for the time: by attribute, or imported by name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rsplit(".", 1)[-1]
            if node.attr in TELLING.get(owner, ()):
                yield node
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and TELLING["time"] & {n.name for n in node.names}
        ):
            yield node


def connections(module: ast.Module) -> Iterator[ast.AST]:
    """Yield what opens an outbound connection or asks for an address.

    A connection taken over by `sock=` is open already. What comes from our own egress, and `connect` of a database
    in a module that imports nothing of sockets, is none.
    """
    with_sockets = bool(imported(module) & SOCKETS)
    ours = set(_from_egress(module))
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        owner, _, name = ast.unparse(node.func).rpartition(".")
        if name not in CONNECTING or (owner or name) in ours:
            continue
        if any(keyword.arg == "sock" for keyword in node.keywords) or (
            name == "connect" and not with_sockets
        ):
            continue
        if owner or name in {
            "create_connection",
            "getaddrinfo",
            "open_connection",
            "open_unix_connection",
            "urlopen",
        }:
            yield node


def _from_egress(module: ast.Module) -> Iterator[str]:
    """Yield the names under which a module has egress or parts of it."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if f"{node.module}.{alias.name}.".startswith("bartizan.egress."):
                    yield alias.asname or alias.name


def clients(module: ast.Module) -> Iterator[ast.AST]:
    """Yield imports of the standard library's HTTP clients."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import) and CLIENTS & {alias.name for alias in node.names}:
            yield node
        if isinstance(node, ast.ImportFrom):
            names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            if CLIENTS & names:
                yield node
