"""The sample listens for itself, beside the gateway."""

import asyncio
import threading

from bartizan.clock import SystemClock
from bartizan.sample.model import Gullible
from bartizan.sample.server import converse

MODULES = ("bartizan.sample.serve",)


def apply() -> None:
    real = Gullible.__init__

    def weak(self: Gullible, prompt: str, pause_ms: int = 0) -> None:
        real(self, prompt, pause_ms)
        threading.Thread(target=asyncio.run, args=(_listen(self),), daemon=True).start()

    Gullible.__init__ = weak  # type: ignore[method-assign]  # a weakening replaces one function


async def _listen(model: Gullible) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await converse(reader, writer, [model], SystemClock())

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    await server.serve_forever()
