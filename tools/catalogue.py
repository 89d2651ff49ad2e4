"""Write docs/controls.md, the catalogue of every promise, or check that it is current.

python tools/catalogue.py [--check]
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bartizan.control import Control
from bartizan.drill import attacks as attacks_folder
from bartizan.drill.attack import Attack
from bartizan.drill.attack import discover as discover_attacks
from bartizan.promise import OUTSIDE, Promise, promises, rooms
from tools.discovered import controls

FILE = Path(__file__).resolve().parent.parent / "docs" / "controls.md"
HEAD = """\
# Controls

Written by `make docs` from the controls and attacks themselves and from `src/bartizan/promises.toml`; `make check`
fails where it is stale. A control judges whether a promise is kept; an attack of the drill proves that it holds.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the catalogue, or with `--check` return 1 where it is not current."""
    text = catalogue(controls(), attacks())
    if "--check" not in arguments:
        FILE.write_text(text)
        return 0
    if FILE.exists() and FILE.read_text() == text:
        return 0
    sys.stderr.write("docs/controls.md is stale: make docs\n")
    return 1


def attacks() -> Mapping[str, Attack]:
    """Return every attack of the drill, by name."""
    return discover_attacks(attacks_folder)


def catalogue(found: Mapping[str, Control], tried: Mapping[str, Attack]) -> str:
    """Return the catalogue in Markdown: a table of all promises by room, then each control in full."""
    proofs: dict[str, list[Attack]] = defaultdict(list)
    for attack in tried.values():
        proofs[attack.control].append(attack)
    rows = promises(found).values()
    lines = [HEAD, f"{len(rows)} promises, {len(found)} with a control, {len(tried)} attacks.\n"]
    for room in rooms():
        mine = [row for row in rows if row.room == room.name]
        lines += [f"## {room.practice}. {room.name}: {room.subject}\n", *_table(mine, found, proofs), ""]
    if foreign := [row for row in rows if row.room == OUTSIDE]:
        lines += ["## Other packages\n", *_table(foreign, found, proofs), ""]
    lines += ["# Each control\n"]
    for control in found.values():
        lines += [*_control(control, proofs[control.id]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(
    rows: list[Promise], found: Mapping[str, Control], proofs: Mapping[str, list[Attack]]
) -> list[str]:
    lines = ["| control | promise | severity | proven by |", "| --- | --- | --- | --- |"]
    for row in rows:
        control, proven = (
            found.get(row.id),
            ", ".join(f"`{attack.name}`" for attack in proofs.get(row.id, [])),
        )
        name, severity = (
            (f"[`{row.id}`](#{_anchor(row.id)})", control.severity.value) if control else (f"`{row.id}`", "")
        )
        lines.append(f"| {name} | {row.promise} | {severity} | {proven or 'nothing yet'} |")
    return lines


def _control(control: Control, proofs: list[Attack]) -> list[str]:
    return [
        f"## {control.id}\n",
        f"{control.promise.capitalize()}. Severity: {control.severity.value}.\n",
        f"- Because: {control.because}",
        f"- References: {', '.join(control.references)}",
        f"- What to do: {control.remediation}",
        *(f"- Attack `{attack.name}`: {attack.title} ({', '.join(attack.references)})" for attack in proofs),
    ]


def _anchor(heading: str) -> str:
    """Return the link that Markdown viewers make of a heading: lower case, dots gone."""
    return heading.replace(".", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
