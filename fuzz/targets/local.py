"""What a local client asks of `bartizan connect`: what goes on is what h11 finds, without its credentials and this hop.

The first octet chooses whether a key must be shown.
"""

from bartizan.app.connect.request import (
    BROWSER,
    CREDENTIALS,
    FAMILIES,
    KEY,
    MARKS,
    LocalRequest,
    forwarded,
    read_request,
)
from bartizan.crypto.secret import Secret
from bartizan.gateway.faults import FAULTS, Refusal
from fuzz.oracle import head_in
from fuzz.target import Target

_KEY = b"local-key"
_SECRET = Secret(_KEY)
_END = b"\r\n\r\n"
_REASONS = {*FAULTS, BROWSER.reason, KEY.reason}
_OF_THIS_HOP = {
    *(b"connection", b"keep-alive", b"te", b"expect", b"proxy-authorization", b"proxy-connection", b"dpop"),
    *(b"accept-encoding", b"host", b"content-length", b"transfer-encoding", *CREDENTIALS),
}


def run(data: bytes) -> str:
    must_show, head = data[:1] > b"\x7f", data[1:]
    if _END in head + b"\r\n":
        return "not-one-head"
    try:
        ours = read_request(head, _SECRET if must_show else None)
    except Refusal as fault:
        assert fault.reason in _REASONS
        assert fault.status in (501, 505) or fault.status < 500
        return fault.reason
    _require_alike(ours, head, must_show=must_show)
    return f"taken {must_show}"


def _require_alike(ours: LocalRequest, head: bytes, *, must_show: bool) -> None:
    came, length = head_in(head + _END)
    goes, same = head_in(forwarded(ours, b"gateway", b"authorization: Bearer token\r\n"))
    assert (came.method, came.target, length) == (ours.method, ours.target, ours.length)
    assert (goes.method, goes.target, same) == (came.method, came.target, length)
    assert goes.http_version == b"1.1"
    assert not [name for name, _ in came.headers if name in MARKS or name.startswith(FAMILIES)]
    passed = [field for field in goes.headers if field[0] not in _OF_THIS_HOP]
    assert passed == [field for field in came.headers if field[0] not in _OF_THIS_HOP]
    fields = dict(goes.headers)
    assert (fields[b"host"], fields[b"authorization"]) == (b"gateway", b"Bearer token")
    assert len(fields.keys() & _OF_THIS_HOP) == len(goes.headers) - len(passed)
    if must_show:
        assert any(_KEY in value for name, value in came.headers if name in CREDENTIALS)


_LINE = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:4100"
_SHOWN = b"\r\nAuthorization: Bearer " + _KEY
TARGET = Target(
    modules=("bartizan.app.connect.request", "bartizan.gateway.request", "bartizan.gateway.framing_rules"),
    run=run,
    seeds=(
        b"\0" + _LINE + b"\r\nContent-Length: 5\r\nX-Stainless-Lang: python\r\nAuthorization: Bearer other",
        b"\xff" + _LINE + b"\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue" + _SHOWN,
        b"\xff" + _LINE + b"\r\nContent-Length: 0\r\nx-api-key: " + _KEY,
        b"\xff" + _LINE + b"\r\nContent-Length: 0\r\napi-key: wrong",
        b"\0GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive, TE\r\nTE: trailers",
        b"\0GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example",
        b"\0HEAD / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Mode: cors\r\nAccept-Encoding: gzip",
        b"\0GET / HTTP/1.1\r\nHost: a.example",
    ),
    words=(
        b"\r\n", b"\n", b"\r", b"\t", b" ", b":", b"Host: localhost\r\n", b"Host: evil\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"HTTP/1.0", b"HTTP/1.1", b"GET", b"HEAD",
        b"POST", b"DELETE", b"Authorization: Bearer ", b"x-api-key: ", b"api-key: ", b"bearer ", b"local-key", b"Cookie: a\r\n",
        b"Sec-Fetch-Mode: cors\r\n", b"Sec-Fetch-Site: none\r\n", b"Origin: null\r\n", b"Referer: a\r\n", b"DPoP: a\r\n", b"TE: a\r\n",
    ),
    longest=600,
)  # fmt: skip
