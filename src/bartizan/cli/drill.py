"""`bartizan drill`: attack the running platform through its front door and show what held."""

import argparse
import json

from bartizan.app.catalogue import catalogue
from bartizan.app.exercise import SAMPLE, exercise
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    json_option,
    name,
    naming,
    new_file,
    state_options,
)
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import near, state
from bartizan.drill import document, sarif
from bartizan.drill.table import render
from bartizan.drill.verdict import Standing, exit_code


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    required, names = tuple(arguments.require), tuple(arguments.names)
    unknown = [control for control in required if control not in catalogue().promises]
    if unknown:
        raise UsageInvalid(f"--require: there is no control {unknown[0]}; `bartizan status` lists every id")
    with interruptible():  # twins are stopped and deleted
        result = exercise(
            state(arguments, shell), names, target=arguments.target, progress=shell.err.progress
        )
    if arguments.sarif is not None:
        with naming(arguments.sarif):
            arguments.sarif.write_text(json.dumps(sarif.encode(result), indent=2) + "\n", encoding="utf-8")
    if arguments.json:
        shell.out.document(document.encode(result))
    else:
        shell.out.line(render(result).rstrip())
        missing = [control for control in required if result.standing(control) is not Standing.PROVEN]
        if missing:
            shell.out.line(f"\nRequired, but not proven: {', '.join(missing)}")
        if arguments.sarif is not None:
            shell.out.line(f"\nSARIF in {near(arguments.sarif, shell.folder)}")
    return Exit(exit_code(result, required))


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="ATTACK", type=name, help="only these attacks, or those on these controls"
    )
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="CONTROL",
        type=name,
        help="end with 1 unless this control is proven; may be given more than once",
    )
    parser.add_argument(
        "--target",
        default=SAMPLE,
        metavar="SERVICE",
        type=name,
        help="attack this configured service instead of the built-in sample: requests reach its upstream",
    )
    parser.add_argument(
        "--sarif", type=new_file, metavar="FILE", help="also write SARIF 2.1.0 for code scanning"
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "drill",
    "Acts on the running platform of a state folder, from outside, like a stranger. Attacks end at the\n"
    "built-in sample unless --target names a service; kills and edits run on throw-away twins. Every attack\n"
    "is an entry of the record.\n"
    "Ends with 0; 1 where a control is broken or a required one not proven; 3 where an attack could not be\n"
    "judged or no platform runs.",
    _arguments,
    _run,
)
