"""Whoever counts, the same history gets the same verdicts: the memory of a process is the model of every server."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.clock import DAY, MICROSECOND, SECOND, Nanoseconds
from bartizan.store.gauge import Ask, Budget, Gauge, Granted, Places, Rate
from bartizan.store.memory_limits import LEASE
from tests.store.engines import Memory, Shared

START = Nanoseconds(1_800_000_000 * SECOND)
ENDS = Nanoseconds(START + DAY // 2)
AMOUNTS = st.one_of(st.integers(0, 12), st.sampled_from((99, 100, 101, 2**53, 10**30)))
GAPS = st.one_of(
    st.integers(0, 4_000_000).map(lambda each: each * MICROSECOND),
    st.sampled_from((0, LEASE - MICROSECOND, LEASE, LEASE + MICROSECOND, DAY)),
)
GAUGES: tuple[Gauge, ...] = (
    Rate(Nanoseconds(SECOND // 2), 10),
    Rate(Nanoseconds(MICROSECOND), 100),
    Places(3),
    Budget(50, ENDS),
    Budget(50, Nanoseconds(ENDS + DAY)),
)
ASKED = st.lists(
    st.tuples(st.sampled_from(range(len(GAUGES))), AMOUNTS, st.booleans()),
    unique_by=lambda each: each[0],
    max_size=4,
)
STEPS = st.lists(
    st.tuples(GAPS, st.sampled_from(("ask", "ask", "settle", "renew")), ASKED, st.integers(0, 5), AMOUNTS),
    max_size=50,
)
Open = tuple[str, tuple[Ask, ...]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps=STEPS)
def test_a_server_says_what_the_memory_says_whatever_happened_before(
    server: Shared, steps: list[tuple[int, str, list[tuple[int, int, bool]], int, int]]
) -> None:
    """Asked, settled once or twice or never, renewed in time or late; with any amounts, over the end of a period."""
    server.fresh()
    memory, now, granted = Memory(), START, list[Open]()
    for number, (gap, step, asked, back, amount) in enumerate(steps):
        now = Nanoseconds(now + gap)
        if step == "ask":
            asks = tuple(_asks(asked))
            answer = memory.ask(f"q{number}", now, asks)
            assert answer == server.ask(f"q{number}", now, asks)
            granted += [(f"q{number}", asks)] if isinstance(answer, Granted) else []
        elif granted:
            lease, asks = granted[-1 - back % len(granted)]
            if step == "renew":
                memory.renew(lease, now, asks)
                server.renew(lease, now, asks)
            else:
                units = tuple(amount for _ in asks)
                assert memory.settle(lease, now, asks, units) == server.settle(lease, now, asks, units)


def _asks(asked: list[tuple[int, int, bool]]) -> Iterator[Ask]:
    for place, units, held in asked:
        gauge = GAUGES[place]
        yield Ask(
            f"k{place}", gauge, 1 if isinstance(gauge, Places) else units, held or isinstance(gauge, Places)
        )
