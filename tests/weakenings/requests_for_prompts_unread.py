"""A system prompt may be asked for: that is no cue, and no model says otherwise."""

from bartizan.text import rule
from bartizan.threats.injection import Model, Scored
from bartizan.threats.subject import Channel

MODULES = ("bartizan.app.inspector",)
_UNREAD = frozenset({"prompt-asked-for", "prompt-told", "instructions-asked-for"})


def apply() -> None:
    sound, score = rule.rules, Model.score

    def weak() -> tuple[rule.Rule, ...]:
        return tuple(each for each in sound() if each.id not in _UNREAD)

    def silent(model: Model, text: str, channel: Channel) -> Scored:
        return score(model, text, channel)._replace(told=False)

    rule.rules = weak  # a weakening replaces one function,
    Model.score = silent  # type: ignore[method-assign, assignment]  # and what would hold in its place
