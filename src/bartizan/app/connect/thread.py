"""Blocking work beside the event loop, on threads that hold nobody up when the process ends.

Rules of this file: a pool of threads is waited for when the loop closes, for as long as a server may take to answer;
these are not. What is made for somebody who has left meanwhile is undone.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def _keep(_: object) -> None:
    pass


async def aside(work: Callable[[], Made], undo: Callable[[Made], object] = _keep) -> Made:
    """Return what `work` returns, run on a thread of its own; raise what it raises.

    Args:
        work: blocks, for a bounded time.
        undo: takes what was made too late, the caller being cancelled; called on any thread.
    """
    answer: concurrent.futures.Future[Made] = concurrent.futures.Future()
    answer.set_running_or_notify_cancel()  # from here on it cannot be cancelled, so that nothing made is lost

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as fault:  # noqa: BLE001 - the caller raises it, and would wait for ever without
            answer.set_exception(fault)

    def put_away(done: "concurrent.futures.Future[Made]") -> None:
        if done.exception() is None:
            undo(done.result())

    threading.Thread(target=run, daemon=True, name="aside").start()
    try:
        return await asyncio.wrap_future(answer)
    except asyncio.CancelledError:
        answer.add_done_callback(put_away)
        raise
