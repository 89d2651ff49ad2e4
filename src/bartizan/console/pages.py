"""The pages on which people sign in, and the one about themselves: values in, HTML out.

Rules of this file: pure. A page works without its script but for what only a browser's script can ask, a passkey.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bartizan.access.people.keys import Passkey
from bartizan.access.people.roles import ABOUT
from bartizan.access.people.session import Session
from bartizan.app.people import Account, Who
from bartizan.console.markup import Markup, Part, tag, together
from bartizan.console.parts import button, day, hidden, inside, minute, outside, passkey_form
from bartizan.identity.verified import DEVICE_BOUND

_BEGAN: Final = {
    "passkey": "with a passkey",
    "link": "with a link of the owner's",
    "recovery-code": "with a recovery code",
}
_NO_CODES: Final = "You have none. Each signs you in once, should your passkeys be lost."
_LABEL: Final = "40"


def sign_in(options: str, said: str, following: Mapping[str, str]) -> bytes:
    """Return the page where nobody is signed in yet.

    Args:
        options: what passkeys are asked.
        said: word of what happened before, or empty.
        following: what leads to the page that is to come then, by name of the field; or empty.
    """
    ask = passkey_form(
        "/people/sign-in",
        "get",
        options,
        "Sign in with a passkey",
        hidden(**following),
    )
    return outside(
        "Sign in",
        said,
        tag("section", ask),
        tag(
            "p",
            "Lost your passkey? ",
            tag("a", "Use a recovery code", href="/people/recover"),
            class_="quiet",
        ),
        tag(
            "p",
            "No passkey yet? Who runs this platform gives you a link: ",
            tag("code", "bartizan console"),
            class_="quiet",
        ),
        script=True,
    )


def link(token: str) -> bytes:
    """Return the page that a link opens: nothing is done before its button is pressed."""
    ask = tag(
        "form",
        hidden(token=token),
        tag("p", "This link signs you in once, within a minute of its making."),
        tag("button", "Continue", type="submit"),
        method="post",
        action="/people/link",
    )
    return outside("Sign in by link", "", tag("section", ask))


def recover(said: str) -> bytes:
    """Return the page for a recovery code."""
    ask = tag(
        "form",
        tag("label", "Recovery code", for_="code"),
        tag(
            "input",
            type="text",
            id="code",
            name="code",
            required=True,
            autocomplete="one-time-code",
            spellcheck="false",
            maxlength="64",
        ),
        tag("button", "Sign in", type="submit"),
        method="post",
        action="/people/recover",
    )
    hint = tag("p", "Each code works once. Afterwards, add a new passkey.", class_="quiet")
    return outside(
        "Use a recovery code",
        said,
        tag("section", ask),
        hint,
        tag("p", tag("a", "Back", href="/people/sign-in")),
    )


def enrol(who: Who, options: str, said: str) -> bytes:
    """Return the page that adds a passkey."""
    more = together(
        tag("label", "What to call it", for_="label"),
        tag(
            "input",
            type="text",
            id="label",
            name="label",
            maxlength=_LABEL,
            value="Passkey",
            autocomplete="off",
        ),
        hidden(csrf=who.form),
    )
    ask = passkey_form("/people/enrol", "create", options, "Add a passkey", more)
    why = tag("p", "Your device asks for a fingerprint, face or PIN, and tells nobody.", class_="quiet")
    return inside(who, "Add a passkey", said, tag("section", ask), why, script=True)


def verify(who: Who, options: str, said: str, following: str) -> bytes:
    """Return the page on which somebody proves who they are once more."""
    more = hidden(csrf=who.form, **({"next": following} if following else {}))
    ask = passkey_form("/people/verify", "get", options, "Use your passkey", more)
    why = tag("p", "What you are about to do cannot be taken back. Confirm that it is you.")
    return inside(who, "Confirm that it is you", said, tag("section", why, ask), script=True)


def account(who: Who, has: Account, said: str) -> bytes:
    """Return the page with a person's passkeys, sessions and recovery codes."""
    return inside(
        who,
        "Account",
        said,
        _urge(has),
        tag("p", "You are signed in as ", tag("strong", who.person.name), "."),
        tag("section", tag("h2", "Roles"), _roles(who.person.roles)),
        tag("section", tag("h2", "Passkeys"), _passkeys(who, has.passkeys)),
        tag("section", tag("h2", "Recovery codes"), _recovery(who, has)),
        tag("section", tag("h2", "Sessions"), _sessions(who, has.sessions)),
    )


def codes(who: Who, given: Sequence[str]) -> bytes:
    """Return the page that shows recovery codes, this once."""
    shown = tag("ol", *(tag("li", each) for each in given), class_="codes")
    keep = tag(
        "p",
        "Print them or write them down, and keep them apart from your devices. They are not shown again, and earlier ones no longer work.",
    )
    return inside(
        who,
        "Your recovery codes",
        "",
        tag("section", keep, shown),
        tag("p", tag("a", "Done", href="/people")),
    )


def refused(sentence: str) -> bytes:
    """Return the page that says why something was not done."""
    return outside(
        "Not done", "", tag("section", tag("p", sentence)), tag("p", tag("a", "Back", href="/people"))
    )


# ---- their parts --------------------------------------------------------------------------------------------
def _urge(has: Account) -> Part:
    if has.passkeys:
        return ""
    return tag(
        "p",
        "You have no passkey yet. ",
        tag("a", "Add one now", href="/people/enrol"),
        ", while this link lasts.",
        class_="notice",
    )


def _roles(roles: Sequence[str]) -> Markup:
    about = {role.value: text for role, text in ABOUT.items()} | {
        "caller": "calls the services behind the gateway"
    }
    rows = [
        tag("li", tag("span", each), tag("span", about.get(each, "named by your policies"), class_="quiet"))
        for each in roles
    ]
    return tag("ul", *rows, class_="rows") if rows else tag("p", "None.", class_="quiet")


def _passkeys(who: Who, passkeys: Sequence[Passkey]) -> Markup:
    rows = [
        tag(
            "li",
            tag(
                "span",
                each.label,
                tag(
                    "span",
                    "on several devices" if each.synced else "on one device",
                    class_="badge good" if each.worth == DEVICE_BOUND else "badge",
                ),
                tag("br"),
                tag("span", f"added {day(each.created)}, used {minute(each.used)}", class_="quiet"),
                *_counts_less(each),
            ),
            button(
                who,
                "/people/passkey-remove",
                "Remove",
                "danger",
                f"Remove passkey {each.label}",
                passkey=each.id,
            ),
        )
        for each in passkeys
    ]
    listed = tag("ul", *rows, class_="rows") if rows else tag("p", "None.", class_="quiet")
    return together(listed, tag("p", tag("a", "Add a passkey", href="/people/enrol")))


def _counts_less(passkey: Passkey) -> tuple[Part, ...]:
    if passkey.synced or passkey.worth == DEVICE_BOUND:
        return ()
    why = "Added with one that is on several devices, so it counts as such. To change that, add it by a link of the owner's."
    return tag("br"), tag("span", why, class_="quiet")


def _recovery(who: Who, has: Account) -> Markup:
    left = tag("p", f"{has.codes} left. New ones replace them." if has.codes else _NO_CODES)
    if not has.passkeys:
        return tag("p", "Add a passkey first.", class_="quiet")
    return together(left, button(who, "/people/recovery-codes", "Make new codes", "plain"))


def _sessions(who: Who, sessions: Sequence[Session]) -> Markup:
    rows = [
        tag(
            "li",
            tag(
                "span",
                f"begun {minute(each.begun)} {_BEGAN[each.by]}",
                tag("span", "this one", class_="badge good") if each.id == who.session.id else "",
                tag("br"),
                tag("span", f"last seen {minute(each.seen)}", class_="quiet"),
            ),
            button(
                who,
                "/people/session-end",
                "End",
                "danger",
                f"End the session begun {minute(each.begun)}",
                session=each.id,
            ),
        )
        for each in reversed(sessions)
    ]
    everywhere = button(who, "/people/sign-out-everywhere", "Sign out everywhere", "danger")
    return together(tag("ul", *rows, class_="rows"), everywhere)
