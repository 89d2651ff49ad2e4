"""What `bartizan policy apply`, `versions`, `show` and `rollback` do on a running platform."""

import argparse
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.admin.policies import PolicyApplied, PolicyListed
from bartizan.app.owner import Owner
from bartizan.app.policy.files import configured, read
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, path, state_options, whole
from bartizan.cli.place import state
from bartizan.cli.screen import table
from bartizan.cli.settled import configuration
from bartizan.clock import SECOND

_MOST: Final = 2**53


def _apply(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.built_in and arguments.files:
        raise UsageInvalid("name files, or --built-in, one of both")
    owner, settled = Owner(state(arguments, shell)), configuration(arguments, shell)
    led_to = configured(settled)
    files = {} if arguments.built_in else read(arguments.files, settled.folder) if arguments.files else led_to
    made = owner.apply_policies(files, configured=files == led_to)
    _tell(arguments, shell, made, "applied")
    if files != led_to:
        shell.err.line(
            "the configured files say something else: this stays over restarts until they are changed"
        )
    return Exit.CLEAN


def _rollback(arguments: argparse.Namespace, shell: Shell) -> Exit:
    made = Owner(state(arguments, shell)).roll_back_policies(arguments.version)
    _tell(arguments, shell, made, f"version {arguments.version} again")
    if not made.configured:
        shell.err.line(
            "the configured files say something else: this stays over restarts until they are changed"
        )
    return Exit.CLEAN


def _versions(arguments: argparse.Namespace, shell: Shell) -> Exit:
    found = Owner(state(arguments, shell)).policy_versions()
    if arguments.json:
        shell.out.document([document(each) for each in found])
        return Exit.CLEAN
    rows = [
        (
            f"{each.version}",
            _date(each.at),
            _source(each),
            ", ".join(each.names) or "built-in",
            each.digest[:16],
            "in force" if position == 0 else "",
        )
        for position, each in enumerate(found)
    ]
    shell.out.line(table([("VERSION", "SINCE", "FROM", "FILES", "DIGEST", ""), *rows], frozenset({0})))
    return Exit.CLEAN


def _show(arguments: argparse.Namespace, shell: Shell) -> Exit:
    found = Owner(state(arguments, shell)).policy(arguments.version or 0)
    if arguments.json:
        shell.out.document(document(found))
        return Exit.CLEAN
    if not found.files:
        shell.err.line(f"version {found.version} is the built-in policies: see docs/policy.md")
    for name, text in found.files.items():
        shell.out.line(f"// {name}\n{text.rstrip()}\n")
    return Exit.CLEAN


def document(found: PolicyListed) -> dict[str, Any]:
    """Return a version as JSON shows it: with the text of its files, or with their names alone."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    names = told.pop("names")
    return {"generation": 0, **told, "files": told.get("files", names), "at": _date(found.at)}


def _tell(arguments: argparse.Namespace, shell: Shell, made: PolicyApplied, how: str) -> None:
    if arguments.json:
        shell.out.document(document(made))
    else:
        shell.out.line(
            f"version {made.version} of the policies ({how}), in force in every worker "
            f"(generation {made.generation})"
        )


def _source(found: PolicyListed) -> str:
    if found.source == "rolled-back":
        return f"version {found.repeats} again"
    return "the files at a start" if found.source == "start" else "apply"


def _date(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _apply_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=path, metavar="FILE", help="instead of those that the configuration leads to"
    )
    parser.add_argument("--built-in", action="store_true", help="the policies that come with Bartizan")
    state_options(parser)
    json_option(parser)


def _rollback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version", type=whole(1, _MOST), metavar="VERSION", help="as `policy versions` shows it"
    )
    state_options(parser)
    json_option(parser)


def _versions_arguments(parser: argparse.ArgumentParser) -> None:
    state_options(parser)
    json_option(parser)


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "version",
        nargs="?",
        type=whole(1, _MOST),
        metavar="VERSION",
        help="as `policy versions` shows it; default: the one in force",
    )
    state_options(parser)
    json_option(parser)


APPLY = Command("apply", "validate policies and put them in force in every worker", _apply_arguments, _apply)
VERSIONS = Command("versions", "list what was in force, the newest first", _versions_arguments, _versions)
SHOW = Command("show", "print the policies in force, or a version of them", _show_arguments, _show)
ROLLBACK = Command(
    "rollback", "put an earlier version in force again, as a new one", _rollback_arguments, _rollback
)
