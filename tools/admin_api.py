"""Write the table of docs/admin.md and docs/admin-openapi.json from the Admin API's table, or check that they are current.

python tools/admin_api.py [--check]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bartizan.admin.document import document
from bartizan.admin.route import PREFIX, AnyRoute, Tag
from bartizan.admin.table import ROUTES

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- routes: written by `make docs` -->", "<!-- end of routes -->"


def main(arguments: Sequence[str], docs: Path = DOCS) -> int:
    """Write both, or with `--check` return 1 where one is not current."""
    page, described = docs / "admin.md", docs / "admin-openapi.json"
    wanted = {page: paged(page.read_text()), described: openapi()}
    if "--check" not in arguments:
        for file, text in wanted.items():
            file.write_text(text)
        return 0
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    for file in stale:
        sys.stderr.write(f"docs/{file.name} is stale: make docs\n")
    return 1 if stale else 0


def openapi() -> str:
    """Return the OpenAPI document of what is reached over the network."""
    return json.dumps(document(ROUTES), indent=1) + "\n"


def paged(text: str) -> str:
    """Return the page with the table of now."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def table() -> str:
    """Return the table of routes in Markdown."""
    lines = [f"| below `{PREFIX}` | what | action | |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{each.method} {each.path}` | {each.summary} | `{each.action}` | {_marks(each)} |"
        for each in ROUTES
    ]
    return "\n".join(lines)


def _marks(route: AnyRoute) -> str:
    marks = (
        ("socket only", route.local),
        ("`ETag`", route.tag is Tag.SHOWN),
        ("`If-Match`", route.tag is Tag.NEEDED),
        ("`Idempotency-Key`", route.repeatable),
        ("pages", route.name.startswith("list-")),
        ("a secret, once", bool(route.once)),
    )
    return ", ".join(word for word, marked in marks if marked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
