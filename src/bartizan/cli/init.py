"""`bartizan init URL`: write the configuration and the policies for one's own AI service."""

import argparse
import json
import re
import shlex
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.app.address import AddressInvalid, Upstream, upstream
from bartizan.app.service_settings import RESERVED
from bartizan.app.settings import read
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, name
from bartizan.cli.screen import table
from bartizan.cli.transcript import program
from bartizan.config import REFERENCE, ConfigurationFault

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
        path: prefix of the service's paths where its URL names none.
        root: what clients call in its place.
        key: environment variable in which its key usually is.
    """

    path: str
    root: str
    key: str


PROTOCOLS: Final = {
    "openai": Speech("/v1", "/v1", "OPENAI_API_KEY"),
    "anthropic": Speech("/v1", "", "ANTHROPIC_API_KEY"),
    "azure": Speech("/openai", "", "AZURE_OPENAI_API_KEY"),
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
        "default: env:OPENAI_API_KEY or its like for a public service, none for a private one",
    )
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.name in RESERVED:
        raise UsageInvalid(f"--name: {arguments.name} is a name of Bartizan's own; choose another")
    text = _text(arguments)
    file, policy = shell.folder / "bartizan.toml", shell.folder / "policies" / POLICY
    for path in (file, policy):
        if path.is_symlink() or path.exists():
            raise UsageInvalid(
                f"{path} is here already and stays as it is; edit it, or run init in another folder"
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
        shell.out.line(_next(arguments.name, credential, PROTOCOLS[arguments.protocol].root))
    return Exit.CLEAN


def _text(arguments: argparse.Namespace) -> str:
    found = _upstream(arguments)
    scheme = "https" if found.tls else "http"
    path = "" if found.path == PROTOCOLS[arguments.protocol].path else found.path
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
    if found.private or not found.tls:
        lines.append(f'allow_private = ["{found.authority}"]')
    lines.append(_line("guard", "off", "this version inspects no prompts"))
    lines.append("limits = { requests_per_minute = 600 }")
    return TEMPLATE.format(service="\n".join(lines))


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
    found = _upstream(arguments)
    return "" if found.private or not found.tls else f"env:{PROTOCOLS[arguments.protocol].key}"


def _upstream(arguments: argparse.Namespace) -> Upstream:
    try:
        return upstream(arguments.url, PROTOCOLS[arguments.protocol].path)
    except AddressInvalid as fault:
        raise UsageInvalid(f"the URL {fault.what}") from None


def _policy() -> str:
    return resources.files("bartizan.access").joinpath(POLICY).read_text("utf-8")


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


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


def _next(service: str, credential: str, root: str) -> str:
    steps = [
        (shlex.join([*program(), "up"]), "start, with the drill on the built-in sample"),
        (shlex.join([*program(), "doctor"]), "also whether the service can be reached around the gateway"),
        (shlex.join([*program(), "token", "--header"]), "what a client presents"),
    ]
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
