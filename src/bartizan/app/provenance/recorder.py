"""`bartizan.step`: writes a step down while it is done, in whoever's program does it.

    with bartizan.step("train") as step:
        step.material("train.csv", kind="data-set")
        step.material("train.py", kind="code")
        ...
        step.product("model.safetensors", kind="model")

Rules of this file: nothing here holds the program up but reading its products at the end. Materials are read beside it, in a thread, and
once more at the end as far as they changed meanwhile: then the step is refused, for nobody knows what went in. A step is on the disk before the
block is left, and handed over in a thread; where the platform is away it waits there, and whoever asks for provenance is told.
"""

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.provenance import waiting
from bartizan.app.provenance.artifact import Read, digest_in, read
from bartizan.artifact.errors import ArtifactFault
from bartizan.clock import MILLISECOND, SystemClock
from bartizan.config import find
from bartizan.supply.provenance.step import Kind, Origin, Stage, StepRefused, Use, step

STATE: Final = ".bartizan"
"""Name of the state folder, beside the configuration."""
_SECONDS: Final = 30.0
_LOG: Final = logging.getLogger("bartizan.provenance")


class _Named(msgspec.Struct, frozen=True):
    """An artifact that was named: where it lies, or its digest."""

    kind: str
    digest: str
    path: Path | None
    reading: "Future[Read] | None"


class Recorder:
    """A step that is being done; made by `recorder`.

    Attributes:
        id: of the step, once the block was left without an error; empty before.
        file: where it was written down.
    """

    def __init__(self, stage: Stage, state: Folder | None, keep: Path) -> None:
        """Begin; nothing is read yet."""
        self.id, self.file = "", Path()
        self._stage, self._state, self._keep = stage, state, keep
        self._materials: list[_Named] = []
        self._products: list[_Named] = []
        self._began = _now()
        self._reads = ThreadPoolExecutor(1, "bartizan-step")
        self._handing: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to record."""
        return self

    def material(self, what: str | os.PathLike[str], *, kind: str) -> None:
        """Say what goes in, or what is judged; it is read beside the program.

        Args:
            what: a path, or a SHA-256 of 64 hexadecimal digits, which is taken as it is.
            kind: `data-set`, `model`, `code`, `prompt`, `mcp-server`, `report` or `other`.
        Raises:
            StepRefused: there is no such file or folder, or no such kind.
        """
        named = _named(what, kind)
        reading = None if named.path is None else self._reads.submit(read, named.path)
        self._materials.append(msgspec.structs.replace(named, reading=reading))

    def product(self, what: str | os.PathLike[str], *, kind: str) -> None:
        """Say what comes out; it is read when the block is left, so that it may still be written to.

        Args:
            what: as of `material`; the file need not be there yet.
            kind: likewise.
        Raises:
            StepRefused: there is no such kind.
        """
        self._products.append(_named(what, kind, later=True))

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the step down and begin to hand it over; where the block failed, nothing was made and nothing is recorded.

        Raises:
            StepRefused: it is no step: something is missing, cannot be read, or a material changed meanwhile.
            OSError: it cannot be written down.
        """
        try:
            if fault is None:
                self._finish()
        finally:
            self._reads.shutdown(wait=False, cancel_futures=True)

    def _finish(self) -> None:
        names: dict[str, str] = {}
        materials = [_use(each, names) for each in self._materials]
        products = [_use(each, names) for each in self._products]
        made = step(self._stage, _once(materials), _once(products), (self._began, _now()), Origin.RECORDER)
        self.file = waiting.keep(self._keep, made, names)
        self.id = made.id
        if self._state is not None:
            self._handing = threading.Thread(
                target=_hand_over, args=(self._state, self._keep), name="bartizan-step"
            )
            self._handing.start()

    def on_record(self, seconds: float = _SECONDS) -> bool:
        """Return whether the step is on record, after waiting for so long at most; False where it waits to be handed over."""
        if self._handing is not None:
            self._handing.join(seconds)
        return bool(self.id) and self._state is not None and not self.file.exists()


def recorder(
    stage: str, *, state: str | os.PathLike[str] | None = None, keep: str | os.PathLike[str] | None = None
) -> Recorder:
    """Return a step that is about to be done, for a `with` statement.

    Args:
        stage: `ingest`, `scan`, `disarm`, `transform`, `train`, `harden`, `quantise`, `evaluate`, `approve` or `deploy`.
        state: the state folder on whose record it goes; by default that beside the nearest `bartizan.toml`, or of the working folder.
        keep: instead, a folder where steps wait until somebody hands them over: `bartizan provenance hand-over FOLDER`.
    Raises:
        StepRefused: there is no such step, or no state folder and nothing else is named.
        ConfigurationUnreadable: the nearest configuration is somebody else's.
    """
    if stage not in {each.value for each in Stage}:
        raise StepRefused(f"there is no such step; it is one of {', '.join(each.value for each in Stage)}")
    if keep is not None:
        if state is not None:
            raise StepRefused(
                "say either state= or keep=: a step is handed over, or kept for somebody to hand over"
            )
        return Recorder(Stage(stage), None, Path(keep).absolute())
    folder = Folder(Path(state).absolute() if state is not None else _nearest())
    if state is None and not folder.root.is_dir():
        raise StepRefused(
            f"there is no state folder {folder.root}; name one with state=FOLDER, or with keep=FOLDER where steps are to wait"
        )
    return Recorder(Stage(stage), folder, folder.waiting_steps)


def _nearest() -> Path:
    here = Path.cwd()
    file = find(here)
    return (here if file is None else file.parent) / STATE


def _now() -> int:
    return SystemClock().now() // MILLISECOND


def _named(what: str | os.PathLike[str], kind: str, *, later: bool = False) -> _Named:
    if kind not in {each.value for each in Kind}:
        raise StepRefused(
            f"there is no such kind of artifact; it is one of {', '.join(each.value for each in Kind)}"
        )
    text = os.fspath(what)
    if not text:
        raise StepRefused("an artifact is named by a path or a SHA-256, and nothing was named")
    digest = digest_in(text)
    path = None if digest else Path(text).absolute()
    if path is not None and not later and not path.exists():
        raise StepRefused(f"{text} is neither there nor a SHA-256 of 64 hexadecimal digits in small letters")
    return _Named(kind, digest, path, None)


def _use(named: _Named, names: dict[str, str]) -> Use:
    """Return an artifact as the step tells it, and note what it is called.

    Raises:
        StepRefused: it cannot be read, or is not what it was.
    """
    if named.path is None:
        return Use(named.digest, named.kind, "told")
    try:
        first = read(named.path) if named.reading is None else named.reading.result()
        found = first if named.reading is None else read(named.path, dict(first.rows))
    except (ArtifactFault, OSError) as fault:
        raise StepRefused(f"{named.path} cannot be told: {fault}") from fault
    if first.digest != found.digest:
        raise StepRefused(
            f"{named.path} changed while the step was done, so nobody knows what went in; copy it aside before, and name the copy"
        )
    names[found.digest] = found.name
    return Use(found.digest, named.kind, "read")


def _once(uses: Sequence[Use]) -> list[Use]:
    """Return artifacts of which one that was named by its digest too counts as read."""
    read_ones = {(use.digest, use.kind) for use in uses if use.seen == "read"}
    return [use for use in uses if use.seen == "read" or (use.digest, use.kind) not in read_ones]


def _hand_over(state: Folder, place: Path) -> None:
    """Hand over what waits; what cannot be handed over now waits on, and is told."""
    try:
        done = waiting.hand_over(state, place)
    except Exception as fault:  # noqa: BLE001 - a thread of somebody's program: whatever it is, the step waits on
        _LOG.warning("a step is not on record yet (%s); later run: bartizan provenance hand-over", fault)
        return
    for file, why in done.refused:
        _LOG.warning("%s: %s", file, why)
