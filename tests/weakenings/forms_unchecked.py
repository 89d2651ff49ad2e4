"""Forms are taken from wherever they come, whatever they hold."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from bartizan.app.people import Who
from bartizan.console import visits

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    async def weak(self: visits._Visits, request: Request) -> dict[str, str]:
        del self
        return dict(parse_qsl((await request.body()).decode()))

    def anybodys(who: Who, form: Mapping[str, str]) -> bool:
        del who, form
        return True

    visits._Visits._foreign_or_form = weak  # type: ignore[method-assign]
    visits._is_own = anybodys
