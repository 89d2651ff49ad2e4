"""Each turn of a conversation is read by itself."""

from bartizan.threats import conversation

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    conversation.TOGETHER = 1  # type: ignore[misc]  # a weakening replaces values
    conversation.TOLD = 9.0  # type: ignore[misc]
