"""Blocking work in a thread of its own, which nothing waits for when the process ends."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar, cast

Result = TypeVar("Result")


async def off_loop(work: Callable[[], Result]) -> Result:
    """Return what blocking work returns; where nobody waits for it any more, the process may end without it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, fault: BaseException | None) -> None:
        if done.done():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(cast("Result", result))

    def run() -> None:
        result: Result | None = None
        fault: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001  # whoever waits gets it
            fault = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, fault)

    threading.Thread(target=run, name="issuer", daemon=True).start()
    return await done
