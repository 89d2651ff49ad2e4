"""The throw-away platform before services that the sample plays, for the drill's attacks that need one.

Rules of this file: it starts when it is first asked for, once, and nothing of it stays. Who may ask it for decisions
(`[edge]`) has a secret that no attack gets.
"""

import importlib.util
import secrets
import threading
from collections.abc import Callable, Mapping
from importlib import resources
from types import TracebackType
from typing import Final, Self

from bartizan.drill.target import Arrived, Platform, Scene
from bartizan.sample import parts
from bartizan.sample.scene import Asked
from bartizan.sample.scene import Scene as Played

OF_DESCRIPTIONS: Final = "jsonschema_rs"
"""What a described service cannot be judged without; the extra `openapi` has it."""
_PORT: Final = "PORT"


def available(module: str) -> bool:
    """Return whether this installation has a module that is optional; of no name, yes."""
    return not module or importlib.util.find_spec(module) is not None


def files() -> Mapping[str, str]:
    """Return what lies beside the configuration of such a platform: name -> text."""
    return {
        "policies/scene.cedar": _packaged("scene.cedar"),
        "shop.json": _packaged("shop.json"),
        "edge.secret": secrets.token_hex(32),
    }


class Scenery:
    """The scene of one run of the drill; a context manager that leaves nothing behind."""

    def __init__(self, twin: Callable[[tuple[str, ...]], Platform]) -> None:
        """Prepare; nothing is started yet.

        Args:
            twin: lines of configuration -> a throw-away platform with them and with `files` beside.
        """
        self._twin, self._lock = twin, threading.Lock()
        self._played: Played | None = None

    def get(self) -> Scene:
        """Return the scene; the first call starts it.

        Raises:
            Exception: whatever starting the platform raised.
        """
        with self._lock:
            if self._played is None:
                self._played = Played(parts.play)
            played = self._played
        return Scene(self._twin(configuration(played.port)), lambda service: _arrived(played.asked(service)))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is played."""
        if self._played is not None:
            self._played.close()


def configuration(port: int) -> tuple[str, ...]:
    """Return the lines of configuration of such a platform, before services at this port of 127.0.0.1."""
    text = _packaged("scene.toml")
    if available(OF_DESCRIPTIONS):
        text += _packaged("scene_shop.toml")
    return tuple(text.replace(_PORT, str(port)).splitlines())


def _arrived(asked: tuple[Asked, ...]) -> tuple[Arrived, ...]:
    return tuple(Arrived(one.method, one.path, one.fields, one.body) for one in asked)


def _packaged(name: str) -> str:
    return resources.files("bartizan.sample").joinpath(name).read_text(encoding="utf-8")
