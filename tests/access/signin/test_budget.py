"""The budget: so many alerts a day, the rarest, and nobody can use it up for another's."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.budget import LEARNING, Budget, fair, step, thresholds
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
