import threading
from collections.abc import Callable

import msgspec
import pytest

from bartizan.drill import run as drill
from bartizan.drill.attack import GotThrough, Held, Outcome, Stage, Trace, Undecided
from bartizan.drill.run import AttackUnknown, choose
from bartizan.drill.target import Target
from bartizan.drill.verdict import Verdict
from bartizan.ledger.event import Event
from bartizan.ledger.event import Outcome as Word
from tests.drill.scene import Record, attack

STAGES = frozenset(Stage)


def test_a_run_puts_every_attack_on_record_and_names_its_entry() -> None:
    record = Record()
    ran = drill.run([attack("one"), attack("two")], record.target(), record.ports())
    kinds = [event.kind for event in record.events]
    assert kinds == [
        "drill.run.started",
        "drill.attack.tried",
        "drill.attack.tried",
        "drill.run.finished",
    ]
    for tried in ran.attempts(*Verdict):
        assert tried.entry is not None
        assert record.events[tried.entry].detail["attack"] == tried.attack.name
        assert record.events[tried.entry].control == tried.attack.control
    assert {event.detail["run"] for event in record.events} == {ran.run}


def test_an_attack_names_the_entries_that_the_platform_wrote_about_its_requests() -> None:
    record = Record()
    ours, other = "q-" + "1" * 16, "q-" + "2" * 16

    def act(_target: Target) -> Outcome:
        for subject in (other, ours, other, ours, other):
            record.add(Event(1, "gateway.request.refused", "anonymous", subject, Word.DENIED))
        return Held("refused", Trace(frozenset({ours})))

    ran = drill.run([attack(act=act)], record.target(), record.ports())
    tried = ran.attempts(Verdict.HELD)[0]
    assert (tried.first, tried.last) == (2, 4)
    assert tried.entry is not None
    assert (record.events[tried.entry].detail["first"], record.events[tried.entry].detail["last"]) == (2, 4)


def test_refusals_that_are_counted_together_are_found_by_their_reason() -> None:
    record = Record()

    def act(_target: Target) -> Outcome:
        for reason in ("token-expired", "token-missing", "token-expired"):
            detail: dict[str, int | str] = {"reason": reason, "count": 1}
            record.add(Event(1, "gateway.request.refused", "anonymous", "", Word.DENIED, detail=detail))
        return Held("refused", Trace(frozenset({"q-" + "1" * 16}), frozenset({"token-missing"})))

    tried = drill.run([attack(act=act)], record.target(), record.ports()).attempts(Verdict.HELD)[0]
    assert (tried.first, tried.last) == (2, 2)


def test_the_record_tells_held_through_and_undecided_apart() -> None:
    record = Record()
    outcomes: dict[str, Outcome] = {
        "held": Held("x"),
        "through": GotThrough("x"),
        "undecided": Undecided("x"),
    }

    def told(outcome: Outcome) -> Callable[[Target], Outcome]:
        return lambda _target: outcome

    attacks = [attack(name, act=told(outcome)) for name, outcome in outcomes.items()]
    drill.run(attacks, record.target(), record.ports("access.request-authenticated"))
    words = {
        event.detail["attack"]: event.outcome for event in record.events if event.kind == "drill.attack.tried"
    }
    assert words == {"held": Word.CLEARED, "through": Word.FOUND, "undecided": Word.FAILED}


def test_an_attack_that_raises_is_undecided_and_does_not_stop_the_others() -> None:
    def act(_target: Target) -> Outcome:
        raise ConnectionResetError("gone\x1b[2J")

    record = Record()
    ran = drill.run([attack("raises", act=act), attack("fine")], record.target(), record.ports())
    undecided = ran.attempts(Verdict.UNDECIDED)
    assert [tried.attack.name for tried in undecided] == ["raises"]
    assert undecided[0].said == "ConnectionResetError: gone[2J"
    assert len(ran.attempts(Verdict.HELD)) == 1


def test_an_attack_that_overstays_is_undecided_and_does_not_hold_up_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drill, "DEADLINE", 50_000_000)
    released = threading.Event()

    def act(_target: Target) -> Outcome:
        released.wait(60)
        return Held("too late")

    record = Record()
    many = [attack(f"fine-{number}") for number in range(20)]
    ran = drill.run([attack("stuck", act=act), *many], record.target(), record.ports())
    released.set()
    assert [tried.attack.name for tried in ran.attempts(Verdict.UNDECIDED)] == ["stuck"]
    assert len(ran.attempts(Verdict.HELD)) == 20


def test_what_a_busy_moment_left_undecided_is_carried_out_once_more_alone_on_fresh_twins() -> None:
    record, begun, lock = Record(), list[str](), threading.Lock()

    def act(name: str, *outcomes: Outcome) -> Callable[[Target], Outcome]:
        left = list(outcomes)

        def carried_out(_target: Target) -> Outcome:
            with lock:
                begun.append(name)
                assert len(outcomes) == len(left) or "renewed" in record.told
            return left.pop(0)

        return carried_out

    late, still = (Undecided("busy"), GotThrough("in")), (Undecided("busy"), Undecided("still"))
    attacks = [attack("late", act=act("late", *late)), attack("still", act=act("still", *still))]
    attacks += [attack(f"fine-{number}", act=act("fine", Held("x"))) for number in range(2)]
    ran = drill.run(attacks, record.target(), record.ports("access.request-authenticated"))
    assert sorted(begun[:4]) == ["fine", "fine", "late", "still"]
    assert sorted(begun[4:]) == ["late", "still"]
    assert {tried.attack.name: tried.said for tried in ran.attempts(Verdict.BROKEN, Verdict.UNDECIDED)} == {
        "late": "in",
        "still": "still",
    }
    assert record.told.count("renewed") == 1
    assert sorted(record.told) == ["fine-0", "fine-1", "late", "renewed", "still"]


def test_where_most_cannot_be_judged_nothing_is_tried_again() -> None:
    record, begun = Record(), list[str]()

    def act(_target: Target) -> Outcome:
        begun.append("")
        return Undecided("no platform")

    ran = drill.run(
        [attack("one", act=act), attack("two", act=act), attack("three")], record.target(), record.ports()
    )
    assert len(begun) == len(ran.attempts(Verdict.UNDECIDED)) == 2
    assert sorted(record.told) == ["one", "three", "two"]


def test_no_more_attacks_run_at_once_than_allowed() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def act(_target: Target) -> Outcome:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1
        return Held("x")

    record = Record()
    drill.run([attack(f"a{number}", act=act) for number in range(24)], record.target(), record.ports())
    assert 1 < most <= drill.AT_ONCE


def test_attacks_are_chosen_by_name_by_control_and_by_stage() -> None:
    every = {
        one.name: one
        for one in (
            attack("one", "a.b"),
            attack("two", "a.b", stage=Stage.TWIN),
            attack("three", "c.d", stage=Stage.SAMPLE),
        )
    }
    assert [one.name for one in choose(every, (), STAGES)] == ["one", "two", "three"]
    assert [one.name for one in choose(every, ("a.b",), STAGES)] == ["one", "two"]
    assert [one.name for one in choose(every, ("three", "one"), STAGES)] == ["one", "three"]
    assert [one.name for one in choose(every, (), {Stage.FRONT})] == ["one"]
    with pytest.raises(AttackUnknown, match="'four'"):
        choose(every, ("four",), STAGES)


@pytest.mark.parametrize("stage", [Stage.TWIN, Stage.WRECK, Stage.SCENE])
def test_a_run_waits_for_no_trace_that_another_platform_keeps(stage: Stage) -> None:
    """Else every drill would take as long as it waits at most, and show entries of somebody else's requests."""
    record, waits = Record(), list[float]()
    elsewhere = Trace(frozenset({"q-" + "1" * 16}), frozenset({"token-missing"}))
    detail: dict[str, int | str] = {"reason": "token-missing", "count": 1}
    record.add(Event(1, "gateway.request.refused", "anonymous", "", Word.DENIED, detail=detail))
    target = msgspec.structs.replace(record.target(), sleep=waits.append)
    ran = drill.run([attack(act=lambda _target: Held("x", elsewhere), stage=stage)], target, record.ports())
    (tried,) = ran.attempts(Verdict.HELD)
    assert (waits, tried.first, tried.last) == ([], None, None)


def test_what_wrecks_a_twin_comes_after_everything_else_there_one_at_a_time() -> None:
    order, here = list[str](), threading.Lock()

    def tried(name: str) -> Callable[[Target], Outcome]:
        def act(_target: Target) -> Outcome:
            assert here.acquire(blocking=False), "two at once on one twin"
            order.append(name)
            here.release()
            return Held("x")

        return act

    stages = {"a": Stage.WRECK, "b": Stage.TWIN, "c": Stage.WRECK, "d": Stage.TWIN}
    record = Record()
    attacks = [attack(name, act=tried(name), stage=stage) for name, stage in stages.items()]
    ran = drill.run(attacks, record.target(), record.ports())
    assert len(ran.attempts(Verdict.HELD)) == len(attacks)
    assert order == ["b", "d", "a", "c"]


def test_what_an_attack_waits_for_does_not_keep_the_others_waiting() -> None:
    """A twin and the scene take seconds to start; what needs neither is tried meanwhile."""
    started = threading.Event()
    plain = [attack(f"plain-{number}", act=lambda _target: Held("x")) for number in range(drill.AT_ONCE)]

    def scene(_target: Target) -> Outcome:
        return Held("x") if started.wait(60) else Undecided("the others were not tried")

    def last(_target: Target) -> Outcome:
        started.set()
        return Held("x")

    waiting = [attack(f"a-{number}", act=scene, stage=Stage.SCENE) for number in range(drill.AT_ONCE + 2)]
    record = Record()
    ran = drill.run([*waiting, *plain, attack("z", act=last)], record.target(), record.ports())
    assert not ran.attempts(Verdict.UNDECIDED)
