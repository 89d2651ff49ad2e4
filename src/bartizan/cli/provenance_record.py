"""What `bartizan provenance record` takes, and does."""

import argparse
from typing import Final

from bartizan.app.folder import Folder
from bartizan.app.provenance import dvc, mlflow, waiting
from bartizan.app.provenance.artifact import digest_in, read
from bartizan.cli.command import Exit, Shell, UsageInvalid, naming, path
from bartizan.cli.place import state
from bartizan.clock import MILLISECOND, SystemClock
from bartizan.supply.provenance.step import Kind, Origin, Stage, Use, step

_KINDS: Final = {each.value: each for each in Kind}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what it takes."""
    parser.add_argument(
        "stage",
        metavar="STEP",
        choices=[each.value for each in Stage],
        help="what was done: ingest, train, ...",
    )
    for side, what in (("material", "what went in, or was judged"), ("product", "what came out")):
        parser.add_argument(
            f"--{side}",
            metavar="KIND:PATH|DIGEST",
            action="append",
            default=[],
            type=_use,
            help=f"{what}; KIND is {', '.join(_KINDS)}; may be given more than once",
        )


def _use(text: str) -> tuple[str, str]:
    kind, _, what = text.partition(":")
    if kind not in _KINDS or not what:
        raise argparse.ArgumentTypeError(
            f"say what it is: {', '.join(_KINDS)}, then a colon and a path or a SHA-256"
        )
    return kind, what


def run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    """Put a step on record."""
    folder: Folder = state(arguments, shell)
    began = SystemClock().now() // MILLISECOND
    names: dict[str, str] = {}
    materials = [_artifact(kind, what, names) for kind, what in arguments.material]
    products = [_artifact(kind, what, names) for kind, what in arguments.product]
    ended = SystemClock().now() // MILLISECOND
    made = step(Stage(arguments.stage), materials, products, (began, ended), Origin.COMMAND)
    waiting.keep(folder.waiting_steps, made, names)
    done = waiting.hand_over(folder, folder.waiting_steps)
    for file, why in done.refused:
        shell.err.line(f"{file}: {why}")
    if arguments.json:
        shell.out.document({"step": made.id, "on_record": made.id in done.steps})
    else:
        shell.out.line(
            f"{made.stage.value} is on record: {len(made.materials)} in, {len(made.products)} out\nstep {made.id}"
        )
        for use in (*made.materials, *made.products):
            shell.out.line(f"  {use.kind:<10}  {use.digest}  {names.get(use.digest, '')}".rstrip())
    return Exit.CLEAN


def import_steps(arguments: argparse.Namespace, shell: Shell) -> Exit:
    """Put the steps of another tool on record."""
    folder = state(arguments, shell)
    if not arguments.folder.is_dir():
        raise UsageInvalid(f"there is no folder {arguments.folder}")
    with naming(arguments.folder):
        found = (dvc if arguments.tool == "dvc" else mlflow).steps(arguments.folder)
    for made, names in found.steps:
        waiting.keep(folder.waiting_steps, made, names)
    done = waiting.hand_over(folder, folder.waiting_steps)
    for what, why in [*found.refused, *((str(file), why) for file, why in done.refused)]:
        shell.err.line(f"{what}: {why}")
    if arguments.json:
        refused = [{"step": what, "what": why} for what, why in found.refused]
        shell.out.document({"steps": [made.id for made, _ in found.steps], "refused": refused})
    else:
        shell.out.line(f"{len(found.steps)} steps are on record, {len(found.refused)} are not")
    return Exit.FINDINGS if found.refused or done.refused else Exit.CLEAN


def _artifact(kind: str, what: str, names: dict[str, str]) -> Use:
    digest = digest_in(what)
    if digest:
        return Use(digest, kind, "told")
    place = path(what)
    if not place.exists():
        raise UsageInvalid(f"{what} is neither there nor a SHA-256 of 64 hexadecimal digits in small letters")
    with naming(place):
        found = read(place)
    names[found.digest] = found.name
    return Use(found.digest, kind, "read")
