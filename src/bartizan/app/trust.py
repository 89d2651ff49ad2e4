"""The platform's authority among those that this machine's browsers and programs trust: put in, and taken out.

Rules of this file: only an authority that is confined to names is put anywhere, so that whoever took its key could
certify nothing else, and what is put in are the very octets that were looked at: not what lies beside them in the file, nor there later; browsers get it for servers alone (NSS `C,,`). What is taken out is found by its name, which has
the certificate's digest: nobody else's is touched. The machine's own programs do it, without a shell and without
input; one that fails changes nothing of the other places.
"""

import enum
import hashlib
import ipaddress
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

PREFIX: Final = "Bartizan "
"""How every name begins under which an authority is put in; sixteen hexadecimal digits of its SHA-256 follow."""
_DIGITS: Final = 16
_LISTED: Final = re.compile(rf"^({PREFIX}[0-9a-f]{{{_DIGITS}}}) +\S+ *$", re.MULTILINE)
_LONGEST_S: Final = 60
_LONGEST: Final = 65_536
_FOR_SERVERS: Final = "C,,"
_NETWORKS: Final = {x509.IPAddress(ipaddress.ip_network(each)) for each in ("0.0.0.0/0", "::/0")}


class AuthorityUnfit(ValueError):
    """What lies in the state folder is no authority that a browser should trust."""


class StoreFailed(RuntimeError):
    """A program that keeps a store said no; the message is for people."""


class Done(enum.Enum):
    """What became of one place; the value is a word for people and programs."""

    ADDED = "added"
    THERE = "there already"
    REMOVED = "removed"
    ABSENT = "not there"
    FAILED = "failed"


class Authority(msgspec.Struct, frozen=True):
    """A certificate that is to be trusted.

    Attributes:
        pem: it alone.
        sha256: of its DER, hexadecimal.
        names: hosts and networks that it may certify.
        until: last day, ISO 8601.
    """

    pem: bytes
    sha256: str
    names: tuple[str, ...]
    until: str

    @property
    def name(self) -> str:
        """Return under what it is put in."""
        return PREFIX + self.sha256[:_DIGITS]


class Place(Protocol):
    """A store of authorities."""

    @property
    def what(self) -> str:
        """Return who looks there, and where it is."""

    def names(self) -> frozenset[str]:
        """Return the names of ours that are in it. Raises `StoreFailed`."""

    def add(self, authority: Authority) -> None:
        """Put one in. Raises `StoreFailed`."""

    def remove(self, name: str) -> None:
        """Take one of `names` out. Raises `StoreFailed`."""


class Result(msgspec.Struct, frozen=True):
    """What became of one place; `why` says what is wrong, where something is."""

    place: str
    done: Done
    why: str = ""


def read_authority(file: Path) -> Authority:
    """Return the authority of a file.

    Raises:
        OSError: it cannot be read.
        AuthorityUnfit: it is none, or one that could certify any name.
    """
    try:
        with file.open("rb") as opened:
            found = x509.load_pem_x509_certificate(opened.read(_LONGEST))
        names = _confined(found)
    except (ValueError, x509.ExtensionNotFound) as fault:
        raise AuthorityUnfit(
            f"{file} holds no authority that is confined to names; nothing was done"
        ) from fault
    digest = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()
    pem = found.public_bytes(Encoding.PEM)
    return Authority(pem, digest, names, f"{found.not_valid_after_utc:%Y-%m-%d}")


def _confined(found: x509.Certificate) -> tuple[str, ...]:
    constraints = found.extensions.get_extension_for_class(x509.NameConstraints)
    basic = found.extensions.get_extension_for_class(x509.BasicConstraints)
    permitted, excluded = (
        constraints.value.permitted_subtrees or [],
        constraints.value.excluded_subtrees or [],
    )
    hosts = [each.value for each in permitted if isinstance(each, x509.DNSName)]
    networks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
    # A form of name that is not spoken of is not confined (RFC 5280 4.2.1.10).
    confined = (hosts or x509.DNSName("") in excluded) and (networks or {*excluded} >= _NETWORKS)
    wide = "" in hosts or any(x509.IPAddress(each) in _NETWORKS for each in networks)
    if not (constraints.critical and basic.value.ca and permitted and confined) or wide:
        raise ValueError
    return (*hosts, *map(str, networks))


def add(places: Sequence[Place], authority: Authority) -> list[Result]:
    """Put an authority into each place where it is not, and return what became of it."""
    return [_done(place, partial(_added, place, authority)) for place in places]


def remove(places: Sequence[Place], name: str = "") -> list[Result]:
    """Take an authority of ours out of each place, or all of ours where none is named; return what became of it."""
    return [_done(place, partial(_removed, place, name)) for place in places]


def _added(place: Place, authority: Authority) -> Done:
    if authority.name in place.names():
        return Done.THERE
    place.add(authority)
    return Done.ADDED


def _removed(place: Place, name: str) -> Done:
    found = place.names() if not name else place.names() & {name}
    for each in sorted(found):
        place.remove(each)
    return Done.REMOVED if found else Done.ABSENT


def _done(place: Place, act: Callable[[], Done]) -> Result:
    try:
        return Result(place.what, act())
    except StoreFailed as fault:
        return Result(place.what, Done.FAILED, str(fault))


# ---- browsers ---------------------------------------------------------------------------------------------------
class Browsers(msgspec.Struct, frozen=True):
    """A store of Mozilla's NSS, which Chromium and its kin share, and of which Firefox has one a profile.

    Attributes:
        who: whose it is.
        folder: with `cert9.db`; made by `add` where there is none.
    """

    who: str
    folder: Path

    @property
    def what(self) -> str:
        """Return who looks there, and where it is."""
        return f"{self.who} ({self.folder})"

    def names(self) -> frozenset[str]:
        """Return the names of ours; none where there is no store."""
        if not (self.folder / "cert9.db").exists():
            return frozenset()
        return frozenset(_LISTED.findall(self._certutil("-L")))

    def add(self, authority: Authority) -> None:
        """Put it in, for servers."""
        if not (self.folder / "cert9.db").exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._certutil("-N", "--empty-password")
        with tempfile.TemporaryDirectory() as folder:  # nobody else's to write into
            file = Path(folder, "authority.pem")
            file.write_bytes(authority.pem)
            self._certutil("-A", "-t", _FOR_SERVERS, "-n", authority.name, "-i", str(file))

    def remove(self, name: str) -> None:
        """Take it out."""
        self._certutil("-D", "-n", name)

    def _certutil(self, *words: str) -> str:
        missing = "install `certutil` (Debian: libnss3-tools; Fedora: nss-tools)"
        return _run(("certutil", "-d", f"sql:{self.folder}", *words), missing)


def browsers_of(home: Path) -> Iterator[Browsers]:
    """Yield where the browsers of a person look: Chromium and its kin always, Firefox where it has a profile."""
    yield Browsers("Chromium and its kin", home / ".pki" / "nssdb")
    snap = home / "snap" / "chromium" / "current"
    if snap.is_dir():
        yield Browsers("Chromium of snap", snap / ".pki" / "nssdb")
    for root in (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox"):
        for store in sorted((home / root).glob("*/cert9.db")):
            yield Browsers("Firefox", store.parent)


# ---- the system -------------------------------------------------------------------------------------------------
class System(msgspec.Struct, frozen=True):
    """Where programs of the machine look, and its browsers where it has them do so.

    Attributes:
        folder: of what the machine's owner added.
        refresh: the program, with arguments, that has it taken up.
        fresh: more arguments, where something is gone.
    """

    folder: Path
    refresh: tuple[str, ...]
    fresh: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """Return who looks there, and where it is."""
        return f"programs of this machine ({self.folder})"

    def names(self) -> frozenset[str]:
        """Return the names of ours."""
        begins = PREFIX.strip().lower() + "-"
        found = (file.stem.removeprefix(begins) for file in self.folder.glob(f"{begins}*.crt"))
        return frozenset(PREFIX + each for each in found)

    def add(self, authority: Authority) -> None:
        """Write it there, readable by everybody, and have it taken up."""
        try:
            file = self._file(authority.name)
            file.write_bytes(authority.pem)
            file.chmod(0o644)
        except OSError as fault:
            raise StoreFailed(f"{fault.strerror}: run this as root") from fault
        self._refresh()

    def remove(self, name: str) -> None:
        """Delete it there, and have that taken up."""
        try:
            self._file(name).unlink()
        except OSError as fault:
            raise StoreFailed(f"{fault.strerror}: run this as root") from fault
        self._refresh(*self.fresh)

    def _refresh(self, *more: str) -> None:
        _run(
            (*self.refresh, *more), f"install what has `{self.refresh[0]}` (Debian, Fedora: ca-certificates)"
        )

    def _file(self, name: str) -> Path:
        return self.folder / f"{name.lower().replace(' ', '-')}.crt"


SYSTEMS: Final = (
    System(Path("/usr/local/share/ca-certificates"), ("update-ca-certificates",), ("--fresh",)),
    System(Path("/etc/pki/ca-trust/source/anchors"), ("update-ca-trust",)),
)
"""Where Debian, Fedora and their kin have it; which one this machine is, its folder says."""


def _run(words: Sequence[str], missing: str) -> str:
    """Return what a program printed.

    Raises:
        StoreFailed: it is not there, failed or took too long.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - of this machine, without a shell
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except FileNotFoundError:
        raise StoreFailed(missing) from None
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise StoreFailed(f"`{words[0]}` did not end well: {type(fault).__name__}") from fault
    if ran.returncode:
        raise StoreFailed(f"`{words[0]}` says: {' '.join(ran.stderr.split())[:200] or ran.returncode}")
    return ran.stdout
