"""What signs in is not looked at."""

from bartizan.app.signin_watch import SignInWatch

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    async def weak(self: SignInWatch) -> bool:  # noqa: ARG001 - that is the weakness
        return False

    SignInWatch.turn = weak  # type: ignore[method-assign]  # a weakening replaces one function
