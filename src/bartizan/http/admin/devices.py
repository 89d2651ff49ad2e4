"""Devices: one function a route."""

from bartizan.access.devices import Asking
from bartizan.access.errors import DeviceUnknown
from bartizan.admin import devices as table
from bartizan.admin.devices import Admission, Admitted, AskingDevice, KnownDevice
from bartizan.admin.devices import Devices as Shown
from bartizan.admin.route import Nothing
from bartizan.app.devices import Devices
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.identity.device import Device
from bartizan.identity.principal import Principal
from bartizan.identity.statement import fingerprint, thumbprint_of


class KnownDevices:
    """Devices over HTTP."""

    def __init__(self, devices: Devices) -> None:
        """Take who admits them."""
        self._devices = devices

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.READ, self.read),
            done(table.ADMIT, self.admit),
            shown(table.REFUSE, self.refuse),
        )

    def read(self, _: Call[Nothing, Nothing]) -> Shown:
        """Return those that ask, and those that were admitted."""
        return Shown(
            tuple(map(_asking, self._devices.asking())),
            tuple(_known(device, person) for device, person in self._devices.all()),
        )

    async def admit(self, call: Call[Admission, Nothing]) -> Admitted:
        """Admit one."""
        wanted = call.body
        key = thumbprint_of(wanted.key)
        device = await self._devices.admit(key, wanted.name, wanted.holder, hardware=wanted.hardware)
        return Admitted(device.id)

    def refuse(self, call: Call[Nothing, Nothing]) -> Nothing:
        """Forget that one asks."""
        if not self._devices.refuse(thumbprint_of(call.segments["fingerprint"])):
            raise DeviceUnknown
        return Nothing()


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
