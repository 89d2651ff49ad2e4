"""The bench of sign-ins: what was kept out of development stays apart, and its judgement is not its own."""

from random import Random

import pytest

from bartizan.access.signin.fold import Fold
from bartizan.access.signin.subject import SignIn
from bartizan.access.signin.suspicion import Kind, suspicion
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
