"""What is measured of a machine is so, or is unknown: over trees of the kernel's and the system's files, and over this machine."""

from pathlib import Path

import pytest

from bartizan.app.measuring import MEASURED, Measured, measure
from bartizan.clock import SECOND, Nanoseconds, SystemClock
from bartizan.identity.device import CLAIMS

NOW = Nanoseconds(1_800_000_000 * SECOND)  # 2027-01-15
LUKS = "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-root\n"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


class Machine:
    """A laptop as an installer leaves it: LUKS on a partition, volumes in it, a boot partition beside."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.device("vda2", "254:2")
        self.device("vda1", "254:1")
        self.device("dm-0", "253:0", LUKS, "vda2", name="crypt")
        self.device("dm-1", "253:1", "LVM-abc\n", "dm-0", name="vg-root")
        self.device("dm-2", "253:2", "LVM-abc\n", "dm-0", name="vg-swap")
        self.mounts(("/", "253:1", "ext4", "/dev/mapper/vg-root"), ("/boot", "254:1", "ext4", "/dev/vda1"))
        self.swaps("/dev/dm-2 partition 1 0 -2")
        self.write("etc/os-release", 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian 13"\n')
        listed = "version,codename,series,created,release,eol,eol-lts,eol-elts\n13,T,t,a,b,2028-08-09,2030-06-30,c\n"
        self.write("usr/share/distro-info/debian.csv", listed)
        self.variables(1, 0)

    def write(self, path: str, text: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def device(self, short: str, number: str, uuid: str = "", *below: str, name: str = "") -> None:
        folder = self.root / "sys/devices" / short
        (folder / "slaves").mkdir(parents=True, exist_ok=True)
        if uuid:
            self.write(f"sys/devices/{short}/dm/uuid", uuid)
            self.write(f"sys/devices/{short}/dm/name", name + "\n")
        for each in below:
            (folder / "slaves" / each).symlink_to(f"../../{each}")
        for place in (f"sys/dev/block/{number}", f"sys/class/block/{short}"):
            link = self.root / place
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(folder)

    def mounts(self, *mounts: tuple[str, str, str, str], options: str = "rw,relatime") -> None:
        lines = [
            f"2{at} 1 {device} / {where} {options} shared:1 - {kind} {name} rw"
            for at, (where, device, kind, name) in enumerate(mounts)
        ]
        self.write("proc/self/mountinfo", "22 27 0:21 / /proc rw - proc proc rw\n" + "\n".join(lines) + "\n")

    def swaps(self, *lines: str) -> None:
        self.write("proc/swaps", "\n".join(("Filename Type Size Used Priority", *lines)) + "\n")

    def variables(self, on: int, setup: int) -> None:
        for name, value in (("SecureBoot", on), ("SetupMode", setup)):
            self.write(f"sys/firmware/efi/efivars/{name}-{GLOBAL}", b"\x06\x00\x00\x00" + bytes([value]))

    def seen(self, claim: str, now: Nanoseconds = NOW) -> Measured:
        return next(each for each in measure(self.root, now) if each.claim == claim)

    def holds(self, claim: str, now: Nanoseconds = NOW) -> bool:
        return self.seen(claim, now).holds


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_as_it_should_be_is_seen_as_such(machine: Machine) -> None:
    assert [(each.claim, each.holds) for each in measure(machine.root, NOW)] == [
        (name, True) for name in MEASURED
    ]
    assert set(MEASURED) < set(CLAIMS)


def test_a_disk_is_encrypted_where_all_of_the_system_and_its_swap_are(machine: Machine) -> None:
    machine.device("vdb1", "254:9")
    root = ("/", "253:1", "ext4", "/dev/mapper/vg-root")
    machine.mounts(root, ("/home", "254:9", "ext4", "/dev/vdb1"))
    assert machine.seen("disk_encrypted").seen == "/home is on vdb1, which is not encrypted"
    machine.mounts(root, ("/media/stick", "254:9", "vfat", "/dev/vdb1"))
    assert machine.holds("disk_encrypted")
    machine.swaps("/dev/zram0 partition 1 0 100", "/swapfile file 1 0 -2")
    assert machine.holds("disk_encrypted")
    machine.swaps("/dev/vdb1 partition 1 0 -2")
    assert machine.seen("disk_encrypted").seen == "swap is on vdb1, which is not encrypted"


def test_an_array_is_encrypted_where_each_of_its_parts_is(machine: Machine) -> None:
    machine.device("vdb1", "254:9")
    machine.device("dm-3", "253:3", LUKS, "vdb1", name="second")
    machine.device("md0", "9:0", "", "dm-0", "dm-3")
    machine.device("md1", "9:1", "", "dm-0", "vdb1")
    machine.mounts(("/", "9:0", "ext4", "/dev/md0"))
    assert machine.holds("disk_encrypted")
    machine.mounts(("/", "9:1", "ext4", "/dev/md1"))
    assert not machine.holds("disk_encrypted")


def test_a_file_system_on_several_devices_is_encrypted_where_they_all_are(machine: Machine) -> None:
    machine.device("vdb1", "254:9")
    machine.mounts(("/", "0:30", "btrfs", "/dev/mapper/vg-root"))
    assert not machine.holds("disk_encrypted")
    listed = machine.root / "sys/fs/btrfs/11-22/devices"
    (listed / "dm-1").mkdir(parents=True)
    assert machine.holds("disk_encrypted")
    (listed / "vdb1").mkdir()
    assert machine.seen("disk_encrypted").seen == "/ is on vdb1, which is not encrypted"


@pytest.mark.parametrize(
    "uuid",
    [
        "CRYPT-VERITY-00-root",
        "CRYPT-INTEGRITY-root",
        "CRYPT-LUKS2-HW-OPAL-00-root",
        "LVM-CRYPT-LUKS2-",
        "CRYPT-",
        "",
    ],
)
def test_what_is_called_like_encryption_and_is_none_does_not_count(machine: Machine, uuid: str) -> None:
    machine.write("sys/devices/dm-0/dm/uuid", uuid)
    assert machine.seen("disk_encrypted").seen == "/ is on vda2, which is not encrypted"


def test_what_cannot_be_seen_is_unknown(machine: Machine) -> None:
    machine.mounts(("/", "0:30", "overlay", "overlay"))
    assert machine.seen("disk_encrypted").seen == "not to be seen: / is a file system of the kind overlay"
    machine.mounts(("/boot", "254:1", "ext4", "/dev/vda1"))
    assert not machine.holds("disk_encrypted")
    machine.mounts(("/", "250:1", "ext4", "/dev/sdz"))
    assert not machine.holds("disk_encrypted")
    machine.write("proc/self/mountinfo", "nonsense\n")
    assert not machine.holds("disk_encrypted")
    (machine.root / "proc/self/mountinfo").unlink()
    assert not machine.holds("disk_encrypted")


def test_devices_in_a_ring_end(machine: Machine) -> None:
    machine.device("loop0", "7:0")
    (machine.root / "sys/devices/loop0/slaves/loop0").symlink_to("../../loop0")
    machine.mounts(("/", "7:0", "ext4", "/dev/loop0"))
    assert machine.seen("disk_encrypted").seen == "not to be seen: loop0 is on too many devices"


def test_a_system_is_current_while_its_release_is_supported_and_no_restart_is_due(machine: Machine) -> None:
    assert machine.seen("system_current").seen == "Debian 13: supported until 2030-06-30"
    later = Nanoseconds(1_910_000_000 * SECOND)  # 2030-07
    assert not machine.holds("system_current", later)
    machine.write("run/reboot-required", "")
    assert machine.seen("system_current").seen == "Debian 13: an update waits for a restart"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ID=fedora\nVERSION_ID=44\nSUPPORT_END=2027-05-19\n", True),
        ('ID=fedora\nVERSION_ID=42\nSUPPORT_END="2026-05-13"\n', False),
        ("ID=fedora\nVERSION_ID=44\nSUPPORT_END=soon\n", False),
        ("ID=debian\nVERSION_ID=14\n", False),
        ("ID=debian\n", False),
        ("ID=../../etc/x\nVERSION_ID=13\n", False),
        ("ID=arch\n", False),
        ("\xff", False),
    ],
)
def test_a_release_says_itself_when_its_support_ends_or_its_list_does(
    machine: Machine,
    text: str,
    holds: bool,  # noqa: FBT001
) -> None:
    machine.write("etc/os-release", text.encode("latin-1"))
    assert machine.holds("system_current") is holds


@pytest.mark.parametrize(("on", "setup"), [(0, 0), (0, 1), (1, 1), (2, 0)])
def test_a_start_is_secure_where_it_was_verified_by_keys_that_are_enrolled(
    machine: Machine, on: int, setup: int
) -> None:
    machine.variables(on, setup)
    assert not machine.holds("secure_boot")


def test_a_start_of_which_nothing_is_said_was_not(machine: Machine) -> None:
    machine.write(f"sys/firmware/efi/efivars/SetupMode-{GLOBAL}", b"\x06\x00\x00\x00")
    assert not machine.holds("secure_boot")
    (machine.root / f"sys/firmware/efi/efivars/SecureBoot-{GLOBAL}").unlink()
    assert not machine.holds("secure_boot")


def test_this_machine_can_be_measured() -> None:
    found = measure(Path("/"), SystemClock().now())
    assert tuple(each.claim for each in found) == MEASURED
    assert all(each.seen for each in found)
    efi = Path(f"/sys/firmware/efi/efivars/SecureBoot-{GLOBAL}")
    assert efi.exists() or not found[2].holds
