"""tar archives: what our reading takes, CPython's tarfile reads alike."""

import io
import tarfile
from collections.abc import Iterator

from bartizan.supply.containers.tar import members
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from fuzz.target import Target


def run(data: bytes) -> str:
    try:
        ours = [(each.name, bytes(each.expand().view)) for each in members(Octets(data), Budget())]
    except Damaged as fault:
        return fault.word
    except TooShort:
        return "too short"
    except Exhausted:
        return "exhausted"
    if not data or not any(data[:512]):
        return "empty"
    try:
        theirs = list(_read(data))
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return "tarfile refuses it"
    assert theirs == ours
    return f"{min(len(ours), 3)} members"


def _read(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for each in archive:
            if not each.isdir():
                opened = archive.extractfile(each)
                assert opened is not None, "it is no file"
                yield each.name.removeprefix("./"), opened.read()


def made(form: int = tarfile.PAX_FORMAT, name: str = "a/b", seconds: float = 1.5) -> bytes:
    """Return a small archive by CPython's tarfile."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("./d")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        file = tarfile.TarInfo(name)
        file.size, file.mtime = 600, seconds
        archive.addfile(file, io.BytesIO(b"xyz" * 200))
    return kept.getvalue()[:4096]


TARGET = Target(
    modules=("bartizan.supply.containers.tar", "bartizan.supply.containers.member"),
    run=run,
    seeds=(
        made(),
        made(tarfile.USTAR_FORMAT, seconds=1),
        made(tarfile.GNU_FORMAT, "x" * 120, 1),
        made(tarfile.PAX_FORMAT, "\u00fc" * 60, 1),
    ),
    words=(b"ustar\x0000", b"ustar  \0", b"././@LongLink", b"11 path=a/b\n", b"\0" * 512, b"15 GNU.sparse.x"),
    longest=4096,
)
