"""HTML that is made of values, never of text that somebody else wrote.

Rules of this file: whatever is not `Markup` is escaped, in text and in attributes alike. There is no way to put a text
in as it is, but for `document`'s own first line, and the style sheet of a page that stands alone, which is of our own making.
"""

import base64
import hashlib
from html import escape
from typing import Final


class Markup(str):
    """HTML, made here."""

    __slots__ = ()


Part = Markup | str
_VOID: Final = frozenset({"input", "link", "meta", "br"})


def tag(name: str, /, *parts: Part, **attributes: str | bool) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        parts: what it holds; text is escaped.
        attributes: values are escaped; True is an attribute without one, False none. `_` stands for `-`, and one at
            the end is left out (`class_`).
    """
    said = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{together(*parts)}</{name}>")


def together(*parts: Part) -> Markup:
    """Return parts one after the other; text is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def document(title: str, *body: Part, script: str = "", sheet: str = "") -> bytes:
    """Return a page, UTF-8.

    Args:
        title: of the page.
        body: what it shows.
        script: address of its script, or empty.
        sheet: address of its style sheet.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · Bartizan"),
        tag("link", rel="stylesheet", href=sheet),
        tag("script", src=script, defer=True) if script else "",
    )
    return ("<!doctype html>\n" + tag("html", head, tag("body", *body), lang="en")).encode()


def alone(title: str, *body: Part, style: str) -> bytes:
    """Return a page that loads nothing, and whose browser is told to load and to run nothing, UTF-8.

    Args:
        title: of the page.
        body: what it shows.
        style: its style sheet, of our own making.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=allowed),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{title} · Bartizan"),
        tag("style", Markup(style)),
    )
    return ("<!doctype html>\n" + tag("html", head, tag("body", *body), lang="en")).encode()


def _attribute(name: str, value: str | bool) -> str:  # noqa: FBT001 - as HTML has it
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(value)}"'
