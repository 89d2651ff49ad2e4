"""The command line: finds the command, runs it, and turns whatever it raises into words and a code.

Rules of this file: it imports the module of the chosen command and of no other; a file of this folder whose
first line is "`bartizan NAME ...`: what it does." defines a `COMMAND` of that name. No traceback ever reaches a person: what nobody
foresaw is written to a report. Codes: 0 clean, 1 findings, 2 usage or configuration, 3 could not evaluate,
4 internal, 130 interrupted.
"""

import contextlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bartizan import __version__
from bartizan.cli.command import Command, Exit, FolderGone, Helped, Shell, UsageInvalid, parse
from bartizan.cli.screen import OutputLost, Screen, table

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: "Mapping[str, Exit]" = {
    "bartizan.cli.command.UsageInvalid": Exit.USAGE,
    "bartizan.config.ConfigurationFault": Exit.USAGE,
    "bartizan.app.folder.PlatformRunning": Exit.USAGE,
    "bartizan.app.admin.asking.OwnerRefused": Exit.USAGE,
    "bartizan.app.connect.run.PortTaken": Exit.USAGE,
    "bartizan.app.exercise.TargetUnknown": Exit.USAGE,
    "bartizan.app.device_key.DeviceKeyInvalid": Exit.USAGE,
    "bartizan.app.device_key.DeviceRefused": Exit.USAGE,
    "bartizan.cli.ledger_keys.FileUnreadable": Exit.USAGE,
    "bartizan.ledger.export.ExportDiffers": Exit.USAGE,
    "bartizan.ledger.prove.NotCovered": Exit.USAGE,
    "bartizan.ledger.backup.FolderTaken": Exit.USAGE,
    "bartizan.ledger.restore_refusal.NoKeys": Exit.USAGE,
    "bartizan.ledger.restore_refusal.RememberedOther": Exit.USAGE,
    "bartizan.ledger.restore_refusal.SourceOther": Exit.USAGE,
    "bartizan.app.witness.WitnessNameInvalid": Exit.USAGE,
    "bartizan.cli.up.AddressUnusable": Exit.USAGE,
    "bartizan.cli.witness.AddressUnusable": Exit.USAGE,
    "bartizan.cli.up.PortTaken": Exit.USAGE,
    "bartizan.connectors.findings.DocumentRefused": Exit.USAGE,
    "bartizan.app.signin_import.TooMany": Exit.USAGE,
    "bartizan.app.signin_store.SignInsUnreadable": Exit.USAGE,
    "bartizan.drill.run.AttackUnknown": Exit.USAGE,
    "bartizan.ledger.witness_store.LogRefused": Exit.USAGE,
    "bartizan.app.exercise.PartMissing": Exit.USAGE,
    "bartizan.app.evaluation.terms.AttackUnknown": Exit.USAGE,
    "bartizan.app.evaluation.place.FolderUsed": Exit.USAGE,
    "bartizan.threats.evaluation.prompt.PromptsUnreadable": Exit.USAGE,
    "bartizan.threats.evaluation.journal.JournalUnusable": Exit.USAGE,
    "bartizan.threats.evaluation.chat.EndpointRefuses": Exit.USAGE,
    "bartizan.threats.injection.ModelUnreadable": Exit.UNEVALUATED,
    "bartizan.text.names.model.ModelUnreadable": Exit.UNEVALUATED,
    "bartizan.supply.baseline.BaselineUnreadable": Exit.USAGE,
    "bartizan.policy.errors.PolicyInvalid": Exit.USAGE,
    "bartizan.app.policy.cases.CasesInvalid": Exit.USAGE,
    "bartizan.app.policy.facts.NobodyOfThat": Exit.USAGE,
    "bartizan.identity.principal.NotAPrincipal": Exit.USAGE,
    "bartizan.artifact.keys.KeysUnusable": Exit.USAGE,
    "bartizan.artifact.errors.Unsignable": Exit.USAGE,
    "bartizan.artifact.errors.TooLarge": Exit.USAGE,
    "bartizan.supply.provenance.step.StepRefused": Exit.USAGE,
}
"""Qualified name of an error's class -> code; by name, so that no room is imported to run another's command."""
_FIRST_LINE: Final = re.compile(r'"""`bartizan [^`]+`: (.+?)\."""')


def run(words: Sequence[str] | None = None) -> int:
    """Run the command of a command line and return its exit code; prints, and never raises.

    Args:
        words: what follows `bartizan`; None takes the process's own.
    """
    out, err = _screens()
    try:
        code = _told(sys.argv[1:] if words is None else words, out, err)
        out.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as fault:  # noqa: BLE001 - the one place where errors become exit codes
        return _fail(fault, err)
    return int(code)


def commands() -> Iterator[tuple[str, str]]:
    """Yield name and one line of help of every command, in order of name; reads their files and imports none."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        with file.open(encoding="utf-8") as opened:
            said = _FIRST_LINE.match(opened.readline())
        if said is not None:
            yield file.stem.replace("_", "-"), said[1]


def _screens() -> tuple[Screen, Screen]:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a stream that cannot is left alone
    return Screen(sys.stdout), Screen(sys.stderr)


def _told(words: Sequence[str], out: Screen, err: Screen) -> Exit:
    try:
        return _command(words, out, err)
    except Helped as help_text:
        out.line(str(help_text).rstrip())
        return Exit.CLEAN


def _command(words: Sequence[str], out: Screen, err: Screen) -> Exit:
    name = words[0] if words else "--help"
    if name in {"-h", "--help", "help"}:
        raise Helped(overview())
    if name in {"-V", "--version"}:
        out.line(f"bartizan {__version__}")
        return Exit.CLEAN
    command = _find(name)
    if command is None:
        raise UsageInvalid(_unknown(name))
    arguments = parse(command, words[1:])
    return command.run(arguments, _shell(out, err))


def _shell(out: Screen, err: Screen) -> Shell:
    from bartizan.config import environment  # noqa: PLC0415 - help needs no configuration

    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise FolderGone from None
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    return Shell(out, err, folder, environment(), terminal)


def _find(name: str) -> Command | None:
    if re.fullmatch(r"[a-z][a-z-]{0,30}", name) is None:
        return None
    module = f"bartizan.cli.{name.replace('-', '_')}"
    if importlib.util.find_spec(module) is None:
        return None
    command = getattr(importlib.import_module(module), "COMMAND", None)
    return command if isinstance(command, Command) and command.name == name else None


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only where something was mistyped

    if name.startswith("-"):
        return "a command comes first: `bartizan COMMAND ...`; see `bartizan --help`"
    near = get_close_matches(name[:64], dict(commands()), n=1)
    hint = f"; did you mean `bartizan {near[0]}`?" if near else "; see `bartizan --help`"
    return f"there is no command {name[:64]!r}{hint}"


def overview() -> str:
    """Return the help of `bartizan` itself."""
    rows = [(f"  {name}", said) for name, said in commands()]
    return (
        "usage: bartizan COMMAND ...\n\n"
        "Protects AI services: seven practices as one working system over one tamper-evident ledger.\n\n"
        f"commands:\n{table(rows)}\n\n"
        "`bartizan COMMAND --help` says what a command acts on. Exit codes: 0 clean, 1 findings,\n"
        "2 usage or configuration, 3 could not evaluate, 4 internal, 130 interrupted."
    )


def _fail(fault: Exception, err: Screen) -> Exit:
    code = _code(fault)
    words = str(fault) or type(fault).__name__
    if isinstance(fault, OSError) and not _ours(fault):
        words = ": ".join(str(part) for part in (fault.filename, fault.strerror) if part) or words
        if isinstance(fault, PermissionError):
            words += "; run it as the user to whom this belongs, or name another folder with --state"
    if code is Exit.INTERNAL:
        words = f"internal error ({type(fault).__name__}); {_report(fault)}"
    with contextlib.suppress(OutputLost):
        err.line(f"bartizan: {words}")
    return code


def _code(fault: Exception) -> Exit:
    for kind in type(fault).__mro__:
        code = CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return code
    return Exit.UNEVALUATED if _ours(fault) or isinstance(fault, OSError) else Exit.INTERNAL


def _ours(fault: Exception) -> bool:
    """Return whether an error is one of Bartizan's, whose message is written for people."""
    return type(fault).__module__.startswith("bartizan.")


def _report(fault: Exception) -> str:
    """Write what is needed to find an internal error, readable by this user alone; say where it is."""
    import tempfile  # noqa: PLC0415 - only where something went wrong
    import traceback  # noqa: PLC0415 - only where something went wrong

    text = "".join(traceback.format_exception(fault))
    for folder in (Path(".bartizan/run"), None):
        try:
            fd, name = tempfile.mkstemp(prefix="bartizan-report-", suffix=".txt", dir=folder)
            with open(fd, "w", errors="backslashreplace") as file:  # noqa: PTH123 - a descriptor
                file.write(f"bartizan {__version__}\n{text}")
        except OSError:
            continue
        return f"the report is in {os.path.abspath(name)}"  # noqa: PTH100 - a name to show
    return "no report could be written"
