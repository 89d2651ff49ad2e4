"""That a token was revoked by its own name is not looked at."""

import msgspec

from bartizan.access.authenticate import Authenticator
from bartizan.access.outcome import Authenticated
from bartizan.access.subject import Presentation, Standing

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Authenticator._facts

    def weak(self: Authenticator, who: Authenticated, standing: Standing) -> Presentation:
        revoked = any(each in self._revoked for each in who.lineage)
        return msgspec.structs.replace(real(self, who, standing), token_revoked=revoked)

    Authenticator._facts = weak  # type: ignore[method-assign]  # a weakening replaces one function
