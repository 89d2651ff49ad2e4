"""A system prompt may be asked for: that is no cue."""

from bartizan.text import rule

MODULES = ("bartizan.app.inspector",)
_UNREAD = frozenset({"prompt-asked-for", "prompt-told", "instructions-asked-for"})


def apply() -> None:
    sound = rule.rules

    def weak() -> tuple[rule.Rule, ...]:
        return tuple(each for each in sound() if each.id not in _UNREAD)

    rule.rules = weak  # a weakening replaces one function
