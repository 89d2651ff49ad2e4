"""`bartizan mcp pins FILE...`: print the pins of a tool server's tools."""

import argparse
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, naming, path
from bartizan.gateway.mcp.tools import digest, is_destructive, is_tool

_MOST: Final = 16 << 20
"""Octets of a file that is read."""


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    tools = [tool for file in arguments.file for tool in tools_of(file)]
    pins = sorted({(tool["name"], digest(tool)) for tool in tools})
    destructive = sorted({tool["name"] for tool in tools if is_destructive(tool)})
    if arguments.json:
        shell.out.document({"pins": [f"{name} {pin}" for name, pin in pins], "destructive": destructive})
    else:
        shell.out.line(_text(pins, destructive))
    return Exit.CLEAN


def tools_of(file: Path) -> list[dict[str, Any]]:
    """Return the tools of a file that holds what a server answered to tools/list.

    Raises:
        UsageInvalid: it holds something else.
    """
    with naming(file), file.open("rb") as opened:
        octets = opened.read(_MOST + 1)
    try:
        said = msgspec.json.decode(octets) if len(octets) <= _MOST else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = None
    said = said.get("result", said) if isinstance(said, dict) else said
    tools = said.get("tools") if isinstance(said, dict) else None
    if not isinstance(tools, list):
        raise UsageInvalid(f"{file}: is no answer to tools/list, as JSON of at most 16 MiB")
    if not all(map(is_tool, tools)):
        raise UsageInvalid(
            f"{file}: lists something that is no tool of a plain name, which is never let through"
        )
    return tools


def _text(pins: list[tuple[str, str]], destructive: list[str]) -> str:
    marked = f"# marked as ones that may destroy: {', '.join(destructive)}\n" if destructive else ""
    lines = "".join(f'\n    "{name} {pin}",' for name, pin in pins)
    return f"{marked}[service.tools]\npins = [{lines}\n]"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["pins"], help="pins: a digest of all that each tool says of itself")
    parser.add_argument(
        "file",
        type=path,
        nargs="+",
        metavar="FILE",
        help="what the server answers to tools/list, a page each",
    )
    json_option(parser)


COMMAND = Command(
    "mcp",
    "Prints `pins` of [service.tools] for bartizan.toml out of what a tool server answered to tools/list. Read\n"
    "what the tools say before you pin it. Asks nothing of the server. Ends with 0, or 2 where a file is no such answer.",
    _arguments,
    _run,
)
