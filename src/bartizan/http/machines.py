"""What control does for machines, out of what its process was told: the devices, and tokens for workloads."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Engine

from bartizan.access.issue.svid import Assertions
from bartizan.app import devices as keeping
from bartizan.app import workload_tokens as issuing
from bartizan.app.control import Registrar
from bartizan.app.entry import Entry
from bartizan.app.folder import Folder
from bartizan.app.messages import BootControl
from bartizan.clock import MINUTE, Clock, Nanoseconds


def devices_of(
    boot: BootControl,
    store: Engine,
    clock: Clock,
    record: Callable[[Sequence[Entry]], tuple[int, int]],
    put_in_force: Callable[[], Awaitable[int]],
) -> keeping.Devices:
    """Return what keeps devices, begun.

    Args:
        boot: names the authorities, and what counts of what they say.
        store, clock, record, put_in_force: as of `app.devices.Ports`.
    """
    ports = keeping.Ports(store, clock, boot.issuer, record, put_in_force)
    good_for = Nanoseconds(boot.devices.posture_hours * 60 * MINUTE)
    devices = keeping.Devices(ports, boot.devices.authorities, good_for, boot.devices.healthy)
    devices.begin()
    return devices


def workloads_of(
    boot: BootControl, folder: Folder, store: Engine, registrar: Registrar, clock: Clock
) -> issuing.WorkloadTokens | None:
    """Return what issues to workloads by their certificates, where any are configured."""
    if not boot.workloads:
        return None
    authority = issuing.read_authority(folder.client_authority)
    assertions = Assertions(boot.issuer, authority, boot.workloads, clock.now())
    ports = issuing.Ports(store, clock, registrar.proven, registrar.issue, registrar.refused)
    return issuing.WorkloadTokens(ports, assertions)
