"""What `bartizan policy template` prints: policies for a common role or purpose."""

import argparse

from bartizan.app.policy.templates import TemplateRefused, templates, written
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, name, text
from bartizan.cli.screen import table


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.template is None:
        _list(arguments, shell)
        return Exit.CLEAN
    try:
        made = written(
            arguments.template,
            arguments.role or "",
            arguments.service or "",
            arguments.tool or (),
            arguments.host or "",
        )
    except TemplateRefused as fault:
        raise UsageInvalid(str(fault)) from fault
    if arguments.json:
        shell.out.document({"template": arguments.template, "text": made})
    else:
        shell.out.line(made.rstrip())
    return Exit.CLEAN


def _list(arguments: argparse.Namespace, shell: Shell) -> None:
    known = templates()
    if arguments.json:
        shell.out.document(
            [{"name": each, "about": one.about, "takes": list(one.takes)} for each, one in known.items()]
        )
        return
    rows = [
        (
            each,
            " ".join(f"--{word.removesuffix('s') if word == 'tools' else word}" for word in one.takes),
            one.about,
        )
        for each, one in known.items()
    ]
    shell.out.line(table([("TEMPLATE", "TAKES", ""), *rows]))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "template", nargs="?", metavar="NAME", help="of the template; without, all are listed"
    )
    parser.add_argument("--role", type=name, metavar="ROLE", help="that it is for")
    parser.add_argument("--service", type=name, metavar="NAME", help="that it is about")
    parser.add_argument(
        "--tool",
        type=text,
        action="append",
        metavar="NAME",
        help="that it names; may be given more than once",
    )
    parser.add_argument(
        "--host", type=text, metavar="HOST", help="that applications have people sent back to"
    )
    json_option(parser)


TEMPLATE = Command(
    "template", "print policies for a common role or purpose, from a closed set", _arguments, _run
)
