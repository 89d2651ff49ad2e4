"""The bench of sign-ins: what was kept out of development stays apart, and its judgement is not its own."""

from dataclasses import replace
from random import Random

import pytest

from bartizan.access.signin.fold import Fold
from bartizan.access.signin.subject import Act, SignIn
from bartizan.access.signin.suspicion import Kind, suspicion
from bartizan.clock import DAY
from bench import signins
from bench.bed.campaigns import CAMPAIGNS, FIRST
from bench.bed.staff import DAYS, PEOPLE, SERVICES, Company, at, company

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Company:
    return company("a test's own")


def test_a_company_has_its_principals_for_its_days_and_is_the_same_again(made: Company) -> None:
    assert PEOPLE + SERVICES == 200
    assert made.events == company("a test's own").events
    assert made.events != company("another").events
    assert max(each.at for each in made.events) < at(DAYS + 1, 0)


def test_honest_people_travel_move_and_get_laptops_and_jobs_begin() -> None:
    begun = nights = 0
    for seed in ("a test's own", "another", "a third"):
        made = company(seed)
        seen: dict[str, list[SignIn]] = {}
        for each in made.events:
            if each.good and each.act is Act.SIGN_IN:
                seen.setdefault(each.principal, []).append(each)
        people = [seen[each.id] for each in made.people if each.id in seen]
        assert sum(len({each.source for each in one}) > 4 for one in people) >= 10
        assert sum(len({each.device for each in one}) > 2 for one in people) >= 5
        nights += sum(each.at % DAY < at(0, 5) % DAY for one in people for each in one)
        for service in made.services:
            hours = {each.at // (DAY // 24) % 24 for each in seen[service.id] if each.at < at(1, 0)}
            later = {each.at // (DAY // 24) % 24 for each in seen[service.id]}
            begun += len(later) > len(hours) or len({each.client for each in seen[service.id]}) > 1
    assert nights > 50
    assert begun >= 3


def test_a_kind_that_is_missed_is_not_made_up_for_by_the_others() -> None:
    kinds = [(each.name, each.slow) for each in CAMPAIGNS for _ in range(10)]
    clean = [signins.Clean({budget: float(budget) for budget in signins.BUDGETS}, {"a": 1}, 1, 1.0, 1)]
    found = [signins.Try(name, slow, True, True, 1.0, 0.0) for name, slow in kinds]
    assert signins._report(clean, found, "development")[1] == 0
    missed = [replace(each, found=n not in (0, 1)) for n, each in enumerate(found)]
    assert signins._report(clean, missed, "development")[1] == 1


def test_every_campaign_begins_after_the_learning_and_ends_in_time(made: Company) -> None:
    for n, campaign in enumerate(CAMPAIGNS):
        script = campaign.script(made, Random(n), "bench")  # noqa: S311 - to be repeated, not to be secret
        assert script, campaign.name
        assert at(FIRST, 0) <= min(each.at for each in script), campaign.name
        assert max(each.at for each in script) < at(DAYS + 1, 0), campaign.name


def test_a_clean_company_has_about_its_budget_of_alerts(made: Company) -> None:
    fold, told = Fold(5), 0
    for each in made.events:
        alerts = fold.step(each)
        told += 0 if fold.budget.learning else len(alerts)
    assert 0.7 < told / (DAYS - 7) / 5 < 1.4


def test_an_alert_of_another_kind_is_no_find() -> None:
    spraying = next(each for each in CAMPAIGNS if each.name == "spraying" and not each.slow)
    script = [SignIn(at(9, 1), "bench")]
    other = suspicion(Kind.UNUSUAL, "unusual-sign-in", 1.0, "p-1", script[0])
    assert not signins._judged(spraying, script, [other]).found
    assert signins._judged(spraying, script, [suspicion(Kind.SPRAYING, "x", 1.0, "a-1", script[0])]).found


def test_what_is_recorded_takes_the_seeds_that_development_does_not() -> None:
    assert not set(signins._deals("held-out", 9)) & set(signins._deals("development", 9))
    tried = [campaign for _, chosen in signins._deals("held-out", len(CAMPAIGNS)) for campaign in chosen]
    assert {tried.count(n) for n in range(len(CAMPAIGNS))} == {4}
