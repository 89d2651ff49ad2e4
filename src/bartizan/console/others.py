"""The pages about others: who is registered, and what waits for a second person.

Rules of this file: as `pages.py`. A button is there only where the policies permit what it does; whether they do is asked
again when it is pressed.
"""

from collections.abc import Sequence
from typing import Final

from bartizan.access.people.approval import RELEASE
from bartizan.admin.links import ACT as LINK
from bartizan.app.approvals import Waiting
from bartizan.app.everyone import AT_ONCE, ERASE, REVOKE, may_change
from bartizan.app.people import Who
from bartizan.console.markup import Markup, Part, tag
from bartizan.console.parts import button, inside, minute
from bartizan.identity.principal import Principal

_ACTS: Final = {ERASE: "erase", LINK: "let in by a link", RELEASE: "let go on, once, the request"}
"""What a request is about, by the word of its act."""


def everyone(who: Who, some: Sequence[Principal], said: str) -> bytes:
    """Return the page with those who are registered; of more than `AT_ONCE` it shows so many, and leads on."""
    rows = [_principal(who, each) for each in some[:AT_ONCE]]
    shown = tag("ul", *rows, class_="rows") if rows else tag("p", "Nobody comes after that.", class_="quiet")
    more: Part = ""
    if len(some) > AT_ONCE:
        more = tag("p", tag("a", "More", href=f"/people/everyone?after={some[AT_ONCE - 1].id}"))
    return inside(who, "Everyone", said, tag("section", shown, more))


def approvals(who: Who, waiting: Sequence[Waiting], said: str) -> bytes:
    """Return the page with the requests that wait for a second person."""
    rows = [_request(who, each) for each in waiting]
    shown = tag("ul", *rows, class_="rows") if rows else tag("p", "Nothing waits for you.", class_="quiet")
    return inside(who, "Approvals", said, tag("section", shown))


def _principal(who: Who, each: Principal) -> Markup:
    badge: Part = tag("span", "revoked", class_="badge bad") if each.revoked else ""
    what = tag(
        "span",
        tag("strong", each.id),
        badge,
        tag("br"),
        tag("span", ", ".join(each.roles) or "no roles", class_="quiet"),
    )
    acts = _changes(who, each) if may_change(who.person, each) else []
    if not acts:
        return tag("li", what)
    summary = tag("summary", "Change", aria_label=f"Change {each.id}")
    return tag("li", what, tag("details", summary, *acts))


def _changes(who: Who, each: Principal) -> list[Part]:
    """Return each button with what it would do."""
    acts: list[Part] = []
    if REVOKE in who.offered and not each.revoked:
        why = "Everything of theirs is refused from now on, in every worker. This cannot be undone."
        acts += [tag("p", why), _change(who, "/people/revoke", "Revoke", each.id)]
    if ERASE in who.offered:
        why = "They are revoked, and who they were is forgotten. A second person has to approve it."
        acts += [tag("p", why), _change(who, "/people/erase", "Erase", each.id)]
    return acts


def _change(who: Who, action: str, label: str, principal: str) -> Markup:
    return button(who, action, f"{label} {principal}", "danger", principal=principal)


def _request(who: Who, wanted: Waiting) -> Markup:
    each, about = wanted.approval, f"{_ACTS.get(wanted.approval.act, wanted.approval.act)} {wanted.subject}"
    what = tag(
        "span",
        about,
        tag("br"),
        tag(
            "span",
            f"asked by {wanted.asker}, for a {each.role} to approve, until {minute(each.expires)}",
            class_="quiet",
        ),
    )
    if each.asker == who.person.id:
        return tag("li", what, tag("span", "waits for somebody else", class_="quiet"))
    answers = [
        button(
            who,
            "/people/approvals",
            word.capitalize(),
            kind,
            f"{word} {about}",
            approval=each.id,
            answer=word,
        )
        for word, kind in (("approve", ""), ("deny", "danger"))
    ]
    return tag("li", what, tag("div", *answers, class_="several"))
