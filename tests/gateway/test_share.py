"""What is taken is given back, whichever way a request ends; nobody holds everything."""

import asyncio
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import BODIES_OCTETS
from bartizan.gateway.faults import Refusal
from bartizan.gateway.service import ServiceLimits, ServiceRoute
from bartizan.gateway.share import Share, Shares
from tests.gateway.scene import OK, Received, Scene, client, request, run, standing, turns, until

MIB = 1024 * 1024
SERVICE = ServiceRoute("main", "main", limits=ServiceLimits(connections=16))


class Asked:
    """A request, as far as a share goes."""

    def __init__(self, octets: int) -> None:
        self.length = octets
        self.share: Share | None = None
        self.holds = 0


def taken(shares: Shares, asked: Asked, principal: str) -> str:
    try:
        shares.take(asked, shares.of(SERVICE, principal))  # type: ignore[arg-type]  # all that it looks at
    except Refusal as fault:
        return fault.reason
    return ""


STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "pass on", "end"]), st.sampled_from("pqrst"), st.integers(0, 8)),
    max_size=120,
)


@pytest.mark.sources
@given(STEPS)
def test_shares_are_bounded_and_given_back(steps: list[tuple[str, str, int]]) -> None:
    shares = Shares()
    under_way: list[Asked] = []
    for does, principal, number in steps:
        if does == "take":
            asked = Asked(number * 16 * MIB)
            mine = [each for each in under_way if each.share is shares.of(SERVICE, principal)]
            enough = len(mine) >= 2 and len(under_way) >= 12
            too_much = sum(each.holds for each in mine) + asked.length > BODIES_OCTETS // 4
            full = sum(each.holds for each in under_way) + asked.length > BODIES_OCTETS
            assert taken(shares, asked, principal) == (
                "principal-busy" if enough or too_much else "bodies-full" if full else ""
            )
            under_way += [asked] if asked.share else []
        elif under_way:
            asked = under_way[number % len(under_way)]
            if does == "pass on":
                shares.give_octets_back(asked)  # type: ignore[arg-type]  # all that it looks at
            else:
                shares.give_back(asked)  # type: ignore[arg-type]  # all that it looks at
                shares.give_back(asked)  # type: ignore[arg-type]  # a second time, nothing
                under_way.remove(asked)
        assert sum(each.holds for each in under_way) <= BODIES_OCTETS
    for asked in under_way:
        shares.give_back(asked)  # type: ignore[arg-type]  # all that it looks at
    assert empty(shares)


def empty(shares: Shares) -> bool:
    totals = (*shares._services.values(), *shares._held_by.values())
    return not any(
        [shares._held, *(each.count for each in totals), *(each.mine for each in shares._of.values())]
    )


ENDS = {
    "answered": request(),
    "refused by its shape": request(body=b"{}"),
    "refused by its type": request(media=b"text/plain"),
    "in chunks": request(body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    + b"2\r\n{}\r\n0\r\n\r\n",
    "ill-framed": request(body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"zz\r\n",
    "cut in its body": request()[:-3],
}


@pytest.mark.parametrize("name", ENDS)
def test_every_end_gives_back(name: str) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            async with client(scene) as one:
                one.send(ENDS[name])
                await turns()
            await until(lambda: empty(scene.gateway._plane.shares))

    run(scenario())


def test_a_body_that_is_on_its_way_is_held_no_longer() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            asked = asyncio.Event()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                asked.set()
                await asyncio.sleep(0.05)
                writer.write(OK)

            scene.upstream.script = wait
            one.send(request())
            await asked.wait()
            (exchange,) = scene.gateway._plane.open
            assert exchange.holds == len(exchange.judged.octets) == 0
            assert (await one.answer()).status == 200

    run(scenario())


def test_one_principal_leaves_connections_to_others() -> None:
    def few(scene: Scene) -> None:
        scene.limits = ServiceLimits(connections=16)

    async def scenario() -> None:
        async with standing(few) as scene:
            release = asyncio.Event()
            numbers = count()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                if next(numbers) < 12:
                    await release.wait()
                writer.write(OK)

            scene.upstream.script = wait
            async with asyncio.TaskGroup() as group, client(scene) as other:

                async def hold() -> int:
                    async with client(scene) as one:
                        return (await one.ask(request())).status

                holding = [group.create_task(hold()) for _ in range(40)]
                await until(lambda: sum(task.done() for task in holding) == 28)
                assert (await other.ask(request(bearer="other"))).status == 200
                release.set()
            assert sorted(task.result() for task in holding) == [200] * 12 + [429] * 28

    run(scenario())
