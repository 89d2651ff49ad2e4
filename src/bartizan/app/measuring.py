"""What can be seen of a Linux machine by whoever uses it: are its disks encrypted, is its system supported, did it start securely.

Rules of this file: files of the kernel and of the system are read, nothing is run, nothing is changed, and no right is needed that
a user does not have. What is not seen to be so is unknown, and every verdict says what was seen. It is the machine's word
about itself: whoever has the machine can have it say anything.
Source: proc_pid_mountinfo(5), proc_swaps(5), the kernel's sysfs ABI (dm/uuid, slaves), os-release(5), distro-info-data;
UEFI specification, section 3.3 (SecureBoot, SetupMode).
"""

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds

MEASURED: Final = ("disk_encrypted", "system_current", "secure_boot")
"""Those of `identity.device.CLAIMS` that can be seen."""
_LARGEST: Final = 1 << 20
_DEEPEST: Final = 16
"""Devices one on the other: volumes on arrays on partitions, and so on."""
_APART: Final = ("/boot", "/efi", "/media", "/mnt", "/run/media")
"""What starts a machine before it can decrypt, and what comes and goes; below these nothing of the system lies."""
_CRYPT: Final = re.compile(r"CRYPT-(?:LUKS1|LUKS2|PLAIN|LOOPAES|TCRYPT|BITLK|FVAULT2)-(?!HW-OPAL-)")
"""What cryptsetup calls devices of dm-crypt; those that only verify (VERITY, INTEGRITY), or leave it to the drive, encrypt nothing."""
_GLOBAL: Final = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
_VARIABLE: Final = 5
"""Octets of a variable of EFI: four of attributes, one of value."""
_LINE: Final = re.compile(r"^([A-Z_]+)=(['\"]?)([^'\"\n]*)\2$", re.MULTILINE)
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


_Reader = Callable[[Path], tuple[bool, str]]


class Measured(msgspec.Struct, frozen=True):
    """One claim.

    Attributes:
        claim: a word of `MEASURED`.
        holds: whether it is seen to be so.
        seen: what was seen, for people.
    """

    claim: str
    holds: bool
    seen: str


class _NotSeen(Exception):
    """It cannot be seen; the message says why."""


class _Mount(msgspec.Struct, frozen=True):
    """Where a file system is, on which device (`major:minor`), of which kind, by which name."""

    at: str
    device: str
    kind: str
    name: str
    writable: bool


def measure(root: Path, now: Nanoseconds) -> tuple[Measured, ...]:
    """Return what is seen of a machine.

    Args:
        root: folder below which its files are: `/`.
        now: the instant.
    """
    readers: tuple[_Reader, ...] = (_disk_encrypted, partial(_system_current, now=now), _secure_boot)
    found: list[Measured] = []
    for claim, read in zip(MEASURED, readers, strict=True):
        try:
            holds, seen = read(root)
        except _NotSeen as fault:
            holds, seen = False, f"not to be seen: {fault}"
        found.append(Measured(claim, holds, seen))
    return tuple(found)


# ---- disks ---------------------------------------------------------------------------------------------------
def _disk_encrypted(root: Path) -> tuple[bool, str]:
    """Return whether every writable file system of the machine's own, and all swap, is on a dm-crypt device."""
    mounts = [each for each in _mounts(root) if each.writable and not _is_apart(each.at)]
    if not any(each.at == "/" for each in mounts):
        raise _NotSeen("the root file system is on no disk of its own, as in a container")
    for each in mounts:
        plain = _plain(root, _devices(root, each))
        if plain:
            return False, f"{each.at} is on {plain}, which is not encrypted"
    for name in _swaps(root):
        plain = _plain(root, [_of_name(root, name)])
        if plain:
            return False, f"swap is on {plain}, which is not encrypted"
    count = len({each.device for each in mounts})
    return True, f"{count} file system{'s' if count > 1 else ''} on dm-crypt, and all swap"


def _is_apart(at: str) -> bool:
    return any(at == each or at.startswith(each + "/") for each in _APART)


def _mounts(root: Path) -> Iterator[_Mount]:
    """Yield the file systems that are on devices, and whatever is at the root."""
    for line in _text(root, "proc/self/mountinfo").splitlines():
        left, dash, right = line.partition(" - ")
        fields, more = left.split(" "), right.split(" ")
        if not dash or len(fields) < 6 or len(more) < 2:  # noqa: PLR2004  # as the format has them
            raise _NotSeen("the list of mounts is of another form")
        at, name = _unescaped(fields[4]), _unescaped(more[1])
        if name.startswith("/dev/") or at == "/":
            yield _Mount(at, fields[2], more[0], name, "rw" in fields[5].split(","))


def _devices(root: Path, mount: _Mount) -> list[Path]:
    """Return the block devices that hold a file system, as folders of sysfs; at least one."""
    if mount.kind == "btrfs":
        return _of_btrfs(root, mount)
    if mount.device.startswith("0:"):  # no block device: a file system over others, such as overlay
        raise _NotSeen(f"{mount.at} is a file system of the kind {mount.kind}")
    return [_device(root, f"sys/dev/block/{mount.device}")]


def _of_btrfs(root: Path, mount: _Mount) -> list[Path]:
    """Return all devices of a file system that may be on several, by the one that it was mounted from."""
    first = _of_name(root, mount.name)
    for each in sorted((root / "sys/fs/btrfs").glob("*/devices")):
        names = sorted(path.name for path in each.iterdir())
        if first.name in names:
            return [_device(root, f"sys/class/block/{name}") for name in names]
    raise _NotSeen(f"the devices of {mount.at} are not listed")


def _swaps(root: Path) -> Iterator[str]:
    """Yield the names of devices that are swapped to; memory and files on file systems are judged as such."""
    for line in _text(root, "proc/swaps").splitlines()[1:]:
        name, kind, *_ = line.split()
        if kind == "partition" and not name.startswith("/dev/zram"):
            yield _unescaped(name)


def _of_name(root: Path, name: str) -> Path:
    """Return the device of a name below /dev, as a folder of sysfs."""
    short = name.removeprefix("/dev/")
    if short.startswith("mapper/"):
        wanted = short.removeprefix("mapper/")
        for each in sorted((root / "sys/class/block").glob("dm-*")):
            if _text(root, f"sys/class/block/{each.name}/dm/name").strip() == wanted:
                return _device(root, f"sys/class/block/{each.name}")
    if "/" in short:
        raise _NotSeen(f"{name} is no device that is listed")
    return _device(root, f"sys/class/block/{short}")


def _device(root: Path, path: str) -> Path:
    try:
        return (root / path).resolve(strict=True)
    except (OSError, RuntimeError) as fault:
        raise _NotSeen(f"/{path} is not there") from fault


def _plain(root: Path, devices: list[Path]) -> str:
    """Return the name of a device below these that is not encrypted, nor on anything that is; empty where there is none."""
    for each in devices:
        found = _plain_below(root, each, 0)
        if found:
            return found
    return ""


def _plain_below(root: Path, device: Path, depth: int) -> str:
    if depth > _DEEPEST:
        raise _NotSeen(f"{device.name} is on too many devices")
    try:
        encrypted = _CRYPT.match((device / "dm/uuid").read_text("ascii")) is not None
    except FileNotFoundError:
        encrypted = False
    except (OSError, ValueError) as fault:
        raise _NotSeen(f"{device.name} cannot be read") from fault
    if encrypted:
        return ""
    below = sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else []
    if not below:
        return device.name
    return next((found for each in below if (found := _plain_below(root, each.resolve(), depth + 1))), "")


# ---- the system ----------------------------------------------------------------------------------------------
def _system_current(root: Path, *, now: Nanoseconds) -> tuple[bool, str]:
    """Return whether its release still gets security updates, and no installed one waits for a restart."""
    said = {
        name: value for name, _, value in _LINE.findall(_text(root, "etc/os-release", "usr/lib/os-release"))
    }
    name, version = said.get("ID", ""), said.get("VERSION_ID", "")
    shown = said.get("PRETTY_NAME", f"{name} {version}").strip()
    ends = said.get("SUPPORT_END", "") or _listed_end(root, name, version)
    try:
        until = dt.date.fromisoformat(ends)
    except ValueError as fault:
        raise _NotSeen(f"when support of {shown} ends is written nowhere here (distro-info-data)") from fault
    if dt.datetime.fromtimestamp(now // SECOND, dt.UTC).date() > until:
        return False, f"{shown}: support ended on {until}"
    if (root / "run/reboot-required").exists():
        return False, f"{shown}: an update waits for a restart"
    return True, f"{shown}: supported until {until}"


def _listed_end(root: Path, name: str, version: str) -> str:
    """Return the day on which a release's free support ends, as the distribution's own list has it; or nothing."""
    if re.fullmatch(r"[a-z]{1,20}", name) is None or not version:
        return ""
    try:
        listed = csv.DictReader(io.StringIO(_text(root, f"usr/share/distro-info/{name}.csv")))
        for row in listed:
            if (row.get("version") or "").removesuffix(" LTS") == version:
                return row.get("eol-lts") or row.get("eol") or ""
    except (_NotSeen, csv.Error):
        return ""
    return ""


# ---- the start -----------------------------------------------------------------------------------------------
def _secure_boot(root: Path) -> tuple[bool, str]:
    """Return whether the firmware verified what it started, by keys that somebody enrolled."""
    if not (root / "sys/firmware/efi").is_dir():
        return False, "started without UEFI"
    on, setup = (_variable(root, name) for name in ("SecureBoot", "SetupMode"))
    if on == 1 and setup == 0:
        return True, "SecureBoot is 1, SetupMode 0"
    return False, f"SecureBoot is {on}, SetupMode {setup}"


def _variable(root: Path, name: str) -> int:
    octets = _octets(root, f"sys/firmware/efi/efivars/{name}-{_GLOBAL}")
    if len(octets) != _VARIABLE:
        raise _NotSeen(f"the variable {name} is of another form")
    return octets[-1]


# ---- files ---------------------------------------------------------------------------------------------------
def _text(root: Path, *paths: str) -> str:
    """Return the first of these files that is there, as text."""
    for path in paths[:-1]:
        if (root / path).exists():
            return _text(root, path)
    try:
        return _octets(root, paths[-1]).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _NotSeen(f"/{paths[-1]} is no text") from fault


def _octets(root: Path, path: str) -> bytes:
    try:
        fd = os.open(root / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(fd, "rb") as file:  # noqa: PTH123 - pathlib cannot open a descriptor
            found = file.read(_LARGEST + 1)
    except OSError as fault:
        raise _NotSeen(f"/{path}: {(fault.strerror or 'cannot be read').lower()}") from fault
    if len(found) > _LARGEST:
        raise _NotSeen(f"/{path} is too large")
    return found


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)
