"""An answer that says both how long it is and that it comes in chunks is taken for one in chunks."""

from bartizan.gateway import answer_head
from bartizan.gateway.request import CHUNKED

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    strict = answer_head._length

    def weak(status: int, minor: bytes, told: dict[bytes, bytes]) -> int:
        if b"content-length" in told and told.get(b"transfer-encoding") == b"chunked":
            return CHUNKED
        return strict(status, minor, told)

    answer_head._length = weak
