"""What `bartizan policy suggest` says of guards: what enforcing would have done, and what to write."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.app.enforcing import Effect, Foreseen, Guarded, Hit, Lines, foreseen
from bartizan.app.folder import Folder
from bartizan.app.guard_judge.doubt import SILENT
from bartizan.app.settings import Settings
from bartizan.cli.screen import table
from bartizan.clock import SECOND

ENOUGH: Final = 100
"""Requests of which there should be more before a guard is made to act."""


def guards_of(settings: Settings) -> dict[str, Guarded]:
    """Return the guard of each configured service."""
    return {each.name: Guarded(each.guard.value, each.guard_actions) for each in settings.service}


def of_record(folder: Folder, settings: Settings, since: int, until: int) -> tuple[Foreseen, ...]:
    """Return what enforcing would have done to each configured service.

    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    return foreseen(folder.ledger, guards_of(settings), since, until)


def documents(found: Iterable[Foreseen]) -> list[dict[str, Any]]:
    """Return it as JSON has it."""
    return [msgspec.to_builtins(each) for each in found]


def lines(found: Sequence[Foreseen], since: int) -> Iterator[str]:
    """Yield what a person reads.

    Args:
        found: by service.
        since: from when on, UTC nanoseconds.
    """
    yield f"What guards would have done to requests since {_when(since)}"
    if not found:
        yield ""
        yield "no service is configured, so there is no guard to write; the built-in sample has its own"
    for each in found:
        yield ""
        yield from _service(each)
    if any(each.requests for each in found):
        yield ""
        yield from _TOLD


_TOLD: Final = (
    "Look at the examples with `bartizan explain q-...` before a guard is made to act: the record says what was",
    "found, has no texts, and does not say whether it was an attack. Nor does it say since when a service has a",
    "guard: what was asked before counts as a request in which nothing was found. Where it says redact, what",
    "cannot be taken out (the name of a member, the part of a stream that has gone out) is held back.",
)


def _service(seen: Foreseen) -> Iterator[str]:
    yield f'{seen.service}: guard = "{seen.guard}" now; {_often(seen.requests, "request")} of {_principals(seen.principals)}'
    if seen.guard == "off":
        yield '  nobody looks at them, so nothing is on record; write guard = "observe" and ask again later'
        if not seen.hits:
            return
    if seen.hits:
        yield from _indented(_table(seen.hits))
    else:
        yield "  nothing was found in them"
    yield from _untold(seen)
    if not seen.requests:
        return
    if seen.requests < ENOUGH:
        yield f"  fewer than {ENOUGH} requests say little about what is usual: observe for longer before it acts"
    for profile in seen.profiles:
        if profile.profile != seen.guard:
            yield from _profile(profile, seen)


def _table(hits: Sequence[Hit]) -> str:
    rows = [("DETECTOR", "REQUESTS", "ANSWERS", "PRINCIPALS", "STANDARD", "STRICT", "FOR EXAMPLE")]
    rows += [
        (
            each.detector,
            str(each.requests),
            str(each.answers),
            str(each.principals),
            each.actions["standard"],
            each.actions["strict"],
            " ".join(each.examples),
        )
        for each in hits
    ]
    return table(rows, frozenset({1, 2, 3}))


def _untold(seen: Foreseen) -> Iterator[str]:
    """Yield what the record cannot tell of a service."""
    for reason, count in sorted(seen.uninspected.items()):
        often = _often(count, "request or answer", "requests or answers")
        what = "of which the judge said nothing" if reason == SILENT else "that nobody inspected"
        yield f"  cannot tell: {often} {what} ({reason})"
    if seen.cut:
        yield f"  cannot tell: {_often(seen.cut, 'answer')} that ended before the end; the rest was never seen"
    if seen.full:
        yield f"  cannot tell: {_often(seen.full, 'request')} with more findings than the record takes of one"
    if seen.beyond:
        yield f"  cannot tell: {_often(seen.beyond, 'finding')} in further requests, which are too many to be told apart"


def _profile(found: Lines, seen: Foreseen) -> Iterator[str]:
    yield ""
    yield f"  {found.profile} {_effect(found.effect)}"
    if found.kept:
        yield f"  with these lines it {_effect(found.then)}"
    yield from _indented("\n".join(found.text), "      ")
    for detector in found.kept:
        hit = next(each for each in seen.hits if each.detector == detector)
        yield (
            f"      # {detector}: in {hit.exchanges} of {seen.requests}; told and no more until somebody has looked"
        )


def _effect(effect: Effect) -> str:
    done = [
        _done("held back", effect.blocked, effect.blocked_answers),
        _done("taken something out of", effect.redacted, effect.redacted_answers),
        _done("told of", effect.flagged, effect.flagged_answers),
    ]
    said = [each for each in done if each]
    if not said:
        return "would have changed nothing"
    whose = f", of {_principals(effect.principals)}" if effect.principals else ""
    *first, last = said
    return f"would have {', '.join(first)}{' and ' if first else ''}{last}{whose}"


def _done(what: str, requests: int, answers: int) -> str:
    both = [
        *([_often(requests, "request")] if requests else []),
        *([_often(answers, "answer")] if answers else []),
    ]
    return f"{what} {' and '.join(both)}" if both else ""


def _principals(count: int) -> str:
    return _often(count, "principal")


def _often(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def _indented(text: str, by: str = "  ") -> Iterator[str]:
    return (f"{by}{line}" for line in text.split("\n"))


def _when(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%MZ")
