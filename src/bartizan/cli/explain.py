"""`bartizan explain ID`: say what a control promises, why, what to do, and how it is proven; or what became of a request."""

import argparse
from difflib import get_close_matches

from bartizan.app.catalogue import Catalogue, catalogue
from bartizan.app.explained import REQUEST
from bartizan.app.report import standing
from bartizan.cli import explain_request
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, state_options
from bartizan.cli.place import state
from bartizan.cli.screen import places, span
from bartizan.clock import SECOND, SystemClock
from bartizan.compliance.posture import Row


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id",
        metavar="ID",
        help="of a control or an attack, as `bartizan status` shows it, or of a request (q-…), as `x-request-id` of its answer and the record do",
    )
    state_options(parser)
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    known = catalogue()
    if REQUEST.fullmatch(arguments.id):
        return explain_request.answer(
            state(arguments, shell), arguments.id, known, shell, json=arguments.json
        )
    control = _control(known, arguments.id)
    now = SystemClock().now()
    row = next(row for row in standing(state(arguments, shell), now).rows if row.control == control)
    facts = _facts(known, row, now)
    if arguments.json:
        shell.out.document(facts)
    else:
        shell.out.line("\n".join(_lines(facts)))
    return Exit.CLEAN


def _control(known: Catalogue, word: str) -> str:
    if word in known.promises:
        return word
    if word in known.attacks:
        return known.attacks[word].control
    near = get_close_matches(word[:64], [*known.promises, *known.attacks], n=1)
    hint = f"did you mean {near[0]}?" if near else "`bartizan status` lists every id"
    raise UsageInvalid(f"there is no control, attack or request {word[:64]!r}; {hint}")


def _facts(known: Catalogue, row: Row, now: int) -> dict[str, object]:
    promise, control = known.promises[row.control], known.controls.get(row.control)
    age = None if row.oldest is None else max(0, now - row.oldest) // SECOND
    return {
        "id": row.control,
        "promise": promise.promise,
        "room": promise.room,
        "because": control.because if control else "",
        "severity": control.severity.value if control else "",
        "references": list(control.references) if control else [],
        "remediation": control.remediation if control else "",
        "attacks": [
            {
                "attack": name,
                "title": attack.title,
                "because": attack.because,
                "references": list(attack.references),
            }
            for name, attack in known.attacks.items()
            if attack.control == row.control
        ],
        "standing": row.standing.value,
        "why": row.why,
        "held": row.held,
        "tried": row.tried,
        "entries": list(row.entries) if row.entries else None,
        "age_seconds": age,
    }


def _lines(facts: dict[str, object]) -> list[str]:
    proof = f"{facts['standing']}" + (f": {facts['why']}" if facts["why"] else "")
    entries, age = facts["entries"], facts["age_seconds"]
    if isinstance(entries, list) and isinstance(age, int):
        proof += f" ({facts['held']}/{facts['tried']} held, {places((entries[0], entries[1]))}, oldest {span(age)} ago)"
    rows = [
        ("promise", str(facts["promise"])),
        ("because", str(facts["because"]) or "no control judges this in this version"),
        ("severity", str(facts["severity"])),
        ("references", ", ".join(_words(facts["references"]))),
        ("what to do", str(facts["remediation"])),
        ("now", proof),
    ]
    lines = [str(facts["id"]), *(f"  {label:<11} {text}" for label, text in rows if text)]
    attacks = facts["attacks"]
    assert isinstance(attacks, list)  # noqa: S101 - built above; narrows the type
    judged = "what its control says of the record" if entries else "nothing yet"
    lines.append("  proven by   " + ("attacks of the drill:" if attacks else judged))
    lines += [
        f"    {attack['attack']}: {attack['title']} ({', '.join(attack['references'])})" for attack in attacks
    ]
    return lines


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


COMMAND = Command(
    "explain",
    "Acts on the controls and attacks of this installation, and reads the record for the last proof, or for what\n"
    "it says of a request: who asked, what was decided, and what the content guard found in it.\n"
    "Ends with 0, or 2 where there is no such id.",
    _arguments,
    _run,
)
