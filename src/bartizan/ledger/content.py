"""What events say of content: tags under its subject's own key, never the content.

Rules of this file: pure. Once a key is destroyed, its tags say nothing about the content.
"""

import hmac
from hashlib import sha256
from typing import Final


def content_tag(key: bytes, content: bytes) -> str:
    """Return the ContentTag of some content: 32 bytes of HMAC-SHA256 in hexadecimal.

    Args:
        key: the subject's own key, 32 bytes; once it is destroyed, the tag says nothing about the content.
        content: the octets as they were judged.
    Source: RFC 2104; FIPS 198-1.
    """
    return hmac.digest(key, content, "sha256").hex()


def tool_tagged(name: str) -> bytes:
    """Return what is tagged where a tool is called: never the octets of a body, so that no tag can be another's."""
    return b"\0tool\0" + name.encode("utf-8", "surrogatepass")


_BLOCK: Final = 64
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))


class ContentTags:
    """Tags content under one key, at a third of the price of a tag alone; as secret as the key.

    Source: RFC 2104, section 2: the keyed first blocks are hashed once.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Tag under this key, the subject's own, of at most 64 octets."""
        if len(key) > _BLOCK:
            raise ValueError("a key of more than a block is another construction")
        padded = key.ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(padded.translate(_INNER)), sha256(padded.translate(_OUTER))

    def of(self, content: bytes) -> str:
        """Return the `content_tag` of some content."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(content)
        outer.update(inner.digest())
        return outer.hexdigest()
