"""What the weakenings share that leave cues of the injection rules unread, and no model to say otherwise."""

from collections.abc import Set as AbstractSet

from bartizan.text import rule
from bartizan.threats.injection import Model, Scored
from bartizan.threats.subject import Channel


def unread(cues: AbstractSet[str]) -> None:
    """Leave the rules of these names out, and have the model tell nothing, in this process."""
    sound, score = rule.rules, Model.score

    def weak() -> tuple[rule.Rule, ...]:
        return tuple(each for each in sound() if each.id not in cues)

    def silent(model: Model, text: str, channel: Channel) -> Scored:
        return score(model, text, channel)._replace(told=False)

    rule.rules = weak  # a weakening replaces one function,
    Model.score = silent  # type: ignore[method-assign, assignment]  # and what would hold in its place
