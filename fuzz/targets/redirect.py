"""Addresses that browsers are sent back to: what is taken leads where a browser's reading of it leads, and nowhere else.

The first line of an input is what an application registers, the second what a request asks for.
"""

from urllib.parse import urlsplit

from bartizan.access.errors import RedirectRefused
from bartizan.access.issue.redirect import LONGEST, matches, require_usable
from fuzz.target import Target

_LOCAL = ("127.0.0.1", "::1")


def run(data: bytes) -> str:
    registered, _, asked = data.decode("latin-1").partition("\n")
    try:
        (kept,) = require_usable([registered])
    except RedirectRefused:
        return "refused"
    assert kept == registered
    assert len(kept) <= LONGEST
    assert kept.isascii()
    assert not set(kept) & set(' \t\r\n\\#*"<>`{}|^')
    parts = urlsplit(kept)
    word = "private"
    if parts.scheme in {"http", "https"}:
        assert (parts.username, parts.password, parts.fragment) == (None, None, "")
        assert parts.hostname
        assert parts.path.startswith("/")
        assert parts.scheme == "https" or parts.hostname in _LOCAL
        word = parts.scheme
    else:
        assert "." in parts.scheme  # so that it is none that a browser gives a meaning of its own
    if not matches(asked, [kept]):
        return f"{word}, elsewhere"
    if asked == kept:
        return f"{word}, the same"
    other = urlsplit(asked)
    assert other.hostname in _LOCAL
    assert (other.scheme, other.hostname) == (parts.scheme, parts.hostname)
    assert (other.path, other.query, other.fragment) == (parts.path, parts.query, parts.fragment)
    assert (other.username, other.password) == (None, None)
    assert other.port
    return f"{word}, another port"


TARGET = Target(
    modules=("bartizan.access.issue.redirect",),
    run=run,
    seeds=(
        b"https://app.example/back\nhttps://app.example/back",
        b"http://127.0.0.1/back\nhttp://127.0.0.1:4711/back",
        b"http://[::1]:80/\nhttp://[::1]:0/",
        b"com.example.app:/back\ncom.example.app:/back",
    ),
    words=(
        b"https://", b"http://", b"127.0.0.1", b"[::1]", b"localhost", b":65535", b":65536", b":0", b":", b"/", b"//", b"..", b"%2e", b"%00",
        b"@", b"#", b"?", b"*", b"\\", b"\n", b"app.example", b"a.b:/", b"a.b://", b"javascript:", b"data:", b"\xa0", b"\t",
    ),
    longest=300,
)  # fmt: skip
