"""`bartizan sign-key ...`: make the keys that artifacts are signed with."""

import argparse

from bartizan.app.artifacts import make_keys, public
from bartizan.cli.command import Command, Exit, Shell, json_option, new_file
from bartizan.cli.place import near


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=new_file, help="of the private keys; FILE.pub gets the public ones"
    )
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    made = make_keys(arguments.file)
    file, pub = near(arguments.file, shell.folder), near(public(arguments.file), shell.folder)
    if arguments.json:
        shell.out.document({"file": file, "public": pub, "made": made})
    else:
        shell.out.line(
            f"{file}: " + ("made; keep it, and show it to nobody" if made else "was there, and is as it was")
        )
        shell.out.line(f"{pub}: give it to whoever is to verify")
    return Exit.CLEAN


COMMAND = Command(
    "sign-key",
    "Acts on FILE alone: no platform need run. Makes an Ed25519, an ML-DSA-65 and a P-256 key in one file that its owner alone\n"
    "can read, and writes the public ones beside it. A file that is there already is not changed.\n"
    "Ends with 0, 2 for bad usage, 3 where it cannot be written.",
    _arguments,
    _run,
)
