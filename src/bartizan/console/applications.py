"""The page with the applications that may act for a person: with what, since when, last when, and the way to withdraw it.

Rules of this file: pure; as `pages.py`. Withdrawing wants no passkey again: it is as easy as allowing was.
"""

from collections.abc import Sequence
from typing import Final

from bartizan.access.issue.consent import NEVER, Consented, Way
from bartizan.app.everyone import AT_ONCE
from bartizan.app.people import Who
from bartizan.console.markup import Markup, Part, tag
from bartizan.console.parts import asked_for, button, day, inside, minute
from bartizan.identity.token import OF_ONE

_WHAT: Final = (
    "These may act in your name. Withdraw one, and all that it holds is refused at its next request, on every device; "
    "it has to ask you again."
)
_UNASKED: Final = "has no access now, but gets it without asking you"
_NONE: Final = "No application may act in your name."


def page(who: Who, some: Sequence[Consented], said: str) -> bytes:
    """Return the page with applications; of more than `AT_ONCE` it shows so many, and leads on."""
    if not some:
        return inside(who, "Applications", said, tag("section", tag("p", _NONE, class_="quiet")))
    rows = [_application(who, each) for each in some[:AT_ONCE]]
    more: Part = ""
    if len(some) > AT_ONCE:
        after = some[AT_ONCE - 1].application.id
        more = tag("p", tag("a", "More", href=f"/people/applications?after={after}"))
    shown = tag("section", tag("p", _WHAT), tag("ul", *rows, class_="rows"), more)
    return inside(who, "Applications", said, shown)


def _application(who: Who, each: Consented) -> Markup:
    name = each.application.id
    what = tag("span", tag("strong", name), *map(_way, each.ways))
    return tag(
        "li",
        what,
        button(who, "/people/withdraw", "Withdraw", "danger", f"Withdraw {name}", application=name),
    )


def _way(way: Way) -> Markup:
    _, word, *service = way.audience.split(OF_ONE)
    what = asked_for("".join(service), control=word == "control")
    where = ", on a device that showed you a code" if way.device else ""
    used = _UNASKED if way.used == NEVER else f"last used {minute(way.used)}"
    about = tag("span", f"since {day(way.since)}, {used}", class_="quiet")
    return tag("span", f"May use {what}{where}", tag("br"), about, class_="way")
