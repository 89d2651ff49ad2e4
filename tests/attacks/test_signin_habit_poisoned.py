"""A patient attacker, who wants what he does to become what is usual before he does it in earnest."""

from random import Random

from bartizan.access.signin.fold import Fold
from bartizan.access.signin.profile import Trait
from bartizan.access.signin.subject import SignIn
from bartizan.access.signin.suspicion import Kind, Suspicion
from tests.access.signin.given import signin, wrong


def _company(days: int) -> list[SignIn]:
    chance = Random(7)  # noqa: S311 - to be repeated, not to be secret
    good = [
        signin(
            day,
            8 + chance.random() * 2,
            f"p-{n}",
            "a-office" if chance.random() < 0.6 else f"a-home{n}",
            device=f"d-{n}",
        )
        for day in range(days)
        for n in range(60)
    ]
    noise = [
        wrong(day, chance.random() * 24, f"p-{chance.randrange(60)}" if chance.random() < 0.3 else "", f"a-noise{chance.randrange(9999)}")
        for day in range(days)
        for _ in range(chance.randrange(3, 9))
    ]  # fmt: skip
    return [*good, *noise]


def _told(found: list[SignIn], evil: set[int]) -> list[Suspicion]:
    fold, told = Fold(5), list[Suspicion]()
    for each in sorted(found, key=lambda one: one.at):
        alerts = fold.step(each)
        told += alerts if each.at in evil else ()
    return told


def test_a_spray_that_grows_from_nothing_is_told_of_before_it_is_large() -> None:
    chance = Random(8)  # noqa: S311 - to be repeated, not to be secret
    ramp = [
        wrong(day, chance.random() * 24, f"p-{chance.randrange(60)}", f"a-bot{day}-{n}")
        for day in range(28)
        for n in range(day)
    ]
    told = _told([*_company(28), *ramp], {each.at for each in ramp})
    crowd = [each for each in told if each.kind is Kind.SPRAYING]
    assert crowd
    assert crowd[0].at < ramp[-1].at - 7 * 86_400 * 10**9


def test_sprays_in_the_learning_days_do_not_hide_the_next_one() -> None:
    early = [wrong(day, 2 + n / 50, f"p-{n}", f"a-early{day}-{n}") for day in (2, 4) for n in range(40)]
    late = [wrong(20, 2 + n / 50, f"p-{n}", f"a-late{n}") for n in range(40)]
    told = _told([*_company(22), *early, *late], {each.at for each in late})
    assert Kind.SPRAYING in {each.kind for each in told}


def test_one_good_sign_in_does_not_make_a_device_known() -> None:
    trait = Trait()
    for day in range(10):
        trait = trait.learn("d-own", day)
    for _ in range(50):
        trait = trait.learn("d-thief", 11)
    assert trait.novelty("d-thief", 20) > 0


def test_tries_never_make_a_source_familiar() -> None:
    fold = Fold(5)
    for day in range(30):
        for n in range(5):
            fold.step(wrong(day, n, f"p-{n}", "a-patient"))
    assert not fold._sources.state("a-patient").familiar
    assert not fold._sources.state("a-patient").earned
