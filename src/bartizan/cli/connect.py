"""`bartizan connect`: let any client on this machine use a gateway, with tokens refreshed and quantum-safe TLS."""

import argparse
import contextlib
import re
import shlex
from pathlib import Path
from typing import Final

from bartizan.app.address import HERE, AddressInvalid, Upstream, upstream
from bartizan.app.connect.key import key_file, key_folder
from bartizan.app.connect.run import Way, serve, to_other, to_own
from bartizan.app.connect.serve import Standing
from bartizan.app.device_key import device_key
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, path, state_options, whole
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import state
from bartizan.config import REFERENCE, resolve
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls_groups import HYBRID

PORT: Final = 8444


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    with interruptible(), contextlib.ExitStack() as stack:
        way = _way(arguments, shell)
        reference: str | None = arguments.key

        def keyed(port: int) -> Secret | None:
            nonlocal reference
            if arguments.no_key:
                return None
            if reference is not None:
                return resolve(reference, shell.environ, shell.folder, Secret)
            file, key = stack.enter_context(key_file(key_folder(shell.environ), port))
            reference = f"file:{file}"
            return key

        def ready(port: int, standing: Standing) -> None:
            document = _document(way, port, standing, reference)
            if arguments.json:
                shell.out.document(document)
            else:
                shell.out.line(_text(document))
            for line in _remarks(way, standing, keyless=reference is None):
                shell.err.line(line)

        serve(way, arguments.port, keyed, ready)
    return Exit.INTERRUPTED


def _way(arguments: argparse.Namespace, shell: Shell) -> Way:
    hybrid = arguments.pq == "required"
    url: Upstream | None = arguments.url
    holder = None if arguments.device is None else device_key(arguments.device, make=False)
    if arguments.key is not None and arguments.no_key:
        raise UsageInvalid("--key and --no-key exclude each other")
    if url is None:
        if any(word is not None for word in (arguments.client_id, arguments.secret, arguments.ca)):
            raise UsageInvalid("--client-id, --secret and --ca go with the URL of a gateway")
        return to_own(state(arguments, shell), hybrid=hybrid, holder=holder)
    if arguments.client_id is None or arguments.secret is None or (url.tls and arguments.ca is None):
        raise UsageInvalid("a gateway's URL goes with --client-id, --secret and, for https, --ca")
    return to_other(
        url, arguments.client_id, arguments.secret, arguments.ca or Path(), hybrid=hybrid, holder=holder
    )


def _document(way: Way, port: int, standing: Standing, reference: str | None) -> dict[str, object]:
    url = f"http://127.0.0.1:{port}"
    return {
        "url": url,
        "gateway": way.url,
        "identity": way.identity,
        "group": standing.group,
        "fault": standing.fault,
        "key": reference,
        "set": {
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_KEY": _word(reference),
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": _word(reference),
            "AZURE_OPENAI_ENDPOINT": url,
            "AZURE_OPENAI_API_KEY": _word(reference),
        },
    }


def _word(reference: str | None) -> str:
    """Return what a shell puts in place of the key: the key itself stands on no screen."""
    kind, _, where = (reference or "").partition(":")
    if kind == "env":
        return f'"${where}"'
    if kind == "file":
        return f'"$(cat {shlex.quote(where)})"'
    return "unused" if reference is None else f"THE-KEY-OF-{where}"


def _text(document: dict[str, object]) -> str:
    settings = document["set"]
    group = document["group"] or "the gateway is away"
    lines = [
        f"connect      {document['url']} -> {document['gateway']}, as {document['identity']}, {group}",
        "",
        "Set for your clients, as the default service speaks:",
        *(
            f"  export {name}={value}"
            for name, value in (settings.items() if isinstance(settings, dict) else ())
        ),
        f"Another service than the default one: {document['url']}/SERVICE/...; tools: {document['url']}/SERVICE/mcp",
        "Ctrl-C stops.",
    ]
    return "\n".join(lines)


def _remarks(way: Way, standing: Standing, *, keyless: bool) -> list[str]:
    said = []
    if standing.fault:
        said.append(f"the gateway is away ({standing.fault}); requests get 502 until it is back")
    elif standing.group not in HYBRID:
        said.append(
            f"the key agreement is {standing.group}, which is not quantum-safe; --pq required refuses that"
        )
    if keyless:
        said.append(f"--no-key: every program of every user on this machine can call as {way.identity}")
    return said


def gateway_url(text: str) -> Upstream:
    """Return a gateway's URL out of an argument, taken apart.

    Raises:
        ArgumentTypeError: it is none, or plain HTTP to another machine.
    """
    try:
        found = upstream(text)
    except AddressInvalid as fault:
        raise argparse.ArgumentTypeError(f"it {fault.what}") from None
    if text.rstrip("/").count("/") > 2 or not (found.tls or found.host in HERE):  # noqa: PLR2004 - those of the scheme
        raise argparse.ArgumentTypeError(
            "the gateway's URL is https://HOST:PORT, without a path; http:// is for this machine's loopback only"
        )
    return found


def _reference(text: str) -> str:
    if re.fullmatch(REFERENCE, text) is None or not text.isprintable():
        raise argparse.ArgumentTypeError(
            "a reference is needed, never the secret itself: env:NAME, file:PATH or keyring:NAME"
        )
    return text


def _client(text: str) -> str:
    if re.fullmatch(r"[!-~]{1,128}", text) is None:
        raise argparse.ArgumentTypeError("a client id is needed, as `bartizan identity add` printed it")
    return text


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url",
        nargs="?",
        type=gateway_url,
        metavar="URL",
        help="of the gateway; default: the platform of --state",
    )
    parser.add_argument("--client-id", type=_client, metavar="ID", help="as whom, with a URL")
    parser.add_argument(
        "--secret",
        type=_reference,
        metavar="REFERENCE",
        help="where that client's secret is: env:NAME, file:PATH",
    )
    parser.add_argument(
        "--ca", type=path, metavar="FILE", help="the authority to trust, with a URL: its ca.pem"
    )
    parser.add_argument(
        "--port",
        type=whole(0, 65535),
        default=PORT,
        metavar="PORT",
        help=f"of 127.0.0.1; 0 takes a free one; default: {PORT}",
    )
    parser.add_argument(
        "--pq",
        choices=["preferred", "required"],
        default="preferred",
        help="required: no connection without X25519MLKEM768; default: preferred",
    )
    parser.add_argument(
        "--key",
        type=_reference,
        metavar="REFERENCE",
        help="what clients present as their API key; default: a new one in a file of this user's",
    )
    parser.add_argument(
        "--device",
        type=path,
        metavar="FILE",
        help="key of this device, which tokens are bound to; see `bartizan device`",
    )
    parser.add_argument("--no-key", action="store_true", help="serve every program on this machine")
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "connect",
    "Listens on 127.0.0.1 for clients that know neither the gateway's tokens nor its TLS, and passes what they\n"
    "ask on to it: as the owner of the platform on this machine, or as a registered client of a gateway\n"
    "anywhere. Only Authorization (or x-api-key, api-key) and Host are replaced. Browsers are refused, and so is\n"
    "who does not present the key. Stays until Ctrl-C.\n"
    "Ends with 130 after Ctrl-C, 2 where an argument or secret cannot be used or the port is taken, 3 where no\n"
    "platform runs or it gives no token.",
    _arguments,
    _run,
)
