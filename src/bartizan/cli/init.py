"""`bartizan init URL`: write the configuration and the policies for one's own AI service."""

import argparse
import json
import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.app.address import AddressInvalid, Upstream, upstream
from bartizan.app.service_settings import RESERVED, Protocol
from bartizan.app.settings import read
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, name, path
from bartizan.cli.mcp import tools_of
from bartizan.cli.screen import table
from bartizan.cli.transcript import program
from bartizan.config import REFERENCE, ConfigurationFault
from bartizan.gateway.mcp.tools import digest

TEMPLATE: Final = """\
listen = "127.0.0.1:8443"           # this machine only; anything else is a decision
pq = "preferred"                    # or "required": clients without X25519MLKEM768 are refused

[[service]]                         # an upstream AI API
{service}

[policy]
path = "policies/"                  # Cedar: who may call what
"""
POLICY: Final = "default.cedar"


class Speech(NamedTuple):
    """What a protocol means to who writes a configuration.

    Attributes:
        root: what clients call in place of the service.
        key: environment variable in which its key usually is; empty where it need not have one.
    """

    root: str
    key: str


PROTOCOLS: Final = {
    "openai": Speech("/v1", "OPENAI_API_KEY"),
    "anthropic": Speech("", "ANTHROPIC_API_KEY"),
    "azure": Speech("", "AZURE_OPENAI_API_KEY"),
    "http": Speech("", ""),
    "mcp": Speech("/mcp", ""),
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="of the service, such as https://api.example.com/v1")
    parser.add_argument("--name", type=name, default="assistant", help="what to call it; default: assistant")
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, default="openai", help="what its clients speak; default: openai"
    )
    parser.add_argument(
        "--credential",
        metavar="REFERENCE",
        help="where the key that it wants is: env:NAME, file:PATH or keyring:NAME; "
        "default: env:OPENAI_API_KEY or its like for a public service of a model, none for others",
    )
    parser.add_argument(
        "--openapi", type=path, metavar="FILE", help="OpenAPI 3.x description of the service; for http alone"
    )
    parser.add_argument(
        "--tools",
        type=path,
        action="append",
        metavar="FILE",
        help="what the server answered to tools/list, a page each: its tools are pinned so, and no other is let "
        "through; for mcp alone",
    )
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.name in RESERVED:
        raise UsageInvalid(f"--name: {arguments.name} is a name of Bartizan's own; choose another")
    _require_fitting(arguments)
    text = _text(arguments, shell.folder)
    file, policy = shell.folder / "bartizan.toml", shell.folder / "policies" / POLICY
    for one in (file, policy):
        if one.is_symlink() or one.exists():
            raise UsageInvalid(
                f"{one} is here already and stays as it is; edit it, or run init in another folder"
            )
    if policy.parent.exists() and not policy.parent.is_dir():
        raise UsageInvalid(f"{policy.parent} is not a folder; move it away, or run init in another folder")
    policy.parent.mkdir(exist_ok=True)
    _write(policy, _policy())
    _write(file, text)
    _check(file)
    credential = _credential(arguments)
    if arguments.json:
        shell.out.document(
            {"written": [str(file), str(policy)], "service": arguments.name, "credential": credential}
        )
    else:
        if not _upstream(arguments).tls and not _upstream(arguments).private:
            shell.err.line(
                f"{arguments.url} is not encrypted: whoever is on the way reads prompts and answers; "
                "bartizan.toml allows it with allow_private"
            )
        shell.out.line(_next(arguments, credential))
    return Exit.CLEAN


def _require_fitting(arguments: argparse.Namespace) -> None:
    """Refuse what goes with another protocol, or is missing for this one.

    Raises:
        UsageInvalid: the message says what to do.
    """
    if arguments.protocol == "http" and arguments.openapi is None:
        raise UsageInvalid(
            "--protocol http needs --openapi FILE, the service's OpenAPI 3.x description: its operations are the routes"
        )
    if arguments.protocol != "http" and arguments.openapi is not None:
        raise UsageInvalid("--openapi goes with --protocol http")
    if arguments.protocol != "mcp" and arguments.tools is not None:
        raise UsageInvalid("--tools goes with --protocol mcp")
    for file in arguments.tools or ():
        if not file.is_file():
            raise UsageInvalid(
                f"{file} is not there; save what the server answers to tools/list, a page a file"
            )


def _text(arguments: argparse.Namespace, folder: Path) -> str:
    found = _upstream(arguments)
    scheme = "https" if found.tls else "http"
    path = "" if found.path == Protocol(arguments.protocol).root else found.path
    default = found.authority.removesuffix(":443" if found.tls else ":80")
    lines = [
        _line("name", arguments.name),
        _line("upstream", f"{scheme}://{default}{path}"),
        _line("protocol", arguments.protocol),
    ]
    credential = _credential(arguments)
    if credential:
        lines.append(
            _line("credential", credential, "injected; the client's own credentials never go upstream")
        )
    if arguments.openapi is not None:
        lines.append(_line("openapi", _beside(arguments.openapi, folder), "its operations are the routes"))
    if found.private or not found.tls:
        lines.append(f'allow_private = ["{found.authority}"]')
    lines.append(_line("guard", "observe", 'tells what prompts hold; "standard" takes it out'))
    lines.append("limits = { requests_per_minute = 600 }")
    if arguments.protocol == "mcp":
        lines += _pins(arguments.tools or [])
    return TEMPLATE.format(service="\n".join(lines))


def _beside(file: Path, folder: Path) -> str:
    """Return a file as the configuration in a folder names it: its path below, else the whole one."""
    whole = file.absolute()
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)


def _pins(files: list[Path]) -> list[str]:
    """Return the section about a server's tools: pinned as it listed them, or as they are first listed."""
    tools = [tool for file in files for tool in tools_of(file)]
    pins = sorted({f"{tool['name']} {digest(tool)}" for tool in tools})
    if not pins:
        return [
            'tools = { unpinned = "observe" }   # each is pinned as it is first listed; see `bartizan mcp pins`'
        ]
    return [
        "",
        "[service.tools]                     # read what they say before you trust it",
        'unpinned = "refused"',
        "pins = [",
        *(f"    {json.dumps(pin)}," for pin in pins),
        "]",
    ]


def _line(key: str, value: str, why: str = "") -> str:
    line = f"{key} = {json.dumps(value)}"
    return f"{line:<35} # {why}" if why else line


def _credential(arguments: argparse.Namespace) -> str:
    given: str | None = arguments.credential
    if given is not None:
        if re.fullmatch(REFERENCE, given) is None or not given.isprintable():
            raise UsageInvalid(
                "--credential takes a reference, never the key itself: env:NAME, file:PATH or keyring:NAME"
            )
        return given
    found, key = _upstream(arguments), PROTOCOLS[arguments.protocol].key
    return f"env:{key}" if key and not found.private and found.tls else ""


def _upstream(arguments: argparse.Namespace) -> Upstream:
    try:
        return upstream(arguments.url, Protocol(arguments.protocol).root)
    except AddressInvalid as fault:
        raise UsageInvalid(f"the URL {fault.what}") from None


def _policy() -> str:
    return resources.files("bartizan.access").joinpath(POLICY).read_text("utf-8")


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as opened:
        opened.write(text)


def _check(file: Path) -> None:
    """Read back what was written, so that the first start cannot stumble over it.

    Raises:
        ConfigurationFault: it says something that it may not; it is removed again.
    """
    try:
        read(file, file.parent)
    except ConfigurationFault:
        file.unlink()
        (file.parent / "policies" / POLICY).unlink()
        raise


def _next(arguments: argparse.Namespace, credential: str) -> str:
    service, root = arguments.name, PROTOCOLS[arguments.protocol].root
    steps = [
        (shlex.join([*program(), "up"]), "start, with the drill on the built-in sample"),
        (shlex.join([*program(), "doctor"]), "also whether the service can be reached around the gateway"),
        (shlex.join([*program(), "token", "--header"]), "what a client presents"),
    ]
    if arguments.protocol == "mcp" and not arguments.tools:
        steps.insert(
            0, (shlex.join([*program(), "mcp", "pins", "tools.json"]), "pins that outlast a restart")
        )
    if credential.startswith("env:"):
        steps.insert(0, (f"export {credential.removeprefix('env:')}=...", "the key that the service wants"))
    return "\n".join(
        [
            "wrote bartizan.toml and policies/default.cedar; nothing was asked of the service",
            "",
            "Next:",
            *(f"  {line}" for line in table(steps).split("\n")),
            f"Clients then call https://localhost:8443{root} (or /{service}{root}) instead of the service.",
        ]
    )


COMMAND = Command(
    "init",
    "Writes bartizan.toml and policies/default.cedar into the working folder. Overwrites nothing, and asks\n"
    "nothing of the service. Ends with 0, or 2 where the URL cannot be used or a file is there already.",
    _arguments,
    _run,
)
