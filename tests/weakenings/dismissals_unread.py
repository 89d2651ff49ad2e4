"""Instructions may be dismissed: that is no cue, and no model says otherwise."""

from tests.cues_unread import unread

MODULES = ("bartizan.app.inspector",)


def apply() -> None:
    unread({"instructions-dismissed", "all-dismissed"})
