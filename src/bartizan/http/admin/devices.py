"""Devices: one function a route.

Rules of this file: a device that is known counts for the tokens of whoever holds it, where a service asks for one. So
nobody but an owner admits one for an owner's tokens, or for everybody's.
"""

from bartizan.access.devices import Asking
from bartizan.access.errors import DeviceUnknown
from bartizan.admin import devices as table
from bartizan.admin.devices import Admission, Admitted, AskingDevice, KnownDevice
from bartizan.admin.forms import Page, Paged
from bartizan.admin.route import Nothing
from bartizan.app.admin.caller import Caller
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.devices import Devices
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.identity.device import Device
from bartizan.identity.principal import Principal
from bartizan.identity.statement import fingerprint, thumbprint_of


class KnownDevices:
    """Devices over HTTP."""

    def __init__(self, devices: Devices, cursors: Cursors) -> None:
        """Take who admits them."""
        self._devices, self._cursors = devices, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.LIST, self.list),
            shown(table.READ, self.read),
            shown(table.ASKING, self.asking),
            done(table.ADMIT, self.admit),
            shown(table.REFUSE, self.refuse),
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[KnownDevice]:
        """Return a page of those that were admitted."""
        return self._cursors.page(
            table.LIST.name, call.query, following(self._known(), lambda each: each.id), lambda each: each.id
        )

    def read(self, call: Call[Nothing, Nothing]) -> KnownDevice:
        """Return one."""
        found = next((each for each in self._known() if each.id == call.segments["device"]), None)
        if found is None:
            raise DeviceUnknown
        return found

    def asking(self, call: Call[Nothing, Paged]) -> Page[AskingDevice]:
        """Return a page of the keys that ask."""
        asking = following(map(_asking, self._devices.asking()), lambda each: each.key)
        return self._cursors.page(table.ASKING.name, call.query, asking, lambda each: each.key)

    async def admit(self, call: Call[Admission, Nothing]) -> Admitted:
        """Admit one."""
        wanted, actor = call.body, call.caller.actor
        self._require_whose(call.caller, wanted.holder)
        if wanted.reuse:
            call.caller.require_owner()
        device = await self._devices.admit(
            thumbprint_of(wanted.key),
            wanted.name,
            wanted.holder,
            hardware=wanted.hardware,
            reuse=wanted.reuse,
            by=actor,
            actor=actor,
        )
        return Admitted(device.id)

    def refuse(self, call: Call[Nothing, Nothing]) -> Nothing:
        """Forget that one asks."""
        if not self._devices.refuse(thumbprint_of(call.segments["fingerprint"]), call.caller.actor):
            raise DeviceUnknown
        return Nothing()

    def _require_whose(self, caller: Caller, holder: str) -> None:
        if holder:
            caller.require_over(self._devices.holder(holder).roles)
        else:
            caller.require_owner()

    def _known(self) -> tuple[KnownDevice, ...]:
        return tuple(_known(device, person) for device, person in self._devices.all())


def _asking(one: Asking) -> AskingDevice:
    return AskingDevice(fingerprint(one.key), one.name, one.at, one.source)


def _known(device: Device, person: Principal) -> KnownDevice:
    return KnownDevice(
        id=device.id,
        key=fingerprint(device.key),
        holder=device.holder,
        hardware=device.hardware,
        revoked=person.revoked,
        pseudonym=person.pseudonym,
        postures=device.postures,
    )
