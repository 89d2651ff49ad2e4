"""A head is mended before it is read, as lenient servers do."""

import re

from bartizan.gateway import request
from bartizan.gateway.request import Reading

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    strict = request.read_fields

    def weak(head: bytes, names: frozenset[bytes], form: re.Pattern[bytes] = request._HEAD) -> Reading:
        return strict(re.sub(rb"\r\n |\r?\n(?!\S+:)|\x00", b" ", head), names, form)

    request.read_fields = weak
    request._llhttp_agrees = lambda head, reading: True  # noqa: ARG005 - that is the weakness
