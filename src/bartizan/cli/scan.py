"""`bartizan scan PATH...`: say of model files whether they are proven to hold data and nothing else."""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from bartizan import __version__
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    naming,
    new_file,
    path,
    state_options,
)
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import near, state
from bartizan.printable import printable
from bartizan.supply import baseline, sarif
from bartizan.supply.scan import Scanned, scan
from bartizan.supply.subject import Standing
from bartizan.supply.told import Told, told

_CODES = {
    Standing.INERT: Exit.CLEAN,
    Standing.CODE: Exit.FINDINGS,
    Standing.UNKNOWN: Exit.UNEVALUATED,
    Standing.MALICIOUS: Exit.FINDINGS,
}
_FAILS = {each.value: each for each in Standing if each is not Standing.INERT}
_PRINTED: Final = Path("-")
"""Says that SARIF is printed."""


class _File(NamedTuple):
    """One file, its findings, and for each whether it was accepted before."""

    scanned: Scanned
    rows: tuple[tuple[Told, bool], ...]

    @property
    def standing(self) -> Standing:
        """What counts: the worst that nobody accepted."""
        return max(
            (row.standing for row, accepted in self.rows if not accepted),
            key=lambda each: each.rank,
            default=Standing.INERT,
        )


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", nargs="+", type=path, help="files, and folders with all that is in them"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file, one a line")
    parser.add_argument(
        "--sarif",
        type=_sarif,
        metavar="FILE",
        help="write findings as SARIF 2.1.0 into a file; - prints them",
    )
    parser.add_argument(
        "--fail-on",
        choices=[*_FAILS],
        default=Standing.CODE.value,
        help="findings as bad as this are errors in SARIF, others warnings; default: needs-code; no exit code depends on it",
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        type=path,
        help="findings that were accepted before; not of changed files",
    )
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        type=new_file,
        help="write a baseline that accepts what is found now",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="put digest and verdict of each file that could be read on record",
    )
    state_options(parser)


def _sarif(text: str) -> Path:
    return _PRINTED if text == "-" else new_file(text)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.json and arguments.sarif is _PRINTED:
        raise UsageInvalid("--json and --sarif - both print; write SARIF into a file, or leave one out")
    accepted = _baseline(arguments.baseline)
    missing = next((each for each in arguments.path if not each.exists() and not each.is_symlink()), None)
    if missing is not None:
        raise UsageInvalid(f"there is no {near(missing, shell.folder)}; name files or folders")
    files: list[_File] = []
    scanned_files: list[Scanned] = []
    counted: Counter[Standing] = Counter()
    with interruptible():
        for scanned in scan(arguments.path, digests=arguments.record):
            file = _File(scanned, tuple((row, accepted.covers(scanned, row.word)) for row in told(scanned)))
            counted[file.standing] += 1
            if file.rows:
                files.append(file)
            if arguments.record:
                scanned_files.append(scanned)
            _show(file, arguments, shell)
    _written(arguments, shell, files)
    if not arguments.json and arguments.sarif is not _PRINTED:
        shell.out.line(_summary(counted, files))
    if arguments.record:
        _record(scanned_files, arguments, shell)
    return _code(counted)


def _record(files: list[Scanned], arguments: argparse.Namespace, shell: Shell) -> None:
    from bartizan.app.scanned import record  # noqa: PLC0415 - dear, and most scans are on nobody's record

    count = record(files, state(arguments, shell))
    shell.err.line(f"{count} file{' is' if count == 1 else 's are'} on record now")


def _baseline(file: Path | None) -> baseline.Baseline:
    if file is None:
        return baseline.Baseline(Path("/"))
    with naming(file):
        return baseline.read(file)


def _show(file: _File, arguments: argparse.Namespace, shell: Shell) -> None:
    if arguments.json:
        shell.out.line(json.dumps(_document(file, shell.folder)))
    elif arguments.sarif is not _PRINTED and file.standing is not Standing.INERT:
        shell.out.line("\n".join(_lines(file, shell.folder)))


def _document(file: _File, folder: Path) -> dict[str, object]:
    return {
        "path": near(file.scanned.path, folder),
        "format": file.scanned.file.format,
        "verdict": file.scanned.file.standing.value,
        "findings": [
            {
                "word": row.word,
                "what": row.what,
                "severity": row.severity.value,
                "verdict": row.standing.value,
                **({"member": row.member} if row.member else {}),
                **({"offset": row.offset} if row.offset >= 0 else {}),
                **({"accepted": True} if accepted else {}),
            }
            for row, accepted in file.rows
        ],
    }


def _lines(file: _File, folder: Path) -> Iterator[str]:
    """Yield a line for a file, with the worst that is found in it; a second one for why."""
    open_rows = [row for row, accepted in file.rows if not accepted]
    worst = open_rows[0]
    more = f" (and {len(open_rows) - 1} more)" if len(open_rows) > 1 else ""
    where = f"{worst.member}: " if worst.member else ""
    yield printable(
        f"{file.standing.value:<14}  {near(file.scanned.path, folder)}  [{file.scanned.file.format}]"
    )
    yield printable(f"{'':<14}  {worst.word}: {where}{worst.what}{more}")


def _summary(counted: "Counter[Standing]", files: list[_File]) -> str:
    total = counted.total()
    if not total:
        return "nothing was scanned: there is no file"
    accepted = sum(1 for file in files if file.standing is Standing.INERT)
    parts = [
        f"{counted[each] - (accepted if each is Standing.INERT else 0)} {each.value}" for each in Standing
    ]
    more = f", {accepted} accepted before" if accepted else ""
    return f"{total} file{'s' if total > 1 else ''}: {', '.join(parts)}{more}"


def _written(arguments: argparse.Namespace, shell: Shell, files: list[_File]) -> None:
    if arguments.sarif is not None:
        rows = ((file.scanned, row, accepted) for file in files for row, accepted in file.rows)
        log = sarif.document(rows, shell.folder, __version__, _FAILS[arguments.fail_on])
        if arguments.sarif is _PRINTED:
            shell.out.document(log)
        else:
            with naming(arguments.sarif):
                arguments.sarif.write_text(json.dumps(log, indent=2) + "\n")
    if arguments.write_baseline is not None:
        folder = arguments.write_baseline.parent
        found = (each for file in files for each in baseline.entries(file.scanned, folder))
        with naming(arguments.write_baseline):
            arguments.write_baseline.write_bytes(baseline.document(found))


def _code(counted: "Counter[Standing]") -> Exit:
    """Return the code of the worst; where nothing was scanned, nothing is proven."""
    return _CODES[max(counted, key=lambda each: each.rank, default=Standing.UNKNOWN)]


COMMAND = Command(
    "scan",
    "Reads files to their last octet, by what they are and not by their names, and runs nothing of them. A file is\n"
    "proven-inert, needs-code, malicious, or not-understood: damaged, of no known format, or more than it is worth to read.\n"
    "Ends with 0 where every file is proven inert, 3 where one is not understood, 1 where one is worse or needs code;\n"
    "what a baseline accepts counts as inert.",
    _arguments,
    _run,
)
