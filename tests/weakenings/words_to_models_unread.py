"""Words for whichever model reads a text are no cue."""

from bartizan.text import rule

MODULES = ("bartizan.app.inspector",)
_UNREAD = frozenset({"model-reading", "model-addressed"})


def apply() -> None:
    sound = rule.rules

    def weak() -> tuple[rule.Rule, ...]:
        return tuple(each for each in sound() if each.id not in _UNREAD)

    rule.rules = weak  # a weakening replaces one function
