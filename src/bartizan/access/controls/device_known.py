"""Every request comes from a device that is known and healthy, where that is asked for, and none from one that was revoked."""

from bartizan.access.subject import DeviceUse
from bartizan.control import Control, Finding, Severity
from bartizan.identity.device import Standing as Device

_REVOKED = Finding("device-revoked", "this device was revoked; ask the owner to admit it with a new key")
_WANTED = {
    Device.ANOTHERS: Finding(
        "device-of-another", "this device is not admitted for this principal; ask the owner"
    ),
    Device.UNHEALTHY: Finding(
        "device-unhealthy",
        "of this device it is not known by now that it is healthy; say so with `bartizan device posture`",
    ),
    Device.UNKNOWN: Finding(
        "device-unknown", "the token is not bound to the key of a device that is known here; enrol this one"
    ),
}


def judge(used: DeviceUse) -> tuple[Finding, ...]:
    """Return what keeps a device from being served; nothing where it is known, or nobody asks for that."""
    if used.standing is Device.REVOKED:
        return (_REVOKED,)
    if not used.required or used.standing is Device.KNOWN:
        return ()
    return (_WANTED.get(used.standing, _WANTED[Device.UNKNOWN]),)


CONTROL = Control(
    id="access.device-known",
    promise="requests come from enrolled, healthy devices",
    reads=DeviceUse,
    severity=Severity.HIGH,
    because="stolen credentials work on any machine unless the machine counts too (NIST SP 800-207, tenet 5)",
    references=("AML.T0012", "API2:2023", "CWE-287"),
    remediation='enrol the device (`bartizan device enrol`, `admit`), and say binding = "device" for the service',
    judge=judge,
    fires_on=(
        DeviceUse(Device.REVOKED),
        DeviceUse(Device.UNKNOWN, required=True),
        DeviceUse(Device.UNBOUND, required=True),
        DeviceUse(Device.ANOTHERS, required=True),
        DeviceUse(Device.UNHEALTHY, required=True),
    ),
    silent_on=(DeviceUse(Device.KNOWN, required=True), DeviceUse(Device.UNKNOWN)),
)
