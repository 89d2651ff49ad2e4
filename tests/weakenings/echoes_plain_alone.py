"""A system prompt may be told, as long as it is told in a code."""

import msgspec

from bartizan.control import Finding
from bartizan.threats.controls import leakage
from bartizan.threats.inspect import REPEATED
from bartizan.threats.subject import Spotted

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    sound = leakage.CONTROL.judge

    def weak(spotted: Spotted) -> tuple[Finding, ...]:
        return () if spotted.rule == REPEATED and spotted.reading else sound(spotted)

    leakage.CONTROL = msgspec.structs.replace(
        leakage.CONTROL, judge=weak
    )  # a weakening replaces one function
