"""Whatever verifier comes with a code will do."""

from bartizan.access.issue import code as codes
from bartizan.access.issue.code import CodeShown, Let
from bartizan.clock import Nanoseconds

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    sound = codes.fault_of

    def weak(let: Let, shown: CodeShown, client: str, key: str, now: Nanoseconds) -> str:
        word = sound(let, shown, client, key, now)
        return "" if word == "code-unverified" else word

    codes.fault_of = weak
