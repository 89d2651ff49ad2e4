"""The issuer of access tokens: one function a route."""

from bartizan.admin import issuer as table
from bartizan.admin.issuer import Issuer, Rotated, RotationWanted
from bartizan.admin.route import Nothing
from bartizan.app.rotation import Rotation
from bartizan.http.admin.call import Bound, Call, done, shown


class IssuerKeys:
    """The issuer's keys over HTTP."""

    def __init__(self, rotation: Rotation) -> None:
        """Take who changes them."""
        self._rotation = rotation

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (shown(table.READ, self.read), done(table.ROTATE, self.rotate))

    def read(self, _: Call[Nothing, Nothing]) -> Issuer:
        """Return the key that signs, and the next one."""
        now = self._rotation.standing()
        return Issuer(now.signs, now.next, now.at)

    async def rotate(self, call: Call[RotationWanted, Nothing]) -> Rotated:
        """Have the issuer sign with another key."""
        step = await self._rotation.rotate(at_once=call.body.at_once, actor=call.caller.actor)
        return Rotated(step.kid, step.seconds)
