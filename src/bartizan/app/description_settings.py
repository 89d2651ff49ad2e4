"""What the configuration may say of services that a description describes, and what it leaves unserved."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bartizan.app.description import DescriptionUnreadable, read_description
from bartizan.app.limit_settings import Limits
from bartizan.config_form import Fault
from bartizan.config_lines import Path as Key
from bartizan.gateway.openapi.document import DocumentInvalid

_SHOWN: Final = 20
"""Faults of one description that are named at once."""


def describing(path: Key, openapi: str | None, limits: Limits, *, http: bool) -> Iterator[Fault]:
    """Yield what one service may not say together.

    Args:
        path: of the service in the configuration.
        openapi: its description's file, where it names one.
        limits: its own.
        http: whether that is its protocol.
    """
    if not http:
        if openapi is not None:
            yield Fault((*path, "openapi"), 'describes services of protocol "http" alone; leave it out')
        return
    if openapi is None:
        yield Fault(
            (*path, "protocol"), 'is "http", whose routes a description has: name its file in `openapi`'
        )
    if limits.tokens_per_minute or limits.spend_per_day or limits.spend_per_month:
        yield Fault(
            (*path, "limits"), "are of tokens or money, which such a service does not count; leave them out"
        )


def descriptions(folder: Path, files: Mapping[int, str]) -> Iterator[Fault]:
    """Yield what is wrong with the descriptions of services, each fault with its place in the file.

    Args:
        folder: of the configuration.
        files: position of each service that has one -> its file.
    """
    for position, file in files.items():
        where = ("service", position, "openapi")
        try:
            read_description(folder / file)
        except DescriptionUnreadable as fault:
            yield Fault(where, str(fault))
        except DocumentInvalid as invalid:
            yield from (Fault(where, f"{one.pointer or '/'} {one.what}") for one in invalid.faults[:_SHOWN])


def left_out(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the operations that are described and not served, a sentence each.

    Args:
        folder: of the configuration, which is settled.
        files: name of each service that has a description -> its file.
    """
    return tuple(
        f"{name}: {one.pointer} {one.what}"
        for name, file in files.items()
        for one in read_description(folder / file)[0].left_out
    )
