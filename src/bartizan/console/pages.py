"""The pages that people see: values in, HTML out.

Rules of this file: pure. A page works without its script but for what only a browser's script can ask, a passkey. What
somebody is told after a form comes from a closed set of sentences, by its word.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bartizan.access.people.approval import Approval
from bartizan.access.people.errors import SENTENCES
from bartizan.access.people.keys import Passkey
from bartizan.access.people.roles import ABOUT
from bartizan.access.people.session import Session
from bartizan.app.people import Account, Who
from bartizan.clock import SECOND, Nanoseconds
from bartizan.console.markup import Markup, Part, document, tag, together
from bartizan.gateway.page import SCRIPT_PATH, SHEET_PATH

DONE: Final = {
    "passkey-added": "Your passkey was added.",
    "passkey-removed": "The passkey was removed, and your other sessions ended.",
    "session-gone": "The session ended.",
    "signed-out": "You are signed out.",
    "signed-out-everywhere": "You are signed out everywhere.",
    "verified": "Thank you. Now repeat what you wanted to do.",
    "approved": "The request was approved.",
    "denied": "The request was denied.",
}
"""What somebody is told that was done, by word."""
_BEGAN: Final = {
    "passkey": "with a passkey",
    "link": "with a link of the owner's",
    "recovery-code": "with a recovery code",
}
_LABEL: Final = "40"


def sign_in(options: str, said: str, following: str) -> bytes:
    """Return the page where nobody is signed in yet.

    Args:
        options: what passkeys are asked.
        said: word of what happened before, or empty.
        following: word of the page that is to come then, or empty.
    """
    ask = _passkey_form(
        "/people/sign-in",
        "get",
        options,
        "Sign in with a passkey",
        _hidden(next=following) if following else "",
    )
    return _outside(
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
        _hidden(token=token),
        tag("p", "This link signs you in once, within a minute of its making."),
        tag("button", "Continue", type="submit"),
        method="post",
        action="/people/link",
    )
    return _outside("Sign in by link", "", tag("section", ask))


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
    return _outside(
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
        _hidden(csrf=who.form),
    )
    ask = _passkey_form("/people/enrol", "create", options, "Add a passkey", more)
    why = tag("p", "Your device asks for a fingerprint, face or PIN, and tells nobody.", class_="quiet")
    return _inside(who, "Add a passkey", said, tag("section", ask), why, script=True)


def verify(who: Who, options: str, said: str, following: str) -> bytes:
    """Return the page on which somebody proves who they are once more."""
    more = _hidden(csrf=who.form, **({"next": following} if following else {}))
    ask = _passkey_form("/people/verify", "get", options, "Use your passkey", more)
    why = tag("p", "What you are about to do cannot be taken back. Confirm that it is you.")
    return _inside(who, "Confirm that it is you", said, tag("section", why, ask), script=True)


def account(who: Who, has: Account, said: str) -> bytes:
    """Return the page with a person's passkeys, sessions and recovery codes."""
    return _inside(
        who,
        f"Signed in as {who.person.name}",
        said,
        _urge(has),
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
    return _inside(
        who,
        "Your recovery codes",
        "",
        tag("section", keep, shown),
        tag("p", tag("a", "Done", href="/people")),
    )


def approvals(who: Who, waiting: Sequence[tuple[Approval, str]], said: str) -> bytes:
    """Return the page with the requests that wait for a second person."""
    rows = [_request(who, each, asker) for each, asker in waiting]
    shown = tag("ul", *rows, class_="rows") if rows else tag("p", "Nothing waits for you.", class_="quiet")
    return _inside(who, "Approvals", said, tag("section", shown))


def refused(sentence: str) -> bytes:
    """Return the page that says why something was not done."""
    return _outside(
        "Not done", "", tag("section", tag("p", sentence)), tag("p", tag("a", "Back", href="/people"))
    )


# ---- their parts --------------------------------------------------------------------------------------------
def _outside(title: str, said: str, *parts: Part, script: bool = False) -> bytes:
    head = tag("header", tag("strong", "Bartizan"))
    return _page(
        title,
        head,
        tag("main", tag("h1", title), _notice(said), *parts, id="main", class_="narrow"),
        script=script,
    )


def _inside(who: Who, title: str, said: str, *parts: Part, script: bool = False) -> bytes:
    ways = tag(
        "nav",
        tag("a", "Account", href="/people"),
        tag("a", "Approvals", href="/people/approvals"),
        aria_label="Pages",
    )
    out = _button(who, "/people/sign-out", "Sign out", "plain")
    head = tag("header", tag("strong", "Bartizan"), ways, out)
    return _page(title, head, tag("main", tag("h1", title), _notice(said), *parts, id="main"), script=script)


def _page(title: str, *parts: Part, script: bool) -> bytes:
    skip = tag("a", "Skip to the page", href="#main", class_="skip")
    return document(title, skip, *parts, script=SCRIPT_PATH if script else "", sheet=SHEET_PATH)


def _notice(said: str) -> Part:
    if said in DONE:
        return tag("p", DONE[said], class_="notice", role="status")
    faults = {fault.value: sentence for fault, sentence in SENTENCES.items()}
    return tag("p", faults[said], class_="notice bad", role="alert") if said in faults else ""


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
                    class_="badge" if each.synced else "badge good",
                ),
                tag("br"),
                tag("span", f"added {_day(each.created)}, used {_minute(each.used)}", class_="quiet"),
            ),
            _button(
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


def _recovery(who: Who, has: Account) -> Markup:
    left = tag("p", f"{has.codes} left. New ones replace them.")
    if not has.passkeys:
        return tag("p", "Add a passkey first.", class_="quiet")
    return together(left, _button(who, "/people/recovery-codes", "Make new codes", "plain"))


def _sessions(who: Who, sessions: Sequence[Session]) -> Markup:
    rows = [
        tag(
            "li",
            tag(
                "span",
                f"begun {_minute(each.begun)} {_BEGAN[each.by]}",
                tag("span", "this one", class_="badge good") if each.id == who.session.id else "",
                tag("br"),
                tag("span", f"last seen {_minute(each.seen)}", class_="quiet"),
            ),
            _button(
                who,
                "/people/session-end",
                "End",
                "danger",
                f"End the session begun {_minute(each.begun)}",
                session=each.id,
            ),
        )
        for each in reversed(sessions)
    ]
    everywhere = _button(who, "/people/sign-out-everywhere", "Sign out everywhere", "danger")
    return together(tag("ul", *rows, class_="rows"), everywhere)


def _request(who: Who, each: Approval, asker: str) -> Markup:
    what = tag(
        "span",
        f"{each.act} {each.subject}",
        tag("br"),
        tag(
            "span",
            f"asked by {asker}, for a {each.role} to approve, until {_minute(each.expires)}",
            class_="quiet",
        ),
    )
    if each.asker == who.person.id:
        return tag("li", what, tag("span", "waits for somebody else", class_="quiet"))
    answers = [
        _button(
            who,
            "/people/approvals",
            word.capitalize(),
            kind,
            f"{word} {each.act} {each.subject}",
            approval=each.id,
            answer=word,
        )
        for word, kind in (("approve", ""), ("deny", "danger"))
    ]
    return tag("li", what, tag("div", *answers, class_="several"))


def _passkey_form(action: str, how: str, options: str, label: str, more: Part) -> Markup:
    return tag(
        "form",
        more,
        _hidden(credential=""),
        tag("button", label, type="submit", disabled=True),
        tag("p", class_="wrong", role="status", aria_live="polite"),
        tag(
            "noscript",
            tag(
                "p",
                "Passkeys need JavaScript, which this browser does not run. A recovery code works without.",
            ),
        ),
        method="post",
        action=action,
        data_passkey=how,
        data_options=options,
    )


def _button(who: Who, action: str, label: str, kind: str, spoken: str = "", **fields: str) -> Markup:
    said = {"aria_label": spoken} if spoken else {}
    press = tag("button", label, type="submit", class_=kind, **said)
    return tag("form", _hidden(csrf=who.form, **fields), press, method="post", action=action)


def _hidden(**fields: str) -> Markup:
    return together(*(tag("input", type="hidden", name=name, value=value) for name, value in fields.items()))


def _day(at: Nanoseconds) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%d %b %Y}"


def _minute(at: Nanoseconds) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%d %b %Y %H:%M} UTC"
