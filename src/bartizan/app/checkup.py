"""Whether this machine and this installation can keep what Bartizan promises: one function a check.

Rules of this file: checks look and change nothing. A check that cannot be made is a fault, never a pass, and
every verdict but a good one says what to do.
"""

import enum
import os
import platform as machine
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from bartizan.app.address import Upstream
from bartizan.app.bundle_source import Unread
from bartizan.app.bundle_watch import read_once
from bartizan.app.federation_plan import Federated
from bartizan.app.federation_settings import wanted as federated
from bartizan.app.folder import NAMES, Folder
from bartizan.app.port_holder import holder
from bartizan.app.running import status
from bartizan.app.segments import SIZES, START_OCTETS
from bartizan.app.settings import Isolation, Settings
from bartizan.app.status import Domain
from bartizan.clock import DAY, SECOND, Nanoseconds
from bartizan.config import Configuration, SecretMissing, environment, resolve
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import NoHybridGroup, self_test
from bartizan.egress.connect import AddressRefused, NameUnknown, connect
from bartizan.isolation import kernel
from bartizan.isolation.syscalls import SUPPORTED

OLDEST_PYTHON: Final = (3, 11)
REACH_S: Final = 3.0
"""Longest time to try to reach an upstream, in seconds."""
EXPIRES_EARLY: Final = Nanoseconds(30 * DAY)
"""Remaining life of a certificate below which it is named."""
PLENTY: Final = 512 << 20
"""Free octets of the state folder's disk below which it is named."""
_RELEASED: Final = Nanoseconds(1_790_000_000 * SECOND)
"""September 2026: a clock that stands before the release is wrong."""


class Verdict(enum.Enum):
    """What a check found."""

    GOOD = "good"
    WEAK = "weak"
    FAULT = "fault"


class Check(msgspec.Struct, frozen=True):
    """One check.

    Attributes:
        name: what was looked at.
        verdict: what it means.
        said: what was seen.
        advice: what to do; empty where it is good.
    """

    name: str
    verdict: Verdict
    said: str
    advice: str = ""


def checkup(configuration: Configuration[Settings], folder: Folder, now: Nanoseconds) -> Iterator[Check]:
    """Yield every check, in the order in which they matter.

    Args:
        configuration: settled settings.
        folder: the state folder, whether or not it is there yet.
        now: UTC nanoseconds.
    """
    settings = configuration.sections
    yield python()
    yield _made("kernel", lambda: isolation(settings.isolation))
    yield _made("hybrid TLS", hybrid_tls)
    yield _made("clock", lambda: clock(folder, now))
    yield _made("state folder", lambda: modes(folder))
    yield _made("disk", lambda: disk(folder))
    yield _made("certificates", lambda: certificates(folder, now))
    yield _made("port", lambda: port(settings, folder))
    for name, place, found in settings.upstreams:
        if place.credential is not None:
            wanted = partial(secret, name, place.credential, configuration.folder, folder)
            yield _made(f"secret of {name}", wanted)
        yield _made(f"service {name}", partial(reachable, name, found, frozenset(place.allow_private)))
    for one in federated(settings.trust_domain, configuration.folder):
        yield _made(f"trust domain {one.name}", partial(trust_domain, one, folder, now))
    for name, further in _further(settings):
        if further is not None:
            in_lines = name == "limiter.key"
            wanted = partial(secret, name, further, configuration.folder, folder, lines=in_lines)
            yield _made(f"secret of {name}", wanted)


def _further(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Yield every reference to a secret but those of targets, each by its key."""
    yield "limiter.password", settings.limiter.password
    yield "limiter.key", settings.limiter.key
    yield "edge.secret", settings.edge.secret
    yield "traces.credential", settings.traces.credential
    for connector in settings.connector:
        yield f"connector.{connector.name}.credential", connector.credential


def _made(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (OSError, ValueError) as fault:
        why = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        return Check(
            name, Verdict.FAULT, f"cannot be checked: {why}", "run doctor as the platform's own user"
        )


def python() -> Check:
    """Return whether the interpreter is new enough."""
    version = machine.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Check("python", Verdict.FAULT, version, "use Python 3.11 or newer")
    return Check("python", Verdict.GOOD, version)


def isolation(wanted: Isolation) -> Check:
    """Return whether a worker can be confined on this kernel."""
    landlock = kernel.landlock_version()
    said = f"{machine.system()} {machine.release()}, seccomp {'yes' if _seccomp() else 'NO'}, Landlock ABI {landlock or 'none'}"
    if wanted is Isolation.NONE:
        return Check("kernel", Verdict.WEAK, said, 'isolation = "none": set it to "required"')
    if not _seccomp():
        return Check("kernel", Verdict.FAULT, said, "run Linux 5.19 or newer on x86-64 or arm64")
    if not landlock:
        return Check("kernel", Verdict.WEAK, said, "seccomp alone holds; a kernel with Landlock adds a layer")
    return Check("kernel", Verdict.GOOD, said)


def _seccomp() -> bool:
    return SUPPORTED and Path("/proc/sys/kernel/seccomp").is_dir()


def hybrid_tls() -> Check:
    """Return whether this build agrees on quantum-safe keys with itself."""
    try:
        group = self_test()
    except NoHybridGroup as fault:
        return Check("hybrid TLS", Verdict.FAULT, str(fault), "install cryptography 50 or newer")
    return Check("hybrid TLS", Verdict.GOOD, f"negotiates {group}")


def clock(folder: Folder, now: Nanoseconds) -> Check:
    """Return whether the clock can be right: not before this release, nor before the record's last write."""
    stood = datetime.fromtimestamp(now / SECOND, UTC).isoformat(" ", "seconds")
    newest = max((path.stat().st_mtime_ns for path in folder.ledger.glob("*")), default=0)
    if now < _RELEASED or now + SECOND < newest:
        return Check(
            "clock",
            Verdict.FAULT,
            f"{stood}: too early",
            "set the clock: tokens and certificates depend on it",
        )
    return Check("clock", Verdict.GOOD, stood)


def modes(folder: Folder) -> Check:
    """Return whether nobody but the owner reaches the state folder."""
    if not folder.root.exists():
        place = next(path for path in folder.root.parents if path.exists())
        if not os.access(place, os.W_OK):
            said = f"{folder.root} cannot be made: {place} is not this user's to write to"
            return Check("state folder", Verdict.FAULT, said, "name another with --state")
        return Check("state folder", Verdict.GOOD, "not made yet")
    foreign = sorted({entry.name for entry in folder.root.iterdir()} - NAMES - {"lost+found"})
    if foreign:
        said = f"{folder.root} holds {foreign[0]}, which is not Bartizan's"
        return Check("state folder", Verdict.FAULT, said, "name a new or empty folder with --state")
    private = [path for path in folder.keys.glob("*") if path.suffix != ".crt"]  # certificates are public
    for path in (folder.root, folder.keys, *private, *folder.root.glob("store.db*")):
        found = path.stat()
        if found.st_uid != os.geteuid():
            return Check(
                "state folder", Verdict.FAULT, f"{path} belongs to another user", f"chown it: {path}"
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            return Check("state folder", Verdict.FAULT, f"{path} is open to others", f"chmod go= {path}")
    return Check("state folder", Verdict.GOOD, f"{folder.root}, for its owner alone")


def disk(folder: Folder) -> Check:
    """Return whether there is room for the record: where there is none, nothing starts, and then nothing is served."""
    place = next(path for path in (folder.root, *folder.root.parents) if path.exists())
    found = os.statvfs(place)
    free = found.f_bavail * found.f_frsize
    said = f"{free >> 20} MiB free for the record"
    running = status(folder) is not None
    if free < (SIZES["worker"] if running else START_OCTETS):
        return Check(
            "disk", Verdict.FAULT, said, f"free {START_OCTETS >> 20} MiB: what cannot be recorded is refused"
        )
    if free < PLENTY:
        return Check("disk", Verdict.WEAK, said, "free some: what cannot be recorded is refused")
    return Check("disk", Verdict.GOOD, said)


def certificates(folder: Folder, now: Nanoseconds) -> Check:
    """Return how long the authority that clients trust is still valid; its leaves are renewed by the platform."""
    if not folder.authority.exists():
        return Check("certificates", Verdict.GOOD, "made at the first start")
    until = x509.load_pem_x509_certificate(folder.authority.read_bytes()).not_valid_after_utc
    left = Nanoseconds(int(until.timestamp()) * SECOND - now)
    said = f"authority valid for {left // DAY} days"
    if left < EXPIRES_EARLY:
        return Check(
            "certificates",
            Verdict.FAULT,
            said,
            "restart the platform: it issues a new one; give clients the new ca.pem",
        )
    return Check("certificates", Verdict.GOOD, said)


def port(settings: Settings, folder: Folder) -> Check:
    """Return whether the gateway has its port, or could."""
    address = settings.address
    running = status(folder)
    if running is not None:
        return Check("port", Verdict.GOOD, f"{running.listen}, this platform")
    found = holder(address.host, address.port) if address.port else None
    if found is not None:
        return Check(
            "port",
            Verdict.FAULT,
            f"{settings.listen} is held by {found}",
            "end it, or `bartizan up --port 0`",
        )
    return Check("port", Verdict.GOOD, f"{settings.listen} is free")


def trust_domain(one: Federated, folder: Folder, now: Nanoseconds) -> Check:
    """Return whether a trust domain's workloads are believed: by what the running platform says, else by its source."""
    name, running = f"trust domain {one.name}", status(folder)
    if running is not None:
        found = next((each for each in running.domains if each.trust_domain == one.trust_domain), None)
        return _standing(name, found, now)
    if one.socket:
        there = Path(one.socket).is_socket()
        said = f"{one.socket} {'is there' if there else 'is no socket'}"
        advice = "" if there else "start what serves the Workload API, such as spire-agent"
        return Check(name, Verdict.GOOD if there else Verdict.FAULT, said, advice)
    try:
        read_once(one)
    except Unread as fault:
        return Check(name, Verdict.FAULT, f"no bundle: {fault.word}", _BUNDLE)
    return Check(name, Verdict.GOOD, "has a bundle that can be taken")


_BUNDLE: Final = "its workloads are refused: see docs/workloads.md, What a bundle is refused for"


def _standing(name: str, found: Domain | None, now: Nanoseconds) -> Check:
    if found is None or not found.confirmed:
        why = f": {found.word}" if found is not None and found.word else ""
        return Check(name, Verdict.FAULT, f"no bundle{why}", _BUNDLE)
    hours = (found.until - now) // (3600 * SECOND)
    if now >= found.until:
        return Check(name, Verdict.FAULT, f"its bundle is outdated: {found.word or 'not confirmed'}", _BUNDLE)
    if found.word:
        said = f"its source cannot be read ({found.word}); the last bundle counts for {hours} hours more"
        return Check(name, Verdict.WEAK, said, "put the source right before that")
    return Check(name, Verdict.GOOD, f"{found.authorities} authorities, {found.keys} keys")


def secret(whose: str, reference: str, beside: Path, folder: Folder, *, lines: bool = False) -> Check:
    """Return whether a secret is where the configuration says.

    Args:
        whose: `service`, `service/target`, or the key that refers to it.
        reference: to it.
        beside: folder of the configuration, from which `file:` counts.
        folder: the state folder; a platform that runs there has read the secret already.
        lines: whether it may have line breaks, as a key in PEM has.
    """
    name = f"secret of {whose}"
    if status(folder) is not None:
        return Check(name, Verdict.GOOD, f"{reference}, read by the running platform at its start")
    try:
        resolve(reference, environment(), beside, Secret, lines=lines)
    except SecretMissing as fault:
        said, _, advice = str(fault).partition("; ")
        return Check(name, Verdict.FAULT, said, advice or "put it there, or change the reference")
    return Check(name, Verdict.GOOD, f"{reference} is there")


def reachable(whose: str, upstream: Upstream, allowed: frozenset[str]) -> Check:
    """Return whether an upstream can be reached from here without the gateway: then nothing is protected."""
    name, where = f"service {whose}", upstream.authority
    try:
        connect(upstream.host, upstream.port, allowed=allowed, timeout_s=REACH_S).close()
    except AddressRefused as fault:
        return Check(name, Verdict.FAULT, f"{where}: {fault}", "list it in allow_private, if it is meant")
    except NameUnknown as fault:
        return Check(name, Verdict.FAULT, str(fault), "the gateway cannot reach it either")
    except OSError:
        return Check(name, Verdict.GOOD, f"{where} does not answer this user without the gateway")
    advice = "let a firewall admit the gateway's user alone, or take the key from everybody else"
    return Check(name, Verdict.WEAK, f"{where} is reachable without the gateway: not protected", advice)
