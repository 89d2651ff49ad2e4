"""Instructions may be dismissed: that is no cue."""

from bartizan.text import rule

MODULES = ("bartizan.app.inspector",)
_UNREAD = frozenset({"instructions-dismissed", "all-dismissed"})


def apply() -> None:
    sound = rule.rules

    def weak() -> tuple[rule.Rule, ...]:
        return tuple(each for each in sound() if each.id not in _UNREAD)

    rule.rules = weak  # a weakening replaces one function
