"""Traces name the model as a client wrote it, whether or not configuration does."""

import msgspec

from bartizan.gateway.ports import Circumstances
from bartizan.gateway.stream import Exchange
from bartizan.gateway.tracing import End, Tracer
from bartizan.traces.passage import Passage

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Tracer._passage

    def weak(self: Tracer, exchange: Exchange, end: End) -> Passage | None:
        passage = real(self, exchange, end)
        asked: Circumstances | None = getattr(exchange, "circumstances", None)
        if passage is None or asked is None:
            return passage
        return msgspec.structs.replace(passage, model=asked.model)

    Tracer._passage = weak  # type: ignore[method-assign]  # a weakening replaces one function
