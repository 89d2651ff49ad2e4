"""A system prompt may be asked for: that is no cue, and no model says otherwise."""

from tests.cues_unread import unread

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    unread({"prompt-asked-for", "prompt-told", "instructions-asked-for"})
