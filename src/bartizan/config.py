"""The configuration, read once: one file, strict, every value with its origin; and the environment.

Rules of this file: nothing else reads the environment, and no setting comes from it. A key that is not
declared is refused. Messages name file, line and key, and repeat no value, which may be a secret in the
wrong place. Secrets are references, and `resolve` hands their value over only through `wrap`.
"""

import enum
import importlib
import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path as File
from typing import Any, Final, Generic, TypeVar

import msgspec
from typing_extensions import override

from bartizan.config_form import Fault, faults, shown
from bartizan.config_lines import Path, locate
from bartizan.printable import printable

NAME: Final = "bartizan.toml"
"""Name of the configuration file."""
LARGEST: Final = 1 << 20
"""Largest configuration file, in octets."""
LARGEST_SECRET: Final = 1 << 16
"""Largest secret, in octets."""
LISTED: Final = 12
"""How many faults a message lists."""
REFERENCE: Final = (
    r"^(env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[^\x00-\x1f\x7f]{1,4096}|keyring:[\x21-\x7e]{1,128})$"
)
"""Form of a reference to a secret."""
_VISIBLE: Final = frozenset(range(0x21, 0x7F))
_LINES: Final = _VISIBLE | frozenset(b" \r\n")
_CHAIN: Final = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*\.[ \t]*){32}")
_LINE: Final = re.compile(r" ?\(at line (\d+), column \d+\)$|(?P<end> ?\(at end of document\)$)")

Sections = TypeVar("Sections", bound=msgspec.Struct)
Wrapped = TypeVar("Wrapped")


class ConfigurationFault(Exception):
    """What is wrong with the configuration; the message says what to do."""


class ConfigurationUnreadable(ConfigurationFault):
    """The file cannot be read."""

    def __init__(self, file: File, why: str) -> None:
        """Name the file and the reason."""
        super().__init__(f"cannot read the configuration {printable(str(file))}: {why}")
        self.file, self.why = file, why


class ConfigurationInvalid(ConfigurationFault):
    """The file says something that it may not.

    Attributes:
        lines: `file:line: key: what is wrong`, one fault each.
    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        """List the faults, the first dozen of them."""
        more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
        super().__init__("\n".join([*lines[:LISTED], *more]))
        self.lines = lines


class SecretMissing(ConfigurationFault):
    """A reference to a secret leads to nothing usable."""

    def __init__(self, reference: str, why: str) -> None:
        """Name the reference, never what it leads to."""
        super().__init__(f"the secret {printable(reference)} {why}")
        self.reference, self.why = reference, why


class Source(enum.Enum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    COMMAND_LINE = "command line"


class Origin(msgspec.Struct, frozen=True):
    """Where one value comes from; `line` counts from 1 and is 0 outside a file."""

    source: Source
    file: str = ""
    line: int = 0

    @override
    def __str__(self) -> str:
        """Return `default`, `command line` or `file:line`."""
        return f"{self.file}:{self.line}" if self.source is Source.FILE else self.source.value


class Configuration(msgspec.Struct, Generic[Sections], frozen=True):
    """Everything that is configured.

    Attributes:
        sections: the values, as their rooms declare them.
        file: where they were read; None when nothing is configured.
        lines: path of each key in the file -> its line.
        given: top-level keys that the command line set.
    """

    sections: Sections
    file: File | None
    lines: Mapping[Path, int]
    given: frozenset[str]

    @property
    def folder(self) -> File:
        """The folder that relative paths in the configuration start from."""
        return File.cwd() if self.file is None else self.file.parent

    def origin(self, path: Path) -> Origin:
        """Return where the value at a path comes from."""
        if path and path[0] in self.given:
            return Origin(Source.COMMAND_LINE)
        if self.file is not None and path in self.lines:
            return Origin(Source.FILE, printable(str(self.file)), self.lines[path])
        return Origin(Source.DEFAULT)

    def invalid(self, found: tuple[Fault, ...]) -> ConfigurationInvalid:
        """Return the error that lists these faults with their lines."""
        name = "defaults" if self.file is None else printable(str(self.file))
        return ConfigurationInvalid(tuple(_line(name, self.lines, fault) for fault in found))


def environment() -> Mapping[str, str]:
    """Return the environment: for secrets' references and the manners of a terminal, never for settings."""
    return os.environ


def find(start: File) -> File | None:
    """Return the nearest `bartizan.toml`, in a folder or above it; None where there is none.

    Raises:
        ConfigurationUnreadable: the one found above belongs to somebody else, who could steer this user.
    """
    for folder in (start, *start.parents):
        file = folder / NAME
        try:
            found = file.lstat()
        except OSError:
            continue
        if folder != start and found.st_uid not in {0, os.geteuid()}:
            raise ConfigurationUnreadable(file, "it belongs to another user; name it with --config to use it")
        return file
    return None


def load(
    file: File | None, sections: type[Sections], given: Mapping[str, object] | None = None
) -> Configuration[Sections]:
    """Return the configuration of a file, or the defaults.

    Args:
        file: the file; None for nothing but defaults.
        sections: a struct with one field for each top-level key or table.
        given: top-level keys that the command line sets, over the file's.
    Raises:
        ConfigurationUnreadable: no such file, a folder, not UTF-8, too large.
        ConfigurationInvalid: not TOML, an unknown key, a wrong type or word.
    """
    text = "" if file is None else read_text(file).removeprefix("\ufeff")
    document, lines = _parse(text, file)
    document.update(given or {})
    found = faults(document, sections)
    if found:
        name = "command line" if file is None else printable(str(file))
        raise ConfigurationInvalid(tuple(_line(name, lines, fault) for fault in found))
    return Configuration(msgspec.convert(document, sections), file, lines, frozenset(given or ()))


def read_text(file: File) -> str:
    """Return the text of a regular file of at most `LARGEST` octets.

    Raises:
        ConfigurationUnreadable: no such file, a folder, a device, not UTF-8, too large.
    """
    try:
        return read_octets(file, LARGEST).decode()
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        raise ConfigurationUnreadable(file, f"line {line} is not UTF-8; save it as UTF-8") from fault


def read_octets(file: File, most: int) -> bytes:
    """Return the content of a regular file of at most so many octets; nothing of another kind is waited for.

    Raises:
        ConfigurationUnreadable: no such file, a folder, a device, too large.
    """
    try:
        return _octets(file, most)[0]
    except (OSError, ValueError) as fault:
        raise ConfigurationUnreadable(file, _reason(fault)) from fault


def _octets(file: File, most: int) -> tuple[bytes, int]:
    """Return content and mode of a regular file of at most so many octets, judged by what was opened."""
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with open(fd, "rb") as opened:  # noqa: PTH123 - pathlib cannot open a descriptor
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError("it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
        content = opened.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it is larger than {most} octets")
    return content, mode


def _reason(fault: OSError | ValueError) -> str:
    if isinstance(fault, IsADirectoryError):
        return "it is a folder; name the file in it"
    if isinstance(fault, FileNotFoundError):
        return "there is no such file"
    if isinstance(fault, OSError):
        return (fault.strerror or "it cannot be opened").lower()
    return "its name holds a null character" if "null" in str(fault) else str(fault)


def _parse(text: str, file: File | None) -> tuple[dict[str, Any], Mapping[Path, int]]:
    name = "the configuration" if file is None else printable(str(file))
    chain = _CHAIN.search(text)
    if chain is not None:
        line = text.count("\n", 0, chain.start()) + 1
        raise ConfigurationInvalid((f"{name}:{line}: nested too deeply; no key has more than a few parts",))
    try:
        return tomllib.loads(text), locate(text)
    except RecursionError:
        raise ConfigurationInvalid((f"{name}: nested too deeply; flatten the arrays or tables",)) from None
    except ValueError as fault:
        raise ConfigurationInvalid((_syntax(name, text, fault),)) from None


def _syntax(name: str, text: str, fault: ValueError) -> str:
    what = str(fault)
    place = _LINE.search(what)
    if not isinstance(fault, tomllib.TOMLDecodeError) or place is None:
        return f"{name}: not TOML: a number or date is out of range"
    line = place[1] or text.count("\n") + (not text.endswith("\n"))
    return f"{name}:{line}: not TOML: {printable(what[: place.start()])}"


def _line(name: str, lines: Mapping[Path, int], fault: Fault) -> str:
    path = fault.path
    while path and path not in lines:
        path = path[:-1]
    place = f"{name}:{lines[path]}" if path else name
    return f"{place}: {shown(fault.path)}: {fault.what}" if fault.path else f"{place}: {fault.what}"


def resolve(
    reference: str,
    environ: Mapping[str, str],
    folder: File,
    wrap: Callable[[bytes], Wrapped],
    *,
    lines: bool = False,
) -> Wrapped:
    """Return the secret behind a reference, wrapped before anybody can see it.

    Args:
        reference: `env:NAME`, `file:PATH` (from `folder`) or `keyring:NAME` (service `bartizan`).
        environ: the environment, as `environment` returns it.
        folder: of the configuration file.
        wrap: makes the opaque value, `crypto.secret.Secret`.
        lines: whether it may have blanks and line breaks, as a key in PEM has.
    Raises:
        SecretMissing: nothing there, or something that is not safe to use.
    """
    if re.fullmatch(REFERENCE, reference) is None:
        raise SecretMissing(
            "of the configuration", "is no reference; write env:NAME, file:PATH or keyring:NAME"
        )
    kind, _, name = reference.partition(":")
    match kind:
        case "env":
            value = _from_environment(reference, environ, name)
        case "file":
            value = _from_file(reference, folder / name)
        case _:
            value = _from_keyring(reference, name)
    if not value:
        raise SecretMissing(reference, "is empty")
    allowed = _LINES if lines else _VISIBLE
    if len(value) > LARGEST_SECRET or not allowed.issuperset(value):
        raise SecretMissing(
            reference, "holds white space, line breaks or other characters no header can carry"
        )
    return wrap(value)


def _from_environment(reference: str, environ: Mapping[str, str], name: str) -> bytes:
    if name not in environ:
        raise SecretMissing(reference, f"is not set; set {name} in the environment that starts Bartizan")
    return os.fsencode(environ[name])


def _from_file(reference: str, file: File) -> bytes:
    try:
        content, mode = _octets(file, LARGEST_SECRET)
    except (OSError, ValueError) as fault:
        raise SecretMissing(
            reference, f"cannot be read from {printable(str(file))}: {_reason(fault)}"
        ) from fault
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise SecretMissing(reference, "can be read or changed by others; run: chmod 600 on the file")
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _from_keyring(reference: str, name: str) -> bytes:
    try:
        keyring, errors = importlib.import_module("keyring"), importlib.import_module("keyring.errors")
    except ImportError as fault:
        raise SecretMissing(reference, "needs the package keyring; install it beside Bartizan") from fault
    try:
        value = keyring.get_password("bartizan", name)
    except errors.KeyringError as fault:
        raise SecretMissing(reference, "cannot be read: no keyring answers on this machine") from fault
    return b"" if value is None else os.fsencode(str(value))
