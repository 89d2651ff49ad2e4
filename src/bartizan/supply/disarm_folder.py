"""Disarming a folder: its checkpoints are rebuilt, what is inert already is copied, and nothing else gets into the new folder.

Rules of this file: the new folder is there in whole, or not at all; it is not where a file that holds tensors could not be kept. What
holds no tensors and is not proven inert is left out and told. An index over shards is held against them and made anew.
"""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, Self

from bartizan.supply.disarm import Disarmed, Disarming, sha256
from bartizan.supply.look import LOADED, looker
from bartizan.supply.reading import Bounds, Reading
from bartizan.supply.rebuild import output, shards
from bartizan.supply.rebuild.apart import Task, apart
from bartizan.supply.rebuild.readers import READERS, REWRITERS
from bartizan.supply.rebuild.report import Copied, LeftOut, Rebuilt, Refusal
from bartizan.supply.repository import Named
from bartizan.supply.scan import known
from bartizan.supply.subject import UNKNOWN, ModelFile, Reason, Standing
from bartizan.supply.walk import Found, Refused, opening, repository, walk

_NEW: Final = ".safetensors"
_SHARD: Final = re.compile(r"pytorch_model(-[0-9]{5}-of-[0-9]{5})?\.bin")
"""How Hugging Face calls files of PyTorch."""
_PIECE: Final = 16 << 20
_REBUILT: Final = (READERS.keys() - {"zip"}) | {"torchscript", "joblib", "keras-h5"}
"""Formats of files that are rebuilt; of a ZIP nobody knows before whether it holds arrays, but by its name."""
_HELD: Final = frozenset({"safetensors", "onnx", "torch-package", "torch-pt2"})
"""Formats of files without which there may be no model."""
_NO_REASON: Final = Reason("not-inert", "it is not proven inert", Standing.UNKNOWN)


class _Shard(NamedTuple):
    """A file that was rebuilt: its new name, its tensors, and how many octets they have."""

    name: str
    tensors: frozenset[str]
    octets: int


def disarm_folder(path: Path, place: Path, bounds: Bounds | None = None) -> list[Disarmed]:
    """Write a folder anew; return what became of each of its files.

    Where one of them is refused, nothing was written.

    Args:
        path: of the source.
        place: of the new folder; there is nothing, or an empty folder.
        bounds: of each process that reads a file.
    Raises:
        Taken: something is there, or one folder is within the other.
        OSError: a folder or a file cannot be read or made.
    """
    ours, theirs = place.parent.resolve() / place.name, path.resolve()
    if ours == theirs or ours in theirs.parents or theirs in ours.parents:
        raise output.Taken(place, "and the source are within one another; name another place")
    try:
        with output.whole_folder(place) as folder, _Folder(path, place, folder, bounds) as work:
            files = [work.file(each) for each in walk(path)]
            files += work.indices()
            kept = any(isinstance(each.result, Rebuilt | Copied) for each in files)
            if not kept or any(isinstance(each.result, Refusal) for each in files):
                raise _Incomplete(files)
            return files
    except _Incomplete as incomplete:
        return incomplete.files


class _Incomplete(Exception):
    """A file is missing without which there is no model."""

    def __init__(self, files: list[Disarmed]) -> None:
        super().__init__("nothing is left")
        self.files = [_nowhere(each) for each in files]


def _nowhere(file: Disarmed) -> Disarmed:
    return Disarmed(file.path, None, file.result, file.octets, file.sha256)


class _Folder:
    """One pass over a folder."""

    def __init__(self, path: Path, place: Path, folder: int, bounds: Bounds | None) -> None:
        self._repository = repository(path)
        self._named = Named(self._repository.root)
        self._place, self._folder, self._bounds = place, folder, bounds
        self._disarming = Disarming(bounds)
        self._reading = Reading(looker(known()), bounds)
        self._indices: list[Found] = []
        self._tensors: dict[PurePosixPath, _Shard] = {}

    def __enter__(self) -> Self:
        self._reading.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._reading.__exit__()

    def file(self, found: Found) -> Disarmed:
        """Return what became of a file."""
        try:
            if found.fault is not None:
                raise Refused(found.fault)
            with opening(found.path, self._repository) as source:
                return self._opened(found, source)
        except Refused as refused:
            if refused.reason.standing is Standing.INERT:
                return Disarmed(found.path, None, LeftOut(UNKNOWN, refused.reason.what))
            return Disarmed(found.path, None, Refusal(UNKNOWN, refused.reason))

    def _opened(self, found: Found, source: int) -> Disarmed:
        if found.path.name.endswith(shards.SUFFIX):
            self._indices.append(found)
            what = "an index; it is made anew of what was rebuilt"
            return Disarmed(found.path, None, LeftOut("json", what))
        said = self._reading.read(source, found.path.name)
        if said.format in REWRITERS and said.standing is not Standing.INERT:
            return self._rebuilt(found, source, found.path.name)
        if said.format in _REBUILT or found.path.suffix.lower() == ".npz":
            return self._rebuilt(found, source, _renamed(found.path))
        reason = self._named.reason(found.path, found.place)
        if said.standing is Standing.INERT and reason is None:
            return self._copied(found, source, said)
        worst = said.reasons[0] if said.reasons else reason or _NO_REASON
        if said.format in _HELD or found.path.suffix.lower() in LOADED:
            result: Refusal | LeftOut = Refusal(said.format, worst)
        else:
            result = LeftOut(said.format, f"{worst.standing.value}: {worst.what}")
        return Disarmed(found.path, None, result, said.octets, sha256(source))

    def _rebuilt(self, found: Found, source: int, name: str) -> Disarmed:
        parts = found.place.split("/")
        with output.below(self._folder, tuple(parts[:-1])) as folder:
            taken = name != found.path.name and os.path.lexists(found.path.with_name(name))
            if taken or output.there(folder, name):
                name = f"{found.path.name}{_NEW}"
            place = self._place.joinpath(*parts[:-1], name)
            done = self._disarming.one(source, found.path, (folder, place))
        if isinstance(done.result, Rebuilt):
            held = frozenset(done.result.names)
            self._tensors[PurePosixPath(found.place)] = _Shard(name, held, done.result.octets)
        return done

    def _copied(self, found: Found, source: int, said: ModelFile) -> Disarmed:
        parts = found.place.split("/")
        with output.below(self._folder, tuple(parts[:-1])) as folder, output.draft(folder) as draft:
            _copy(source, draft.descriptor)
            again = self._reading.read(draft.descriptor, found.path.name)
            if again.standing is not Standing.INERT:
                what = "it was changed while it was read; disarm it once it is whole"
                return Disarmed(
                    found.path, None, Refusal(said.format, Reason("changed", what, Standing.UNKNOWN))
                )
            digest = sha256(draft.descriptor)
            draft.place(found.path.name, force=False)
        place = self._place.joinpath(*parts)
        return Disarmed(found.path, place, Copied(said.format), said.octets, digest, digest)

    def indices(self) -> list[Disarmed]:
        """Make the indices anew; return those that cannot be."""
        return [each for each in map(self._index, self._indices) if each is not None]

    def _index(self, found: Found) -> Disarmed | None:
        above = PurePosixPath(found.place).parent
        with opening(found.path, self._repository) as source:
            said = apart(Task(source, found.path.name, shards.read), shards.Index, self._bounds)
        if isinstance(said, Refusal):
            return Disarmed(found.path, None, said)
        beside = {place.name: each for place, each in self._tensors.items() if place.parent == above}
        fault = shards.differs(said, {name: each.tensors for name, each in beside.items()})
        if fault is not None:
            return Disarmed(found.path, None, fault)
        parts = [beside[name] for name in sorted(set(said.files.values()))]
        files = {tensor: each.name for each in parts for tensor in each.tensors}
        octets = shards.written(files, sum(each.octets for each in parts))
        with output.below(self._folder, above.parts) as folder, output.draft(folder) as draft:
            _put(draft.descriptor, octets)
            draft.place(shards.NAME, force=False)
        return None


def _renamed(path: Path) -> str:
    """Return what a file is called once it is rebuilt."""
    found = _SHARD.fullmatch(path.name)
    return f"model{found[1] or ''}{_NEW}" if found else f"{path.stem}{_NEW}"


def _copy(source: int, target: int) -> None:
    """Copy a file by the kernel."""
    at = 0
    while count := os.sendfile(target, source, at, _PIECE):
        at += count


def _put(target: int, octets: bytes) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(target, left) :]
