"""`bartizan import litellm CONFIG`: write the configuration that a LiteLLM proxy's becomes here."""  # noqa: N999 - the name of the command

import argparse
from typing import Any

from bartizan.app.litellm.bring import Brought, bring
from bartizan.app.litellm.draft import Verdict
from bartizan.cli.command import Command, Exit, Shell, json_option, naming, new_file, path
from bartizan.cli.place import near
from bartizan.cli.screen import table
from bartizan.config import NAME


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    file = arguments.output or shell.folder / NAME
    with naming(file):
        brought = bring(arguments.file, file, force=arguments.force)
    if arguments.json:
        shell.out.document(_document(brought))
    else:
        shell.out.line(_text(brought, near(arguments.file, shell.folder), near(file, shell.folder)))
    return Exit.CLEAN


def _document(brought: Brought) -> dict[str, Any]:
    return {
        "written": str(brought.file),
        "services": list(brought.written.services),
        "refused": [{"key": key, "why": why} for key, why in brought.written.refused],
        "environment": list(brought.written.environment),
        "notes": [
            {"line": note.line, "key": note.key, "verdict": note.verdict.value, "what": note.what}
            for note in brought.found.notes
        ],
    }


def _text(brought: Brought, source: str, file: str) -> str:
    notes = sorted(brought.found.notes, key=lambda note: note.line)
    rows = [(f"{source}:{note.line}", note.key[:80], note.verdict.value, note.what) for note in notes]
    parts = [table(rows)] if rows else []
    if brought.written.refused:
        kept = [(f"  {key}", why) for key, why in brought.written.refused]
        parts.append(f"Stands in {file} as a comment:\n{table(kept)}")
    served = ", ".join(brought.written.services) or "none, so the built-in sample"
    parts.append(f"wrote {file}; services: {served}; nothing was asked of them")
    parts.append("Next:\n" + "\n".join(f"  {step}" for step in _steps(brought, file)))
    return "\n\n".join(parts)


def _steps(brought: Brought, file: str) -> list[str]:
    clear = any(note.verdict is Verdict.REFUSED for note in brought.found.notes)
    return [
        *(f"export {name}=..." for name in brought.written.environment),
        *(["change every secret that stood in the clear"] if clear else []),
        f"bartizan config show --config {file}",
        "bartizan identity add NAME          # once it runs: one for each key that LiteLLM gave out",
    ]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=["litellm"], help="litellm: a LiteLLM proxy's config.yaml")
    parser.add_argument("file", type=path, metavar="CONFIG", help="its configuration")
    parser.add_argument(
        "--output", type=new_file, metavar="FILE", help="what to write; default: bartizan.toml here"
    )
    parser.add_argument("--force", action="store_true", help="replace the file that is there")
    json_option(parser)


COMMAND = Command(
    "import",
    "Reads another product's configuration and writes a bartizan.toml, saying line by line what was taken over,\n"
    "what was not and what to do. Secrets become references; one that stands in the clear is never copied.\n"
    "Asks nothing of any service. Ends with 0, or 2 where the configuration cannot be used or the file is there.",
    _arguments,
    _run,
)
