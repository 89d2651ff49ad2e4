"""What a chat template says is read, and never judged."""

from bartizan.supply.parsers.jinja_judge import _Judged
from bartizan.supply.parsers.jinja_syntax import Node

MODULES = ("bartizan",)


def apply() -> None:
    def weak(self: _Judged, node: Node) -> None:
        """Say nothing."""

    _Judged.node = weak  # type: ignore[method-assign]  # a weakening replaces one function
