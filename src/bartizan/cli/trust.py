"""`bartizan trust`: have this machine's browsers and programs trust the platform's authority, or no longer."""

import argparse
from pathlib import Path

from bartizan.app.trust import (
    SYSTEMS,
    AuthorityUnfit,
    Done,
    Place,
    Result,
    add,
    browsers_of,
    read_authority,
    remove,
)
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, state_options
from bartizan.cli.place import near, state

WHERE = ("both", "browsers", "system")


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    places = _places(arguments.where, shell)
    if arguments.remove and arguments.every:
        return _shown(arguments, shell, remove(places))
    if arguments.every:
        raise UsageInvalid("--every goes with --remove")
    file = state(arguments, shell).authority
    try:
        authority = read_authority(file)
    except FileNotFoundError:
        shown = near(file, shell.folder)
        raise UsageInvalid(
            f"there is no {shown}: start the platform first, or say --remove --every to take out what earlier ones left"
        ) from None
    except AuthorityUnfit as fault:
        raise UsageInvalid(str(fault)) from fault
    if arguments.remove:
        return _shown(arguments, shell, remove(places, authority.name))
    names = ", ".join(authority.names)
    shell.err.line(
        f"{authority.name} may certify servers of these names alone, until {authority.until}: {names}"
    )
    return _shown(arguments, shell, add(places, authority))


def _places(where: str, shell: Shell) -> list[Place]:
    places: list[Place] = []
    home = shell.environ.get("HOME", "")
    if where != "system":
        if not home:
            raise UsageInvalid(
                "the environment has no HOME, where browsers keep what they trust; set it, or say --in system"
            )
        places += browsers_of(Path(home))
    if where != "browsers":
        places += [each for each in SYSTEMS if each.folder.is_dir()][:1]
    return places


def _shown(arguments: argparse.Namespace, shell: Shell, results: list[Result]) -> Exit:
    failed = any(each.done is Done.FAILED for each in results)
    if arguments.json:
        shell.out.document(
            {
                "places": [
                    {"place": each.place, "done": each.done.name.lower(), "why": each.why} for each in results
                ]
            }
        )
    else:
        for each in results:
            shell.out.line(f"{each.done.value:<14} {each.place}" + (f": {each.why}" if each.why else ""))
        if any(each.done in {Done.ADDED, Done.REMOVED} for each in results):
            shell.err.line("browsers that are open look again when they are started anew")
    return Exit.UNEVALUATED if failed else Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove", action="store_true", help="take it out again")
    parser.add_argument(
        "--every", action="store_true", help="with --remove: whatever this command put in, of any platform"
    )
    parser.add_argument(
        "--in",
        dest="where",
        choices=WHERE,
        default="both",
        help="whose trust: your browsers', the system's (as root), or both; default: both",
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "trust",
    "Acts on what this machine trusts: puts the authority of the state folder (ca.pem) where your browsers look (NSS:\n"
    "Chromium and its kin, every profile of Firefox) and where the system's programs do, and says what it did in each\n"
    "place; --remove takes it out again. The authority can certify the gateway's own names and no other. Ends with 0, 2\n"
    "where there is no authority, 3 where a place could not be changed; the others are changed all the same.",
    _arguments,
    _run,
)
