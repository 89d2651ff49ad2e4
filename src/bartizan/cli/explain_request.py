"""What `bartizan explain` says of a request, in words."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from bartizan.app.catalogue import Catalogue
from bartizan.app.explained import Explained, Signal, explained
from bartizan.app.folder import Folder
from bartizan.app.plan import JUDGE
from bartizan.cli.command import Exit, Shell, UsageInvalid
from bartizan.clock import MICROSECOND, MILLISECOND, SECOND
from bartizan.gateway.faults import FAULTS

_WHOSE: Final[Mapping[str, str]] = {
    "user": "in the user's words",
    "tool": "in what a tool gave back or says of itself",
    "document": "in a document",
    "response": "in what the model said",
    "system": "in the application's own words",
}
_HERE: Final = "look at the finding with `bartizan explain`; "
"""How remediations lead here."""
_MADE: Final[Mapping[str, str]] = {
    "": "nothing is on record that it found",
    "allow": "let everything go on",
    "flag": "told, and let it go on",
    "redact": "took out what was to be taken out",
    "hold": "held it for somebody to release",
    "block": "held it back",
}


def answer(folder: Folder, request: str, known: Catalogue, shell: Shell, *, json: bool) -> Exit:
    """Say what the record says of a request.

    Raises:
        UsageInvalid: it says nothing of it.
        LedgerUnreadable.
    """
    found = explained(folder.ledger, request, known)
    if found is None:
        raise UsageInvalid(
            f"the record says nothing of {request}: it is another platform's, was pruned, or came this very moment"
        )
    if json:
        shell.out.document(msgspec.to_builtins(found))
    else:
        shell.out.line("\n".join(_lines(found, known)))
    return Exit.CLEAN


def _lines(found: Explained, known: Catalogue) -> Iterator[str]:
    yield found.id
    when = datetime.fromtimestamp(found.at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    wanted = "a verdict" if found.service == JUDGE else f"{found.action or 'something'} of {found.service}"
    asked = f" for {wanted}" if found.service else ""
    yield f"  asked       by {found.actor}{asked}, {when}"
    yield from _decided(found, known)
    yield f"  guard       {_guard(found)}"
    for signal in found.signals:
        yield f"    {_signal(signal)}"
    for what in dict.fromkeys(signal.what for signal in found.signals if signal.what):
        yield f"  about it    {what}"
    for control in dict.fromkeys(signal.control for signal in found.signals):
        if control in known.controls:
            yield f"  what to do  {known.controls[control].remediation.removeprefix(_HERE)}"
    yield f"  entries     {', '.join(f'#{entry}' for entry in found.entries)}"


def _decided(found: Explained, known: Catalogue) -> Iterator[str]:
    if found.decision == "refused":
        because = f", says {found.control}" if found.control else ""
        yield f"  decided     refused with {found.status}: {found.reason}{because}"
        if found.reason in FAULTS:
            yield f"              {FAULTS[found.reason].what}"
        elif found.control in known.promises:
            yield f"              {known.promises[found.control].promise}"
    elif found.decision == "admitted":
        took = found.micros * MICROSECOND / MILLISECOND
        ended = (
            f"; answered {found.status} after {took:.1f} ms ({found.reason})" if found.status else "; open"
        )
        yield f"  decided     admitted{ended}"


def _guard(found: Explained) -> str:
    if found.uninspected:
        return f"nobody inspected it: {found.uninspected}"
    if found.service == JUDGE and found.guard:
        return f"its verdict was {found.guard}; what came of it is the asking program's"
    return _MADE[found.guard]


def _signal(signal: Signal) -> str:
    often = "once" if signal.count == 1 else f"{signal.count} times"
    where = _WHOSE.get(signal.channel, "")
    if not signal.control:
        why = "" if signal.rule == signal.detector else f" ({signal.rule})"
        return f"{signal.detector}{why} {where} (#{signal.entry})"
    sure = f"severity {signal.severity}, confidence {signal.confidence}"
    return (
        f"{signal.detector} (rule {signal.rule}) {where}, {often}; {sure}; {signal.control} (#{signal.entry})"
    )
