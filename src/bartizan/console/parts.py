"""What pages are made of: their frame, the sentence of what happened, forms and buttons.

Rules of this file: pure. A page works without its script but for what only a browser's script can ask, a passkey. What
somebody is told after a form comes from a closed set of sentences, by its word.
"""

from datetime import UTC, datetime
from typing import Final

from bartizan.access.people.errors import SENTENCES
from bartizan.app.everyone import READ
from bartizan.app.people import Who
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
    "withdrawn": "The application may not act in your name any more. What it holds is refused from now on.",
    "revoked": "Everything of theirs is refused from now on.",
    "erased": "They are revoked, and nothing says any more who they were.",
    "approval-asked": "A second person has to approve this. Come back and repeat it once they have.",
    "approved": "The request was approved.",
    "denied": "The request was denied.",
    "device-allowed": "The device may act in your name now. Go back to it.",
    "device-refused": "The device was refused. Tell who runs this platform if somebody had you type its code.",
}
"""What somebody is told that was done, by word."""


def outside(title: str, said: str, *parts: Part, script: bool = False) -> bytes:
    """Return a page for whoever looks, nobody being signed in."""
    head = tag("header", tag("strong", "Bartizan"))
    return _page(
        title,
        head,
        tag("main", tag("h1", title), _notice(said), *parts, id="main", class_="narrow"),
        script=script,
    )


def inside(who: Who, title: str, said: str, *parts: Part, script: bool = False) -> bytes:
    """Return a page for somebody who is signed in, with the ways to the others."""
    there = {"Account": "/people", "Applications": "/people/applications", "Approvals": "/people/approvals"}
    if READ in who.offered:
        there["Everyone"] = "/people/everyone"
    links = (tag("a", name, href=way, **_here(name == title)) for name, way in there.items())
    ways = tag("nav", *links, aria_label="Pages")
    out = button(who, "/people/sign-out", "Sign out", "plain")
    head = tag("header", tag("strong", "Bartizan"), ways, out)
    return _page(title, head, tag("main", tag("h1", title), _notice(said), *parts, id="main"), script=script)


def _here(here: bool) -> dict[str, str]:  # noqa: FBT001 - whether
    return {"aria_current": "page"} if here else {}


def _page(title: str, *parts: Part, script: bool) -> bytes:
    skip = tag("a", "Skip to the page", href="#main", class_="skip")
    return document(title, skip, *parts, script=SCRIPT_PATH if script else "", sheet=SHEET_PATH)


def _notice(said: str) -> Part:
    if said in DONE:
        return tag("p", DONE[said], class_="notice", role="status")
    faults = {fault.value: sentence for fault, sentence in SENTENCES.items()}
    return tag("p", faults[said], class_="notice bad", role="alert") if said in faults else ""


def passkey_form(action: str, how: str, options: str, label: str, more: Part) -> Markup:
    """Return a form that asks for a passkey.

    Args:
        action: where it is sent.
        how: `get` or `create`.
        options: for the browser, JSON.
        label: of its button.
        more: what else it holds.
    """
    return tag(
        "form",
        more,
        hidden(credential=""),
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


def button(who: Who, action: str, label: str, kind: str, spoken: str = "", **fields: str) -> Markup:
    """Return a button that sends a form of somebody who is signed in.

    Args:
        who: they.
        action: where it is sent.
        label: of the button.
        kind: plain, danger, or empty for the one that matters most.
        spoken: what screen readers say instead of the label.
        fields: of the form.
    """
    said = {"aria_label": spoken} if spoken else {}
    press = tag("button", label, type="submit", class_=kind, **said)
    return tag("form", hidden(csrf=who.form, **fields), press, method="post", action=action)


def hidden(**fields: str) -> Markup:
    """Return fields that nobody sees."""
    return together(*(tag("input", type="hidden", name=name, value=value) for name, value in fields.items()))


def day(at: Nanoseconds) -> str:
    """Return a day for people, UTC."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%d %b %Y}"


def minute(at: Nanoseconds) -> str:
    """Return an instant for people, to the minute, UTC."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%d %b %Y %H:%M} UTC"


def asked_for(service: str, *, control: bool) -> str:
    """Return what a program asks to use in somebody's name.

    Args:
        service: name of the one service; empty for all.
        control: whether it asks for the platform itself.
    """
    if service:
        return f"the service {service}"
    return "this platform's own interface" if control else "every service that you may call"


def by_itself(host: str | None) -> Part:
    """Return what there is to know of an application that nobody here has registered.

    Args:
        host: that the answer goes to; empty for a program on this device, None where it asks by a code.
    """
    where = (
        ""
        if host is None
        else f" Your answer goes to {host}."
        if host
        else " Your answer goes to a program on this device."
    )
    unknown = tag("strong", "It registered itself: nobody here has looked at who is behind it.")
    return tag("p", unknown, f"{where} Deny it unless you have just begun this yourself.")


def allow_or_deny() -> Part:
    """Return the two answers to such a question; the form has `answer`."""
    return tag(
        "div",
        tag("button", "Allow", type="submit", name="answer", value="allow"),
        tag("button", "Deny", type="submit", name="answer", value="deny", class_="danger"),
        class_="several",
    )


def for_how_long() -> Part:
    """Return for how long an answer lasts."""
    return tag(
        "p",
        "It can do so for up to 30 days, or until you withdraw it at this platform's page Applications.",
        class_="quiet",
    )
