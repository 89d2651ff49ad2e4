"""What a second person has to approve is done without one."""

from bartizan.app.approvals import Approvals

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(self: Approvals, asker: str, act: str, subject: str, role: str) -> bool:
        del self, asker, act, subject, role
        return True

    Approvals.spend = weak  # type: ignore[method-assign]
