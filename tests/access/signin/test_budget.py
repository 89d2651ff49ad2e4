"""The budget: so many alerts a day, the rarest, and nobody can use it up for another's."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.budget import LEARNING, WINDOW, Budget, exceeded, fair, step, thresholds, turn
from bartizan.access.signin.suspicion import Kind, Suspicion, suspicion
from tests.access.signin.given import signin


def _suspicion(
    day: float, weight: float, kind: Kind = Kind.UNUSUAL, about: str = "p-1", stream: str = ""
) -> Suspicion:
    return suspicion(kind, stream or kind.value, weight, about, signin(day))


def _ordinary(days: int, perday: int, chance: Random, kind: Kind = Kind.UNUSUAL) -> list[Suspicion]:
    return [
        _suspicion(day + n / perday / 2, chance.expovariate(1), kind, f"p-{n}")
        for day in range(days)
        for n in range(perday)
    ]


def _fold(found: list[Suspicion], budget: float) -> tuple[Budget, list[Suspicion]]:
    state, alerts = Budget(budget), list[Suspicion]()
    for each in sorted(found, key=lambda one: one.at):
        state, told = step(state, each)
        alerts.extend(told)
    return state, alerts


@given(seed=st.integers(0, 2**32), budget=st.sampled_from([3, 5, 10]), many=st.sampled_from([60, 200]))
def test_a_steady_company_has_as_many_alerts_as_its_budget(seed: int, budget: int, many: int) -> None:
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    found = [
        each for kind in (Kind.UNUSUAL, Kind.UNKNOWN_DEVICE) for each in _ordinary(60, many, chance, kind)
    ]
    _, alerts = _fold(found, budget)
    told = sum(each.at >= signin(LEARNING).at - 10**13 for each in alerts)
    assert abs(told / (60 - LEARNING) / budget - 1) <= 0.2


_MIXED = [0.1, 0.2, 0.3, 0.5, 0.5, 1, 2, 2, 4, 8, 8, 20, 40]


@given(
    seed=st.integers(0, 2**32), budget=st.sampled_from([2, 5]), often=st.sampled_from([_MIXED, [0.3] * 24])
)
def test_many_signs_that_are_rare_each_keep_a_small_budget(
    seed: int, budget: int, often: list[float]
) -> None:
    """A share is one to three alerts a month there: one more of each would be far over the budget."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    found = [
        _suspicion(day + chance.random(), chance.expovariate(1), about=f"p-{n}", stream=f"stream-{place}")
        for place, mean in enumerate(often)
        for day in range(37)
        for n in range(int(mean + chance.random()))
    ]
    _, alerts = _fold(found, budget)
    told = sum(each.at >= signin(LEARNING).at - 10**13 for each in alerts)
    assert abs(told / (37 - LEARNING) / budget - 1) <= 0.2


@given(weights=st.lists(st.floats(0.1, 40), min_size=1, max_size=60), times=st.floats(0.1, 80))
def test_about_as_many_are_above_a_bound_as_were_asked_for(weights: list[float], times: float) -> None:
    ordered = sorted(weights, reverse=True)
    bound = exceeded(ordered, times)
    above, alike = sum(each > bound for each in ordered), max(ordered.count(each) for each in ordered)
    assert times - 2 - alike <= above <= times + alike or above == len(ordered) <= times


def test_what_weighs_the_same_is_told_of_together_or_not_at_all() -> None:
    weights = [9.0, *[4.0] * 6, 1.0]
    assert exceeded(weights, 3) == 4.0, "one of seven is nearer to three than all are"
    assert exceeded(weights, 6) == 1.0, "seven of seven are nearer to six"
    assert exceeded([4.0] * 6, 5) == 0.0


def test_less_than_one_asks_for_a_bit_more_than_the_heaviest_for_each_halving() -> None:
    assert [exceeded([7.0, 3.0], times) for times in (1.0, 0.5, 0.25)] == [7.0, 8.0, 9.0]
    assert exceeded([7.0], 0.0) < 20


def test_what_was_told_too_much_is_made_up_for_and_by_no_more_than_half() -> None:
    quiet = [
        each
        for kind in (Kind.UNUSUAL, Kind.UNKNOWN_DEVICE)
        for each in _ordinary(22, 60, Random(4), kind)  # noqa: S311 - to be repeated, not to be secret
    ]
    loud = [
        _suspicion(day + n / 5000, 40 + day + n, about=f"a-{n}", stream=f"loud-{stream}")
        for day in (19, 20, 21)
        for stream in range(5)
        for n in range(30)
    ]
    before, _ = _fold([*quiet, *loud], 5)
    calm, after = turn(_fold(quiet, 5)[0], before.day + 1), turn(before, before.day + 1)
    unmoved, halved = thresholds(after.past, 5), thresholds(after.past, 2.5)
    for kind in (Kind.UNUSUAL, Kind.UNKNOWN_DEVICE):
        assert unmoved[kind.value] < after.above[kind.value] <= halved[kind.value]
    assert after.owed < calm.owed
    assert len(after.past) == WINDOW


def test_nothing_is_told_while_learning_but_what_breaks_a_protocol_or_is_blatant() -> None:
    found = [_suspicion(day, 30.0, kind, f"p-{kind.value}") for day in range(LEARNING) for kind in Kind]
    _, alerts = _fold(found, 5)
    assert {each.kind for each in alerts} == {Kind.TOKEN_REPLAY, Kind.PROOF_REPLAY, Kind.REFRESH_REUSE}
    blatant = _suspicion(1, 41.0, Kind.STUFFING, "a-1", "credential-stuffing.source")
    assert _fold([blatant], 5)[1] == [blatant]


def test_a_suspect_is_told_of_once_a_day_and_again_the_next() -> None:
    found = _ordinary(20, 50, Random(1))  # noqa: S311 - to be repeated, not to be secret
    flood = [_suspicion(18 + n / 100, 50.0 + n, about="p-x") for n in range(40)]
    flood += [_suspicion(19.1, 50.0, about="p-x")]
    _, alerts = _fold([*found, *flood], 5)
    assert sum(each.about == "p-x" for each in alerts) == 2


def test_a_flood_of_one_stream_takes_no_alert_from_another() -> None:
    chance = Random(2)  # noqa: S311 - to be repeated, not to be secret
    quiet = [*_ordinary(25, 50, chance), *_ordinary(25, 50, chance, Kind.UNKNOWN_DEVICE)]
    flood = [_suspicion(20 + n / 5000, 40 + n, Kind.SPRAYING, f"a-{n}") for n in range(3000)]
    grave = _suspicion(20.9, 30.0, Kind.UNKNOWN_DEVICE, "p-victim")
    _, alerts = _fold([*quiet, *flood, grave], 5)
    assert grave in alerts


def test_a_flood_does_not_become_what_is_ordinary() -> None:
    chance = Random(3)  # noqa: S311 - to be repeated, not to be secret
    quiet = _ordinary(25, 20, chance, Kind.SPRAYING)
    flood = [
        _suspicion(day + n / 5000, 40.0, Kind.SPRAYING, f"a-{n}") for day in (18, 19, 20) for n in range(400)
    ]
    again = _suspicion(24.9, 30.0, Kind.SPRAYING, "a-later")
    _, alerts = _fold([*quiet, *flood, again], 5)
    assert again in alerts


@given(
    wanted=st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 50), min_size=1),
    whole=st.floats(0, 400),
)
def test_shares_are_never_more_than_wanted_nor_than_there_is(wanted: dict[str, int], whole: float) -> None:
    shares = fair(wanted, whole)
    assert all(0 <= shares[name] <= most for name, most in wanted.items())
    assert sum(shares.values()) <= whole + len(wanted) / 2
    least = min(wanted.values())
    assert all(share >= min(least, int(whole / len(wanted)) - 1) for share in shares.values())


@given(
    days=st.lists(
        st.dictionaries(st.sampled_from(["a", "b"]), st.lists(st.floats(0, 9), max_size=9).map(lambda each: tuple(sorted(each, reverse=True)))),
        min_size=1, max_size=14,
    ),
    perday=st.floats(0.1, 20),
)  # fmt: skip
def test_a_threshold_is_never_below_nothing(days: list[dict[str, tuple[float, ...]]], perday: float) -> None:
    assert all(weight >= 0 for weight in thresholds(days, perday).values())


def test_years_of_silence_are_gone_over_at_once() -> None:
    state, _ = _fold([_suspicion(0, 1.0), _suspicion(5000, 1.0)], 5)
    assert state.day == signin(5000).day
