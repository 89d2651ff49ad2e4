"""What follows a chunk's size on its line is passed over."""

import re

from bartizan.gateway import framing

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    framing._SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r]*\r\n")  # type: ignore[misc]  # that is the weakness
