"""What `bartizan identity` does about applications: which may act for somebody, and ending that."""

import argparse
from datetime import UTC, datetime

import msgspec

from bartizan.admin.consents import Way
from bartizan.app.owner import Owner
from bartizan.cli.command import Shell
from bartizan.cli.screen import table
from bartizan.clock import SECOND


def show(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    """Show the applications that may act for somebody."""
    found = owner.consents(arguments.id)
    if arguments.json:
        shell.out.document([msgspec.to_builtins(each) for each in found])
        return
    rows = [
        (each.application, _what(way), "device" if way.device else "", _day(way.since), _minute(way.used))
        for each in found
        for way in each.ways
    ]
    if not rows:
        shell.out.line(f"no application may act for {arguments.id}")
        return
    shell.out.line(table([("APPLICATION", "MAY USE", "", "SINCE", "LAST USED"), *rows]))


def withdraw(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    """Let an application act for somebody no longer."""
    generation = owner.withdraw(arguments.application, arguments.id)
    if arguments.json:
        said = {"withdrawn": arguments.application, "of": arguments.id, "generation": generation}
        shell.out.document(said)
    else:
        shell.out.line(f"withdrawn, in force in every worker (generation {generation})")


def _what(way: Way) -> str:
    return way.service or ("the platform itself" if way.control else "every service")


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d}"


def _minute(at: int) -> str:
    return (
        f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d %H:%M} UTC" if at else "never, or too long ago"
    )
