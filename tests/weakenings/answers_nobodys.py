"""An answer to an application does not say which server it is of."""

from bartizan.access.issue.pushed import Pushed
from bartizan.app.lending import Decided, Lending

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    sound = Lending._back

    def weak(self: Lending, pushed: Pushed, said: dict[str, str]) -> Decided:
        decided = sound(self, pushed, said)
        kept = {name: value for name, value in decided.said.items() if name != "iss"}
        return Decided(decided.redirect, kept)

    Lending._back = weak  # type: ignore[method-assign]
