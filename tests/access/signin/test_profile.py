"""What is known of a principal: taught by good sign-ins on several days, and not to be pushed out."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.profile import Profile, Trait, learnt
from tests.access.signin.given import signin

DAYS = 20


def _used(trait: Trait, value: str, days: range) -> Trait:
    for day in days:
        trait = trait.learn(value, day)
    return trait


def test_a_value_is_known_after_its_second_day_and_not_before() -> None:
    trait = _used(Trait(), "d-own", range(10))
    before = trait.novelty("d-new", DAYS)
    once = _used(trait, "d-new", range(11, 12))
    twice = _used(trait, "d-new", range(11, 13))
    assert before > once.novelty("d-new", DAYS) > twice.novelty("d-new", DAYS) == 0.0


def test_a_hundred_uses_on_one_day_count_once() -> None:
    trait = _used(Trait(), "d-own", range(10))
    for _ in range(100):
        trait = trait.learn("d-new", 11)
    assert trait.novelty("d-new", DAYS) > 0


@given(news=st.lists(st.integers(0, 1000), max_size=200))
def test_new_values_never_push_out_a_known_one(news: list[int]) -> None:
    trait = _used(Trait(), "d-own", range(3))
    for n in news:
        trait = trait.learn(f"d-{n}", 5)
    assert trait.novelty("d-own", DAYS) == 0.0
    assert len(trait.values) <= 16


def test_who_has_something_new_every_week_is_suspected_less() -> None:
    steady = _used(Trait(), "a-home", range(20))
    travels = steady
    for day in range(0, 20, 3):
        travels = travels.learn(f"a-{day}", day)
    assert travels.novelty("a-new", DAYS) < steady.novelty("a-new", DAYS)


def test_few_days_say_little_of_what_a_principal_does() -> None:
    once, twice = (_used(Trait(values={"d-own": (9, 1)}, new=new), "d-own", range(3)) for new in (1, 2))
    weeks = [once.novelty("d-new", days) - twice.novelty("d-new", days) for days in (4, 14)]
    assert weeks[0] < 1
    assert twice.novelty("d-new", 4) < twice.novelty("d-new", 14)


def test_what_is_new_does_not_grow_for_ever() -> None:
    trait = _used(Trait(), "d-own", range(3))
    assert trait.novelty("d-new", 30) == trait.novelty("d-new", 300)


def test_an_hour_of_its_own_surprises_nobody_and_the_night_does() -> None:
    profile = Profile()
    for day in range(10):
        profile = learnt(profile, signin(day, 9))
    assert profile.hour_bits(signin(11, 9).at) == 0.0
    assert profile.hour_bits(signin(11, 3).at) > 2
