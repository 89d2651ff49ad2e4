"""Throw-away platforms: started like any other, attacked, stopped, deleted.

Rules of this file: a twin is a whole platform with its own folder, keys and port. The same lines of
configuration share one twin. Whatever happens, `close` stops every twin that was started and deletes its
folder; where this process dies first, the twins' supervisors notice and stop by themselves.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bartizan.drill.target import Platform

PREFIX: Final = "bartizan-twin-"
"""How the names of twins' folders begin."""
Stop = Callable[[], None]
"""Stops a platform that was started, and returns when it has ended."""
Start = Callable[[Path, tuple[str, ...]], tuple[Platform, Stop]]
"""(an empty folder, lines of configuration) -> a platform that answers, and what stops it."""


class RunOver(RuntimeError):
    """A twin was asked for after the run had ended."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the run is over; no more twins are started")


class _Twin:
    """One throw-away platform: promised, then running in its folder or failed."""

    def __init__(self) -> None:
        self.platform = Future[Platform]()
        self.folder: Path | None = None
        self.stop: Stop = _nothing

    def end(self) -> None:
        """Stop it and delete its folder, once it has started or failed to."""
        self.platform.exception()  # waits
        self.stop()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _nothing() -> None:
    """Stop what never started."""


class Twins:
    """The throw-away platforms of one run; a context manager that leaves none behind."""

    def __init__(self, start: Start) -> None:
        """Prepare; nothing is started yet."""
        self._start = start
        self._lock = threading.Lock()
        self._twins: dict[tuple[str, ...], _Twin] = {}
        self._ending: list[_Twin] = []
        self._over = False

    def get(self, lines: tuple[str, ...]) -> Platform:
        """Return the running twin with these lines of configuration; the first call starts it.

        Raises:
            RunOver: `close` was called.
            Exception: whatever starting raised; every later call for these lines raises it again, until `renew`.
        """
        with self._lock:
            if self._over:
                raise RunOver
            twin = self._twins.get(lines)
            ours = twin is None
            if twin is None:
                twin = self._twins[lines] = _Twin()
        if ours:
            self._fulfil(twin, lines)
        return twin.platform.result()

    def renew(self) -> None:
        """End the twins there are, those that failed to start included; whoever asks from now on gets a new one."""
        with self._lock:
            self._ending += self._twins.values()
            self._twins.clear()
        self._end()

    def close(self) -> None:
        """Stop every twin, those that are just starting included, and delete its folder."""
        with self._lock:
            self._over = True
            self._ending += self._twins.values()
            self._twins.clear()
        self._end()

    def _end(self) -> None:
        """End those that are to end, all at once; interrupted, it begins again with all of them the next time."""
        threads = [threading.Thread(target=twin.end) for twin in self._ending]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._ending.clear()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind, also where the leaving itself is interrupted, which happens once."""
        try:
            self.close()
        except KeyboardInterrupt:
            self.close()
            raise

    def _fulfil(self, twin: _Twin, lines: tuple[str, ...]) -> None:
        try:
            # not below a deep folder: the path of a unix socket holds 107 octets
            twin.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            platform, twin.stop = self._start(twin.folder, lines)
        except BaseException as fault:  # noqa: BLE001 - handed on to whoever asked, by result()
            twin.platform.set_exception(fault)
        else:
            twin.platform.set_result(platform)
