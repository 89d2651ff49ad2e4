"""A body may be as large as it likes."""

from typing import Any

from bartizan.gateway import service

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    bounded = service.ServiceLimits

    def unbounded(**said: Any) -> service.ServiceLimits:  # noqa: ANN401 - as they are said
        return bounded(**said | {"body_octets": 1 << 30})

    service.ServiceLimits = unbounded  # type: ignore[assignment,misc]  # a weakening replaces one function
