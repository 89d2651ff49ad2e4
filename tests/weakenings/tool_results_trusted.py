"""What tools give back is taken for the application's own words."""

from bartizan.threats.controls import prompt_injection
from bartizan.threats.subject import Channel

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    prompt_injection.OF_STRANGERS = frozenset({Channel.USER, Channel.DOCUMENT})  # type: ignore[attr-defined]  # a weakening replaces one value
