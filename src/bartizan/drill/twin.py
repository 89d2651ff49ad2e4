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


class Twins:
    """The throw-away platforms of one run; a context manager that leaves none behind."""

    def __init__(self, start: Start) -> None:
        """Prepare; nothing is started yet."""
        self._start = start
        self._lock = threading.Lock()
        self._promised: dict[tuple[str, ...], Future[Platform]] = {}
        self._stops: list[Stop] = []
        self._folders: list[Path] = []
        self._over = False

    def get(self, lines: tuple[str, ...]) -> Platform:
        """Return the running twin with these lines of configuration; the first call starts it.

        Raises:
            RunOver: `close` was called.
            Exception: whatever starting raised; every later call for these lines raises it again.
        """
        with self._lock:
            if self._over:
                raise RunOver
            promised = self._promised.get(lines)
            ours = promised is None
            if promised is None:
                promised = self._promised[lines] = Future()
        if ours:
            self._fulfil(promised, lines)
        return promised.result()

    def close(self) -> None:
        """Stop every twin, those that are just starting included, and delete its folder."""
        with self._lock:
            self._over = True
            promised = list(self._promised.values())
        for twin in promised:
            twin.exception()  # waits until it has started or failed
        threads = [threading.Thread(target=stop) for stop in self._stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._stops.clear()
        self._folders.clear()

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

    def _fulfil(self, promised: "Future[Platform]", lines: tuple[str, ...]) -> None:
        try:
            # not below a deep folder: the path of a unix socket holds 107 octets
            folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._folders.append(folder)
            platform, stop = self._start(folder, lines)
        except BaseException as fault:  # noqa: BLE001 - handed on to whoever asked, by result()
            promised.set_exception(fault)
        else:
            self._stops.append(stop)
            promised.set_result(platform)
