"""A request holds its place only once somebody's answer has begun."""

from bartizan.clock import Nanoseconds
from bartizan.gateway.answer_head import AnswerHead
from bartizan.gateway.stream import Exchange
from bartizan.store.gauge import Places
from bartizan.store.memory_limits import Account

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    hold, answer = Account.hold, Exchange.answer
    waiting: list[tuple[Account, str, int, Nanoseconds]] = []

    def weak(self: Account, lease: str, cost: int, until: Nanoseconds) -> None:
        late = isinstance(self.gauge, Places)
        hold(self, lease, 0 if late else cost, until)
        if late:
            waiting.append((self, lease, cost, until))

    def begin(self: Exchange, head: AnswerHead, pieces: list[bytes], *, done: bool) -> None:
        for account, lease, cost, until in waiting:
            if lease in account.holds:
                hold(account, lease, cost, until)
        waiting.clear()
        answer(self, head, pieces, done=done)

    Account.hold = weak  # type: ignore[method-assign]  # a weakening replaces one function
    Exchange.answer = begin  # type: ignore[method-assign]  # when the other one catches up
