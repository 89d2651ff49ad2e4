"""A uvicorn server that leaves signals to the process it runs in."""

import contextlib
from collections.abc import Iterator

import uvicorn
from typing_extensions import override


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the process."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
