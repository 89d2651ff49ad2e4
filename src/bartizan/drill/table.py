"""A run of the drill as people read it: the table, the three counts, what is not protected now."""

from collections.abc import Iterator, Sequence

from bartizan.drill.verdict import Result, Row, Standing, Tried, Verdict

_HEAD = ("CONTROL", "HELD", "LEDGER", "HARDEST TRIED")


def render(result: Result, unprotected: Sequence[tuple[str, str]] = ()) -> str:
    """Return the lines of a run, ending with a line break.

    One row a control that was attacked; then the counts over every control there is; then, as far as they
    apply, what broke, what nobody protects, and what could not be judged.

    Args:
        result: of the run.
        unprotected: what is known to be open without an attack on it: a few words each, and what that means.
    """
    lines = [*_table(result.rows), _counts(result)]
    for heading, verdict in (
        ("Broken:", Verdict.BROKEN),
        ("Not protected now:", Verdict.UNPROTECTED),
        ("Could not be judged:", Verdict.UNDECIDED),
    ):
        more = unprotected if verdict is Verdict.UNPROTECTED else ()
        lines += _section(heading, [*map(_line, result.attempts(verdict)), *more])
    if not result.recorded:
        lines += ["", "Not on record: the ledger did not take this run; see `bartizan doctor`"]
    return "\n".join(lines) + "\n"


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    cells = [_HEAD, *(_cells(row) for row in rows)]
    control, held, ledger = (max(len(line[column]) for line in cells) for column in range(3))
    for line in cells:
        yield f"{line[0]:<{control}}  {line[1]:>{held}}   {line[2]:<{ledger}}  {line[3]}".rstrip()


def _cells(row: Row) -> tuple[str, str, str, str]:
    hardest = row.hardest
    note = "" if hardest.verdict is Verdict.HELD else f" ({hardest.verdict.value.upper()})"
    return row.control, f"{row.held}/{len(row.tried)}", _span(row), hardest.attack.title + note


def _span(row: Row) -> str:
    if row.entries is None:
        return "-"
    first, last = row.entries
    return f"#{first}" if first == last else f"#{first}-{last}"


def _counts(result: Result) -> str:
    return "   ".join(f"{result.count(standing)} {standing.value}" for standing in Standing)


def _section(heading: str, lines: Sequence[tuple[str, str]]) -> list[str]:
    if not lines:
        return []
    width = max(len(name) for name, _ in lines)
    return ["", heading, *(f"  {name:<{width}}  {said}" for name, said in lines)]


def _line(attempt: Tried) -> tuple[str, str]:
    return _subject(attempt), attempt.said + ("" if attempt.entry is None else f" (#{attempt.entry})")


def _subject(attempt: Tried) -> str:
    """Return the promise that nobody keeps, or else the attack that is to be looked at."""
    if attempt.verdict is not Verdict.UNPROTECTED:
        return attempt.attack.name
    return attempt.attack.control.partition(".")[2].replace("-", " ")
