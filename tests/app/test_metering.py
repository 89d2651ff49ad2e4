"""How a request's tokens, places and money are counted, for whom, and who is told."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.metering import MOST_DOUBTFUL, Metering, period_end, period_name
from bartizan.app.plan import Meter, Price
from bartizan.clock import DAY, SECOND, Nanoseconds, SetClock
from bartizan.gateway.holds import Alert, Expected, Overdrawn, Reserved
from bartizan.store.gauge import OWED, Answer, Ask, Granted, Unanswered
from bartizan.store.memory_limits import LEASE

NOW = Nanoseconds(1_798_761_600 * SECOND)  # 2027-01-01T00:00:00Z
ASKED = Expected("q-1", "a", "chat", "user.x", "p-00000000000000aa", "c-1", "a-1", "m", 10, 20)
PRICES = (Price("a", "*", 2_500_000, 10_000_000), Price("a", "dear", 100_000_000, 100_000_000))


def metering(*meters: Meter) -> Metering:
    return Metering(meters, PRICES, SetClock(NOW))


def ask(counts: Metering, **changes: str | int) -> Reserved | Overdrawn | None:
    answer = counts.reserve(msgspec.structs.replace(ASKED, **changes), NOW)
    assert not isinstance(answer, asyncio.Future)
    return answer


def reserved(counts: Metering, **changes: str | int) -> Reserved:
    answer = ask(counts, **changes)
    assert isinstance(answer, Reserved)
    return answer


def test_where_nothing_is_limited_nothing_is_held() -> None:
    assert metering().empty
    assert ask(metering(Meter("principal", ("b",), concurrent=1))) is None
    assert ask(metering(Meter("route", routes=("embeddings",), concurrent=1))) is None


@pytest.mark.parametrize(
    ("per", "others", "same"),
    [
        ("principal", {"principal": "user.y"}, {"client": "c-2", "service": "b", "route": "models", "address": "a-2"}),
        ("client", {"client": "c-2"}, {"principal": "user.y", "service": "b", "address": "a-2"}),
        ("service", {"service": "b"}, {"principal": "user.y", "client": "c-2", "route": "models"}),
        ("route", {"route": "models"}, {"principal": "user.y", "client": "c-2", "address": "a-2"}),
        ("address", {"address": "a-2"}, {"principal": "user.y", "client": "c-2", "service": "b"}),
    ],
)  # fmt: skip
def test_a_limit_is_told_apart_by_what_it_says_and_nothing_else(
    per: str, others: dict[str, str], same: dict[str, str]
) -> None:
    counts = metering(Meter(per, concurrent=1))
    reserved(counts)
    assert isinstance(ask(counts, lease="q-2", **same), Overdrawn)
    reserved(counts, lease="q-3", **others)


def test_a_place_is_free_again_at_the_end() -> None:
    counts = metering(Meter("service", concurrent=1))
    held = reserved(counts)
    refused = ask(counts, lease="q-2")
    assert isinstance(refused, Overdrawn)
    assert refused.party == "concurrent"
    assert refused.fields == (
        b'ratelimit-policy: "service-concurrent";q=1;qu="concurrent-requests"\r\n'
        b'ratelimit: "service-concurrent";r=0\r\n'
    )
    counts.settle(held, 1, 1)
    reserved(counts, lease="q-2")


def test_tokens_are_held_as_expected_and_paid_as_used() -> None:
    counts = metering(Meter("principal", ("a",), tokens_per_minute=60, own=True))
    held = reserved(counts)
    assert held.fields == (
        b'ratelimit-policy: "tokens";q=60;w=60;qu="tokens"\r\nratelimit: "tokens";r=30;t=30\r\n'
    )
    counts.settle(held, 2, 3)
    assert b"r=25;" in reserved(counts, lease="q-2").fields
    assert ask(counts, lease="q-3", output=51) == Overdrawn("tokens", -1, _tokens_left(0, 0))


def _tokens_left(left: int, seconds: int) -> bytes:
    return b'ratelimit-policy: "tokens";q=60;w=60;qu="tokens"\r\nratelimit: "tokens";r=%d;t=%d\r\n' % (
        left,
        seconds,
    )


def test_money_is_counted_by_the_models_price_and_told_of_at_each_threshold() -> None:
    counts = metering(Meter("service", ("a",), spend_per_day=1000))
    counts.settle(reserved(counts), 200, 0)  # 200 at 2.5 a million tokens are 500 millionths
    assert counts.alerts() == (Alert("platform", "a", "service", "day", 50),)
    counts.settle(reserved(counts, lease="q-2", model="dear", output=0, input=1), 3, 0)
    assert counts.alerts() == (Alert("platform", "a", "service", "day", 80),)
    refused = ask(counts, lease="q-3", input=100)
    assert isinstance(refused, Overdrawn)
    assert (refused.party, refused.wait, refused.fields) == ("spend", DAY, b"")
    assert counts.alerts() == (Alert("platform", "a", "service", "day", 100),)
    assert isinstance(ask(counts, lease="q-4", input=100), Overdrawn)
    assert counts.alerts() == ()


def test_a_new_day_has_a_budget_of_its_own() -> None:
    clock = SetClock(NOW)
    counts = Metering((Meter("principal", spend_per_day=300),), PRICES, clock)
    counts.settle(reserved(counts), 100, 0)
    assert isinstance(ask(counts, lease="q-2"), Overdrawn)
    tomorrow = counts.reserve(msgspec.structs.replace(ASKED, lease="q-3"), Nanoseconds(NOW + DAY))
    assert isinstance(tomorrow, Reserved)


def test_all_limits_hold_or_none() -> None:
    counts = metering(Meter("service", requests_per_minute=20), Meter("principal", concurrent=1))
    held = reserved(counts)
    for number in range(5):
        assert isinstance(ask(counts, lease=f"q-{number + 2}"), Overdrawn)
    counts.settle(held, 0, 0)
    assert isinstance(ask(counts, lease="q-9"), Reserved)


def test_what_is_under_way_for_long_is_held_for_as_long() -> None:
    clock = SetClock(NOW)
    counts = Metering((Meter("service", concurrent=1),), (), clock)
    reserved(counts)
    for tick in range(1, 10):
        clock.at = Nanoseconds(NOW + tick * LEASE // 2)
        counts.renew()
    answer = counts.reserve(msgspec.structs.replace(ASKED, lease="q-2"), clock.now())
    assert isinstance(answer, Overdrawn)


class Silent:
    """A server that does not answer until it is told to; remembers what it was asked."""

    def __init__(self) -> None:
        self.up = False
        self.asked, self.settled = list[tuple[Ask, ...]](), list[tuple[str, tuple[int, ...]]]()
        self.answer: Answer = Unanswered()
        self.coming = list[asyncio.Future[tuple[int, ...]]]()

    def ask(self, _lease: str, asks: tuple[Ask, ...]) -> "asyncio.Future[Answer]":
        self.asked.append(asks)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.set_result(self.answer)
        return future

    def settle(
        self, lease: str, _asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> "asyncio.Future[tuple[int, ...]]":
        self.settled.append((lease, units))
        future: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self.coming.append(future)
        return future

    def renew(self, _lease: str, _asks: tuple[Ask, ...]) -> object:
        return None


TWO = (Meter("address", concurrent=1), Meter("service", tokens_per_minute=500))


async def shared_answer(counts: Metering, **changes: str | int) -> Reserved | Overdrawn | None:
    answer = counts.reserve(msgspec.structs.replace(ASKED, **changes), NOW)
    assert isinstance(answer, asyncio.Future)
    return await answer


def test_where_nobody_knows_nothing_passes_and_what_is_perhaps_held_is_given_back_in_the_end() -> None:
    async def scenario() -> None:
        server, clock = Silent(), SetClock(NOW)
        counts = Metering(TWO, (), clock, server)
        for number in range(3):
            assert await shared_answer(counts, lease=f"q-{number}") == Overdrawn("", SECOND)
        clock.at = Nanoseconds(NOW + 2 * SECOND)
        counts.renew()
        assert server.settled == []  # still nobody to give it back to
        server.up = True
        clock.at = Nanoseconds(NOW + 4 * SECOND)
        counts.renew()
        assert server.settled == [(f"q-{number}", (0, 0)) for number in range(3)]
        clock.at = Nanoseconds(NOW + 6 * SECOND)
        counts.renew()
        assert len(server.settled) == 3

    asyncio.run(scenario())


def test_what_nobody_knows_of_is_remembered_up_to_a_bound() -> None:
    async def scenario() -> None:
        server, clock = Silent(), SetClock(NOW)
        counts = Metering(TWO, (), clock, server)
        for number in range(MOST_DOUBTFUL + 10):
            await shared_answer(counts, lease=f"q-{number}")
        server.up, clock.at = True, Nanoseconds(NOW + 2 * SECOND)
        counts.renew()
        assert len(server.settled) == MOST_DOUBTFUL

    asyncio.run(scenario())


def test_a_network_is_one_for_all_who_share_its_limit_whatever_each_calls_it() -> None:
    async def scenario() -> None:
        keys = list[str]()
        for pseudonym in ("a-1", "a-2"):
            server = Silent()
            server.answer = Granted((0, 0), (Nanoseconds(0), Nanoseconds(0)), (0, 0))
            counts = Metering(TWO, (), SetClock(NOW), server, {pseudonym: "192.0.2.0/24"}.__getitem__)
            assert isinstance(await shared_answer(counts, address=pseudonym), Reserved)
            keys.append(server.asked[0][0].key)
        assert keys[0] == keys[1]
        assert keys[0].endswith(" 192.0.2.0/24")

    asyncio.run(scenario())


def test_what_is_settled_twice_is_paid_once() -> None:
    counts = metering(Meter("principal", ("a",), tokens_per_minute=60, own=True))
    held = reserved(counts)
    counts.settle(held, 5, 25)
    counts.settle(held, 20, 40)
    counts.settle(held, 0, 0)
    assert b"r=0;" in reserved(counts, lease="q-2").fields  # 30 paid, 30 expected now


def test_who_ends_waits_a_moment_for_the_last_settlement_and_no_longer() -> None:
    async def scenario() -> None:
        server = Silent()
        server.answer = Granted((0, 0), (Nanoseconds(0), Nanoseconds(0)), (0, 0))
        counts = Metering(TWO, (), SetClock(NOW), server)
        await counts.settled()  # there is none
        for number in range(2):
            answer = await shared_answer(counts, lease=f"q-{number}")
            assert isinstance(answer, Reserved)
            counts.settle(answer, 1, 1)
        ending = asyncio.ensure_future(counts.settled())
        server.coming[0].set_result((0, 0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not ending.done()
        server.coming[1].set_result((0, 0))
        await ending
        answer = await shared_answer(counts, lease="q-9")
        assert isinstance(answer, Reserved)
        counts.settle(answer, 1, 1)
        await counts.settled()  # nobody answers: that takes no longer than it may

    asyncio.run(scenario())


def test_a_claim_of_any_size_leaves_others_served() -> None:
    counts = metering(
        Meter("principal", tokens_per_minute=60), Meter("principal", ("a",), spend_per_day=1000)
    )
    counts.settle(reserved(counts), 10**9, 10**9)
    refused = ask(counts, lease="q-2")
    assert isinstance(refused, Overdrawn)
    assert 0 < refused.wait <= OWED
    reserved(counts, lease="q-3", principal="user.y")


@given(st.integers(0, 4_000_000_000))
def test_a_period_ends_where_the_next_one_begins(second: int) -> None:
    now = Nanoseconds(second * SECOND)
    for period in ("day", "month"):
        end = period_end(period, now)
        assert now < end
        assert period_name(period, Nanoseconds(end - 1)) == period_name(period, now)
        assert period_name(period, end) != period_name(period, now)
