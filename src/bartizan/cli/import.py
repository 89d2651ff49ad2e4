"""`bartizan import`: take over a LiteLLM proxy's configuration, or what another tool found."""  # noqa: N999 - the name of the command

import argparse
from typing import Any

from bartizan.app.findings import Imported, bring
from bartizan.app.litellm.bring import Brought
from bartizan.app.litellm.bring import bring as convert
from bartizan.app.litellm.draft import Verdict
from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    json_option,
    naming,
    new_file,
    path,
    state_options,
)
from bartizan.cli.place import near, state
from bartizan.cli.screen import table
from bartizan.config import NAME
from bartizan.connectors.findings import Row


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _litellm(arguments, shell) if arguments.kind == "litellm" else _findings(arguments, shell)


def _findings(arguments: argparse.Namespace, shell: Shell) -> Exit:
    found = bring(arguments.file, arguments.kind, state(arguments, shell))
    if arguments.json:
        shell.out.document(_said(found))
    else:
        shell.out.line(_told(found, near(arguments.file, shell.folder)))
    return Exit.CLEAN


def _said(found: Imported) -> dict[str, Any]:
    return {
        "document": found.document,
        "recorded": found.new,
        "left": found.left,
        "findings": [row.detail | {"cleared": row.cleared} for row in found.rows],
    }


def _told(found: Imported, file: str) -> str:
    head = ("SOURCE", "SEVERITY", "COUNT", "RULE", "")
    rows = [_row(row) for row in found.rows]
    known = len(found.rows) - found.new
    counted = f"{found.new} rows of {file} are on record now" + (f", {known} were before" if known else "")
    left = f"; {found.left} things in it are no findings" if found.left else ""
    return f"{table([head, *rows], frozenset({2}))}\n\n{counted}{left}\ndocument {found.document}"


def _row(row: Row) -> tuple[str, ...]:
    detail = {field: str(value) for field, value in row.detail.items()}
    rule = detail.get("rule") or detail.get("digest", "-")[:16]
    return (
        detail["source"],
        detail.get("severity", "-"),
        detail["count"],
        rule,
        "cleared" if row.cleared else "",
    )


def _litellm(arguments: argparse.Namespace, shell: Shell) -> Exit:
    file = arguments.output or shell.folder / NAME
    with naming(file):
        brought = convert(arguments.file, file, force=arguments.force)
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
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND", parser_class=Parser)
    proxy = kinds.add_parser(
        "litellm", help="a LiteLLM proxy's config.yaml: write the bartizan.toml it becomes"
    )
    proxy.add_argument("file", type=path, metavar="CONFIG", help="its configuration")
    proxy.add_argument(
        "--output", type=new_file, metavar="FILE", help="what to write; default: bartizan.toml here"
    )
    proxy.add_argument("--force", action="store_true", help="replace the file that is there")
    json_option(proxy)
    for name, what in (("ocsf", "OCSF events: one, an array, or one a line"), ("sarif", "a SARIF 2.1.0 log")):
        found = kinds.add_parser(name, help=f"{what}: put its findings on record")
        found.add_argument("file", type=path, metavar="FILE", help="the document")
        state_options(found)
        json_option(found)


COMMAND = Command(
    "import",
    "litellm: reads another product's configuration and writes a bartizan.toml, saying line by line what was taken\n"
    "over, what was not and what to do. Secrets become references; one that stands in the clear is never copied.\n"
    "ocsf, sarif: puts what another tool found on record, with its source, once for each document: tool, rule,\n"
    "severity and count, no text. Asks nothing of any service. Ends with 0, or 2 where the document cannot be used.",
    _arguments,
    _run,
)
