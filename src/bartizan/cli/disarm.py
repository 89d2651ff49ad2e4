"""`bartizan disarm PATH`: write a model file anew as tensors alone, without running anything of it."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, path, state_options
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import near, state
from bartizan.printable import printable
from bartizan.supply.disarm import Disarmed, disarm
from bartizan.supply.disarm_folder import disarm_folder
from bartizan.supply.rebuild.output import Taken
from bartizan.supply.rebuild.report import Copied, LeftOut, Rebuilt, Refusal

_SHOWN: Final = 10
"""Names and values that are shown to a person one by one."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", type=path, help="a model file, or a folder with all that is in it"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=path,
        required=True,
        help="the new file, of safetensors; for a folder, the new folder",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace OUT where it is a file that is there already"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file, one a line")
    parser.add_argument(
        "--record", action="store_true", help="put both digests and what was cut on record, in numbers"
    )
    state_options(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    if not arguments.path.exists():
        raise UsageInvalid(f"there is no {near(arguments.path, shell.folder)}; name a model file")
    if not arguments.output.parent.is_dir():
        raise UsageInvalid(f"there is no folder {arguments.output.parent}; make it first")
    try:
        with interruptible():
            found = _disarmed(arguments)
    except Taken as fault:
        raise UsageInvalid(f"{near(arguments.output, shell.folder)} {fault.strerror}") from None
    for each in found:
        _show(each, arguments, shell)
    if arguments.record:
        _record(found, arguments, shell)
    if any(isinstance(each.result, Refusal) for each in found):
        return _incomplete(found, arguments, shell)
    return Exit.CLEAN if any(each.place is not None for each in found) else Exit.UNEVALUATED


def _incomplete(found: Sequence[Disarmed], arguments: argparse.Namespace, shell: Shell) -> Exit:
    if arguments.path.is_dir():
        count = sum(1 for each in found if isinstance(each.result, Refusal))
        shell.err.line(f"nothing was written: {count} of {len(found)} files could not be kept")
    return Exit.UNEVALUATED


def _disarmed(arguments: argparse.Namespace) -> Sequence[Disarmed]:
    if arguments.path.is_dir():
        return disarm_folder(arguments.path, arguments.output)
    return [disarm(arguments.path, arguments.output, force=arguments.force)]


def _record(files: Sequence[Disarmed], arguments: argparse.Namespace, shell: Shell) -> None:
    from bartizan.app.disarmed import record  # noqa: PLC0415 - dear, and most files are on nobody's record

    count = record(files, state(arguments, shell))
    shell.err.line(f"{count} files are on record now")


def _show(file: Disarmed, arguments: argparse.Namespace, shell: Shell) -> None:
    if arguments.json:
        shell.out.line(json.dumps(_document(file, shell.folder)))
    else:
        shell.out.line("\n".join(printable(each) for each in _lines(file, shell.folder)))


def _document(file: Disarmed, folder: Path) -> dict[str, object]:
    head: dict[str, object] = {
        "path": near(file.path, folder),
        "format": file.result.format,
        "octets": file.octets,
        "sha256": file.sha256,
    }
    if isinstance(file.result, Refusal):
        reason = file.result.reason
        return head | {
            "output": None,
            "refused": {
                "word": reason.word,
                "what": reason.what,
                **({"offset": reason.offset} if reason.offset >= 0 else {}),
            },
        }
    if isinstance(file.result, LeftOut):
        return head | {"output": None, "left_out": file.result.what}
    if isinstance(file.result, Copied):
        return head | {"output": _place(file, folder), "copied": True}
    return head | _rebuilt(file, file.result, folder)


def _place(file: Disarmed, folder: Path) -> str | None:
    return None if file.place is None else near(file.place, folder)


def _rebuilt(file: Disarmed, done: Rebuilt, folder: Path) -> dict[str, object]:
    return {
        "output": _place(file, folder),
        "rebuilt_sha256": file.rebuilt,
        "verdict": done.verdict.value,
        "kept": {"tensors": done.tensors, "octets": done.octets, "values": done.values},
        "cut": [
            {"module": each.module, "name": each.name, "member": each.member, "offset": each.offset}
            for each in done.cut
        ],
        "left": [{"name": each.name, "what": each.what} for each in done.left],
        "left_more": done.more_left,
    }


def _lines(file: Disarmed, folder: Path) -> Iterator[str]:
    if isinstance(file.result, Copied | LeftOut):
        word = "copied " if isinstance(file.result, Copied) else "left out"
        why = "" if isinstance(file.result, Copied) else f": {file.result.what}"
        yield f"{word:<8} {near(file.path, folder)}  [{file.result.format}]{why}"
        return
    if isinstance(file.result, Refusal):
        yield f"refused  {near(file.path, folder)}  [{file.result.format}]"
        yield f"         {file.result.reason.word}: {file.result.reason.what}"
        return
    yield from _told(file, file.result, folder)


def _told(file: Disarmed, done: Rebuilt, folder: Path) -> Iterator[str]:
    yield f"rebuilt  {near(file.path, folder)}  [{done.format}, {done.verdict.value}]"
    kept = f"{done.tensors} tensors, {done.octets} octets"
    yield f"         kept {kept}{f'; {done.values} values as metadata' if done.values else ''}"
    for name in done.cut[:_SHOWN]:
        yield f"         cut {name.module}.{name.name} at {f'{name.member}, ' if name.member else ''}octet {name.offset}"
    yield from _more(len(done.cut) - _SHOWN, "names")
    for left in done.left[:_SHOWN]:
        yield f"         left out {left.name}: {left.what}"
    yield from _more(len(done.left) + done.more_left - _SHOWN, "values")
    if file.place is not None:
        yield f"wrote    {near(file.place, folder)}"
        yield f"sha256   {file.sha256} was read"
        yield f"sha256   {file.rebuilt} was written"


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"         ... and {count} {what} more; --json names them"


COMMAND = Command(
    "disarm",
    "Acts on PATH: reads what tensors it holds without running or importing anything that it names, and writes them, octet\n"
    "for octet, into a new file, which is scanned before it is there. What was cut and what was left out is told.\n"
    "Ends with 0 where the new file is proven inert and in its place, 2 where OUT is taken, 3 where nothing was written.",
    _arguments,
    _run,
)
