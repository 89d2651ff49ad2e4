"""The pages on which a person lets a device act that has no browser: the code that it shows, then the question.

Rules of this file: pure; as `pages.py`. Whoever is talked into typing a stranger's code is told so before they answer: who asks,
for what, when, and whether from the network that they are in themselves.
Source: RFC 8628 sections 3.3 and 5.4.
"""

from bartizan.app.device_flow import DeviceQuestion
from bartizan.app.people import Who
from bartizan.console.markup import Part, tag
from bartizan.console.parts import allow_or_deny, asked_for, by_itself, for_how_long, hidden, inside, minute

TITLE = "Connect a device"
_CODE_MOST = "16"
_TYPED = "Type only a code that you see on a device of your own, which you set up just now. "
_ALLOWED = "Allow it only where it is a device of your own, which you set up just now. "
_WHY = "Nobody who writes to you or calls you has a reason to have you type a code: it would let their device act in your name."


def code(who: Who, said: str) -> bytes:
    """Return the page that asks for a device's code."""
    form = tag(
        "form",
        hidden(csrf=who.form),
        tag("label", "Code that the device shows", for_="code"),
        tag(
            "input",
            id="code",
            name="code",
            type="text",
            required=True,
            maxlength=_CODE_MOST,
            autocomplete="off",
            autocapitalize="characters",
            spellcheck="false",
        ),
        tag("button", "Continue", type="submit"),
        method="post",
        action="/people/device",
    )
    return inside(who, TITLE, said, tag("section", tag("p", _TYPED, _WHY), form))


def question(who: Who, asked: DeviceQuestion) -> bytes:
    """Return the page that asks whether a device may."""
    form = tag(
        "form",
        hidden(csrf=who.form, request=asked.request, token=asked.token),
        allow_or_deny(),
        method="post",
        action="/people/device-answer",
    )
    what = asked_for(asked.service, control=asked.control)
    about = tag("p", "A device with ", tag("strong", asked.application), f" asks to use {what} in your name.")
    itself = (by_itself(None),) if asked.registered else ()
    return inside(
        who,
        TITLE,
        "",
        tag("section", about, *itself, _whence(asked), tag("p", _ALLOWED, _WHY), for_how_long(), form),
    )


def _whence(asked: DeviceQuestion) -> Part:
    when = f"It asked at {minute(asked.asked)}, "
    if asked.beside:
        named = f" {asked.network}" if asked.network else ""
        return tag("p", f"{when}from the network{named}, in which this browser is as well.")
    where = f"from the network {asked.network}" if asked.network else "from a network that is not known"
    far = tag("strong", "not the one that this browser is in")
    return tag("p", f"{when}{where}, ", far, ". Deny it unless the device is yours, and there.")
