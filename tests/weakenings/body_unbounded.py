"""A body may be as large as it likes."""

from functools import partial

from bartizan.gateway import ports

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    ports.ServiceLimits = partial(ports.ServiceLimits, body_octets=1 << 30)  # type: ignore[assignment,misc]  # a weakening replaces one function
