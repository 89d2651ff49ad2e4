"""DuckDB, held to the files that it is handed: the one place where it is called.

Rules of this file: it is imported when somebody asks, and by nobody who does not. It gets open descriptors and never a
path, so that no name of a folder is read as a pattern or as SQL, and it can open, make, fetch and load nothing else; it
does not spill to disk. Values are parameters; names in statements come from `column_fields` alone.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from bartizan.ledger.column_fields import FIELDS, HOUR, PARTS, column, type_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXTRA: Final = "columns"
"""The extra that brings it."""
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "enable_external_file_cache": False,
    "temp_directory": "",
}


class ColumnsUnusable(Exception):
    """The copy cannot be read or written so; the tree can."""


class QuestionTooLarge(Exception):
    """An answer has more groups than there is room for."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the answer has too many groups; count by fewer fields, a longer bucket, or a shorter time"
        )


def available() -> bool:
    """Return whether the extra is installed; imports nothing."""
    return find_spec("duckdb") is not None


@contextmanager
def engine(files: Sequence[int], *, threads: int, octets: int) -> Iterator["DuckDBPyConnection"]:
    """Yield an engine that can reach these open files and nothing else.

    Args:
        files: descriptors; `opened` names each.
        threads: that it may use.
        octets: of memory.
    Raises:
        ColumnsUnusable: a file is not what it should be, or there is no memory; also from inside the block.
        QuestionTooLarge: what was asked for needs more memory.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra, and heavy: only where it is used
    except ImportError as fault:
        raise ColumnsUnusable(f"the extra {EXTRA} cannot be loaded: {fault}") from fault

    settings = {**_SETTINGS, "threads": threads, "memory_limit": f"{octets >> 20}MiB"}
    connection = duckdb.connect(":memory:", config=settings)
    try:
        connection.execute("SET allowed_paths = $paths", {"paths": [opened(file) for file in files]})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    except duckdb.OutOfMemoryException:
        raise QuestionTooLarge from None
    except duckdb.Error as fault:
        raise ColumnsUnusable(type(fault).__name__) from fault
    finally:
        connection.close()


def opened(file: int) -> str:
    """Return the name by which the engine opens a descriptor's file."""
    return f"/proc/self/fd/{file}"


@contextmanager
def in_memory(content: bytes = b"") -> Iterator[int]:
    """Yield the descriptor of a file that lies in memory alone."""
    file = os.memfd_create("columns", os.MFD_CLOEXEC)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        yield file
    finally:
        os.close(file)


def lines_relation(parameter: str) -> str:
    """Return the relation of lines of JSON in a file, each a canonical event with its index.

    Args:
        parameter: name of the statement's parameter that names the file.
    """
    fields = ", ".join(f'"{field}" {kind}' for field, kind in FIELDS.items())
    typed = ", ".join(f"'{name}': '{type_of(name)}'" for name in ("index", "at", *PARTS))
    flat = ", ".join(f'detail."{field}" AS {column(field)}' for field in FIELDS)
    plain = (
        f'"index", "at", CAST("at" // {HOUR} AS {type_of("hour")}) AS "hour", {", ".join(map(column, PARTS))}'
    )
    return (
        f"(SELECT {plain}, {flat} FROM read_json(${parameter}, format = 'newline_delimited', "  # noqa: S608 - our own columns
        f"compression = 'uncompressed', columns = {{{typed}, 'detail': 'STRUCT({fields})'}}))"
    )


def parquet_of_lines(lines: bytes, octets: int) -> bytes:
    """Return the content of a Parquet file with the events of these lines.

    Raises:
        ColumnsUnusable: no memory, or lines that are not events.
    """
    with in_memory(lines) as source, in_memory() as target:
        with engine((source, target), threads=1, octets=octets) as connection:
            connection.execute(_copy(lines_relation("lines"), target), {"lines": opened(source)})
        return content(target)


def parquet_of_files(files: Sequence[int], octets: int) -> bytes:
    """Return the content of one Parquet file with the rows of others, in their order.

    Raises:
        ColumnsUnusable: no memory, or one of them is damaged.
    """
    with in_memory() as target:
        with engine((*files, target), threads=1, octets=octets) as connection:
            names = list(map(opened, files))
            connection.execute(_copy("read_parquet($files)", target), {"files": names})
        return content(target)


def content(file: int) -> bytes:
    """Return all of an open file."""
    pieces: list[bytes] = []
    at = 0
    while piece := os.pread(file, 1 << 24, at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def _copy(relation: str, target: int) -> str:
    return (
        f"COPY (SELECT * FROM {relation}) TO '{opened(target)}' "  # noqa: S608 - our own relation, and a number
        "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
    )
