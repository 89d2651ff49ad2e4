"""Forms of the authorization server: the pairs that a plain reader finds, each once, and one way to authenticate.

The first line of an input is the value of Authorization, of none where it is empty; the rest is the form.
"""

import base64

from bartizan.access.issue.form import ASSERTION_TYPE, GrantFault, GrantRefused, read_credential, read_form
from fuzz.forms import pairs, plain
from fuzz.target import Target

_MEDIA = "application/x-www-form-urlencoded"


def run(data: bytes) -> str:
    line, _, body = data.partition(b"\n")
    authorization = line.decode("latin-1") or None
    try:
        form = read_form(_MEDIA, body)
    except GrantRefused as fault:
        return _refused(fault)
    assert [(name.encode(), value.encode()) for name, value in form.items()] == pairs(body)
    try:
        found = read_credential(form, authorization)
    except GrantRefused as fault:
        return _refused(fault)
    if found.assertion:
        assert (form["client_assertion_type"], form["client_assertion"]) == (ASSERTION_TYPE, found.assertion)
        assert (found.client, found.secret) == (form.get("client_id", ""), "")
        return "asserted"
    assert found.client
    assert len(found.client) <= 255
    assert form.get("client_id", found.client) == found.client
    if authorization is None:
        assert found.secret == form.get("client_secret", "")
        return "secret" if found.secret else "public"
    assert "client_secret" not in form
    name, _, secret = base64.b64decode(authorization.partition(" ")[2]).partition(b":")
    assert (found.client.encode(), found.secret.encode()) == (plain(name), plain(secret))
    return "basic"


def _refused(fault: GrantRefused) -> str:
    assert fault.error in {GrantFault.INVALID_REQUEST, GrantFault.INVALID_CLIENT}
    assert fault.what.isascii()
    return str(fault.error.value)


TARGET = Target(
    modules=("bartizan.access.issue.form",),
    run=run,
    seeds=(
        b"\ngrant_type=client_credentials&client_id=a&client_secret=b%2Bc",
        b"\ngrant_type=client_credentials&client_id=a",
        b"Basic " + base64.b64encode(b"a%3Ab:c+d") + b"\ngrant_type=client_credentials",
        b"Basic " + base64.b64encode(b"a:c") + b"\nclient_id=b",
        b"basic " + base64.b64encode(b"a:\xff") + b"\nclient_id=a",
        b"\nclient_assertion=x.y.z&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        b"\nscope=a&scope=b",
        b"\na;b=c&d",
        b"\n",
    ),
    words=(
        b"&", b"=", b"%", b"%00", b"%0a", b"%3a", b"%c3%a9", b"%ff", b"+", b";", b"\n", b"Basic ", b"Bearer ", b"==", b"YTpi", b"grant_type",
        b"client_id", b"client_secret", b"client_assertion", b"client_assertion_type", b"%63lient_id", b"\xa0",
    ),
)  # fmt: skip
