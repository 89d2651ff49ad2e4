"""Forms as a plain reader has them, which shares no line with those that are attacked."""

from urllib.parse import unquote_to_bytes


def pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values of a form, in order."""
    parts = [part.partition(b"=") for part in body.split(b"&")] if body else []
    return [(plain(name), plain(value)) for name, _, value in parts]


def plain(octets: bytes) -> bytes:
    """Return what a form's octets stand for."""
    return unquote_to_bytes(octets.replace(b"+", b" "))
