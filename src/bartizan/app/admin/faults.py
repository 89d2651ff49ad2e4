"""What the Admin API does not find, or not do yet; each says what to do."""


class ServiceUnknown(LookupError):
    """No service has that name."""

    reason = "service-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("no such service; list them, or look at `bartizan status`")


class EntryGone(LookupError):
    """The record has no such entry, or what it said is pruned."""

    reason = "entry-unknown"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the record has no entry of that index yet, or it was pruned; see `bartizan ledger verify`"
        )


class ApprovalAwaited(Exception):
    """Somebody else has to approve it first."""

    reason = "approval-awaited"

    def __init__(self, role: str) -> None:
        """Say what to do.

        Args:
            role: that who approves must have.
        """
        super().__init__(
            f"somebody else with the role {role} has to approve this first, at /people/approvals within a day; then ask again"
        )
