"""Those who ask take turns, within bounds of number, size and processor time; everybody is answered once."""

from collections.abc import Generator

from bartizan.app.inspector_turns import AHEAD, JOBS, OCTETS, SAVED, SHARE, SOURCES, Job, Turns
from bartizan.gateway.inspected import ALLOW, BLOCK, BUDGET, FAILED, UNAVAILABLE, Passed, Said


class Ground:
    """Turns with a hand-set processor clock."""

    def __init__(self) -> None:
        self.used = self.now = 0
        self.faults: list[str] = []
        self.turns = Turns(lambda: self.used, lambda: self.now, lambda what, _: self.faults.append(what))
        self.order: list[str] = []
        self.told: list[tuple[str, Said | Passed]] = []

    def put(
        self,
        source: str,
        stretches: int = 1,
        octets: int = 10,
        cost: int = 0,
        line: object = None,
        number: int = 0,
    ) -> None:
        def work() -> Generator[None, None, Said]:
            for at in range(stretches):
                self.order.append(source)
                self.used += cost
                self.now += cost
                if at < stretches - 1:
                    yield
            return Said(ALLOW)

        self.turns.put(
            Job(source, octets, work(), lambda said: self.told.append((source, said)), line, number)
        )

    def run(self) -> None:
        while self.turns:
            self.turns.step()


def test_one_long_prompt_keeps_nobody_waiting() -> None:
    ground = Ground()
    ground.put("long", stretches=5)
    ground.put("long", stretches=5)
    ground.put("short")
    ground.run()
    assert ground.order[:3] == ["long", "short", "long"]
    assert [source for source, _ in ground.told] == ["short", "long", "long"]
    assert {said for _, said in ground.told} == {Said(ALLOW)}


def test_who_begins_comes_before_those_who_go_on() -> None:
    ground = Ground()
    for source in ("long", "longer", "longest"):
        ground.put(source, stretches=3)
    for _ in range(3):
        ground.turns.step()
    for _ in range(3):
        ground.put("short")
    ground.run()
    assert ground.order[3:6] == ["short"] * 3
    assert ground.order[6:] == ["long", "longer", "longest"] * 2


def test_those_who_go_on_have_a_share_of_the_time_of_those_who_begin() -> None:
    ground = Ground()
    ground.put("long", stretches=4, cost=AHEAD)
    ground.turns.step()
    for number in range(9):
        ground.put(f"short-{number}", cost=AHEAD // 2)
    ground.run()
    assert [at for at, source in enumerate(ground.order) if source == "long"] == [0, 1, 4, 7]


def test_who_is_dropped_while_it_goes_on_leaves_the_place_to_the_next_of_its_source() -> None:
    ground = Ground()
    ground.put("one", stretches=3, line=1)
    ground.put("other", stretches=3, line=1)
    for _ in range(2):
        ground.turns.step()
    ground.put("one", line=2)
    ground.turns.drop(1)
    ground.put("other", line=2)
    ground.run()
    assert ground.told == [("one", Said(ALLOW)), ("other", Said(ALLOW))]
    assert len(ground.turns) == 0


def test_one_source_has_one_prompt_in_work_at_a_time() -> None:
    ground = Ground()
    ground.put("one", stretches=2)
    ground.put("one", stretches=2)
    for _ in range(2):
        ground.turns.step()
    assert len(ground.told) == 1


def test_where_it_is_full_who_waits_with_most_gives_way_and_is_told() -> None:
    ground = Ground()
    ground.put("small")
    for _ in range(JOBS):
        ground.put("many")
    assert len(ground.turns) == JOBS
    assert ground.told == [("many", Said(BLOCK, UNAVAILABLE))]
    ground = Ground()
    ground.put("small")
    ground.put("huge", octets=OCTETS)
    assert ground.told == [("huge", Said(BLOCK, UNAVAILABLE))]
    ground.run()
    assert len(ground.told) == 2


def test_who_used_up_its_time_is_told_so_and_has_it_back_later() -> None:
    ground = Ground()
    ground.put("dear", stretches=20, cost=SAVED // 4)
    ground.put("cheap")
    ground.run()
    assert ("dear", Said(BLOCK, BUDGET)) in ground.told
    assert ("cheap", Said(ALLOW)) in ground.told
    ground.put("dear")
    assert ground.told[-1] == ("dear", Said(BLOCK, BUDGET))
    ground.now += int(SAVED / SHARE)
    ground.put("dear")
    ground.run()
    assert ground.told[-1] == ("dear", Said(ALLOW))


def test_those_whose_worker_is_gone_are_forgotten() -> None:
    ground = Ground()
    ground.put("one", line=1)
    ground.put("two", line=2)
    ground.turns.drop(1)
    ground.run()
    assert [source for source, _ in ground.told] == ["two"]


def test_the_memory_of_sources_is_bounded() -> None:
    ground = Ground()
    for number in range(SOURCES + 9):
        ground.put(f"s{number}", cost=1)
        ground.run()
    assert len(ground.turns._spent) == SOURCES


def test_what_raises_holds_back_what_it_was_about_and_nothing_else() -> None:
    ground = Ground()

    def work() -> Generator[None, None, Said]:
        yield
        raise ValueError("what somebody said")

    ground.turns.put(Job("one", 1, work(), lambda said: ground.told.append(("one", said))))
    ground.put("two")
    ground.run()
    assert ground.told == [("two", Said(ALLOW)), ("one", Said(BLOCK, FAILED))]
    assert ground.faults == ["an inspection"]


def test_one_that_nobody_waits_for_any_more_is_forgotten_alone() -> None:
    ground = Ground()
    for number in (1, 2):
        ground.put("one", line=1, number=number)
    ground.put("two", line=2, number=1)
    ground.turns.drop(1, 1)
    ground.run()
    assert sorted(source for source, _ in ground.told) == ["one", "two"]
