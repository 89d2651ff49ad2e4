"""The watches as folds: pure, replayable, the same however they are sharded, bounded."""

from collections.abc import Sequence

import pytest
from hypothesis import given

from bartizan.access.signin import consent, crowd, principal, source
from bartizan.access.signin.budget import turn
from bartizan.access.signin.fold import Fold
from bartizan.access.signin.shards import Shards
from bartizan.access.signin.subject import Act, Credential, Reason, Seen, SignIn
from bartizan.access.signin.suspicion import WHAT, Kind, Suspicion
from bartizan.control import Watch
from bartizan.ledger.vocabulary import ANOMALY
from tests.access.signin.given import SIGN_INS, signin, wrong
from tests.purity import armed

WATCHES = {
    "source": source.WATCH,
    "crowd": crowd.WATCH,
    "principal": principal.WATCH,
    "consent": consent.WATCH,
}


def _subjects(name: str, found: Sequence[SignIn]) -> list[SignIn | Seen]:
    return list(found) if name == "source" else [Seen(each, age=9) for each in found]


@pytest.mark.parametrize("name", WATCHES)
@given(found=SIGN_INS)
def test_sharding_by_key_changes_nothing(name: str, found: list[SignIn]) -> None:
    watch: Watch = WATCHES[name]
    subjects = _subjects(name, found)
    together = Shards(watch)
    whole = [(watch.key(each), together.step(each)) for each in subjects]
    for key in {watch.key(each) for each in subjects}:
        alone = Shards(watch)
        apart = [alone.step(each) for each in subjects if watch.key(each) == key]
        assert apart == [told for of, told in whole if of == key]


@given(found=SIGN_INS)
def test_a_replay_finds_the_same(found: list[SignIn]) -> None:
    first, second = Fold(2), Fold(2)
    assert [first.step(each) for each in found] == [second.step(each) for each in found]


@given(found=SIGN_INS)
def test_the_watches_touch_nothing_but_what_they_are_given(found: list[SignIn]) -> None:
    fold = Fold(2)
    with armed():
        for each in found:
            fold.step(each)


@given(found=SIGN_INS)
def test_what_a_stranger_can_do_alone_is_held_against_no_principal(found: list[SignIn]) -> None:
    fold = Fold(1000)
    for each in found:
        for told in fold.suspect(each):
            if each.reason in {Reason.SECRET_WRONG, Reason.PRINCIPAL_UNKNOWN, Reason.SECOND_FACTOR}:
                assert not told.held


def test_every_kind_has_its_words_and_its_place_in_the_record() -> None:
    assert set(WHAT) == set(Kind)
    assert ANOMALY.words == {kind.value for kind in Kind}


def _told(found: Sequence[SignIn], budget: float = 5) -> list[Suspicion]:
    fold = Fold(budget)
    return [told for each in found for told in fold.step(each)]


def _habits(days: int) -> list[SignIn]:
    return [
        signin(day, 8 + n % 3 + n / 60, f"p-{n}", "a-1" if n % 2 else f"a-home{n}", device=f"d-{n}", client="c-1", place="l-1")
        for day in range(days)
        for n in range(30)
    ]  # fmt: skip


def _kinds(found: Sequence[SignIn], days: int = 10) -> set[Kind]:
    every = sorted([*_habits(days), *found], key=lambda each: each.at)
    return {told.kind for told in _told(every)}


def test_habits_alone_raise_nothing() -> None:
    assert not _kinds([], 20)


def test_an_unknown_device_is_told_of() -> None:
    assert Kind.UNKNOWN_DEVICE in _kinds(
        [signin(9, 3, "p-3", "a-x", device="d-x", client="c-1", place="l-1")]
    )


def _streams(found: Sequence[SignIn], days: int = 12) -> list[str]:
    fold = Fold(5)
    every = sorted([*_habits(days), *found], key=lambda each: each.at)
    told = [(each, one) for each in every for one in fold.suspect(each) if _turned(fold, each)]
    return [one.stream for each, one in told if any(each is mine for mine in found)]


def _turned(fold: Fold, each: SignIn) -> bool:
    fold.budget = turn(fold.budget, each.day)
    return True


def test_a_new_device_where_nobody_ever_was_is_weighed_apart_from_one_at_its_desk() -> None:
    desk = signin(11, 9, "p-3", "a-1", device="d-x", client="c-1", place="l-1")
    elsewhere = signin(11, 9, "p-5", "a-x", device="d-y", client="c-1", place="l-1")
    assert _streams([desk, elsewhere]) == ["unknown-device", "unknown-device.elsewhere"]


def test_new_laptops_for_everybody_do_not_hide_the_one_that_is_elsewhere() -> None:
    laptops = [
        signin(day, 12 + n / 60, f"p-{2 * n + 1}", "a-1", device=f"d-{day}-{n}", client=f"c-{day}-{n}", place="l-1")
        for day in range(6, 14)
        for n in range(8)
    ]  # fmt: skip
    stolen = signin(13, 10, "p-4", "a-x", device="d-x", client="c-1", place="l-1")
    every = sorted([*_habits(14), *laptops, stolen], key=lambda each: each.at)
    fold = Fold(2)
    assert [told for each in every for told in fold.step(each) if each is stolen]


def test_jobs_that_begin_do_not_hide_a_person_who_was_never_there() -> None:
    jobs = [
        signin(day, 2 + n / 60, f"p-job{day}-{n}", f"a-job{day}-{n}", credential=Credential.SECRET)
        for day in range(7, 14)
        for n in range(6)
    ]
    person = signin(13, 9, "p-old", "a-x", device="d-x", credential=Credential.PASSWORD)
    every = sorted([*_habits(14), *jobs, person], key=lambda each: each.at)
    fold = Fold(2)
    told = [(each, one) for each in every for one in fold.step(each)]
    assert any(each is person for each, _ in told)
    assert sum(one.principal.startswith("p-job") for _, one in told) <= 2 * 7


def test_a_new_client_is_told_of() -> None:
    assert Kind.NEW_CLIENT in _kinds([signin(9, 9.5, "p-3", "a-1", device="d-3", client="c-x", place="l-1")])


def test_two_places_within_an_hour_are_told_of() -> None:
    assert Kind.IMPOSSIBLE in _kinds([signin(9, 12, "p-3", "a-y", device="d-3", client="c-1", place="l-9")])


def test_somebody_who_was_never_there_is_told_of() -> None:
    assert Kind.DORMANT in _kinds([signin(9, 9, "p-old", "a-x", device="d-x")])


def test_one_source_that_tries_everybody_is_told_of() -> None:
    assert Kind.SPRAYING in _kinds([wrong(9, 4 + n / 100, f"p-{n}", "a-x") for n in range(25)])


def test_names_that_nobody_has_are_told_of() -> None:
    assert Kind.STUFFING in _kinds([wrong(9, 4 + n / 100, "", "a-x") for n in range(60)])


def test_many_places_that_try_a_few_each_are_told_of_together() -> None:
    assert Kind.SPRAYING in _kinds([wrong(9, 4 + n / 100, f"p-{n}", f"a-x{n}") for n in range(30)])


def test_tries_with_one_principal_are_told_of() -> None:
    assert Kind.GUESSING in _kinds([wrong(9, 4 + n / 100, "p-3", f"a-x{n % 4}") for n in range(40)])


def test_far_reaching_rights_for_a_new_client_are_told_of() -> None:
    given_ = [
        signin(9, 12 + n / 10, f"p-{n}", "a-1", act=Act.CONSENT, client="c-evil", grave=True)
        for n in range(4)
    ]
    assert Kind.CONSENT in _kinds(given_)


def test_a_session_that_goes_on_elsewhere_is_told_of_from_the_first_day() -> None:
    begun = signin(1, 12, "p-3", "a-1", device="d-3", place="l-1", session="s-1")
    taken = signin(1, 13, "p-3", "a-x", device="d-x", place="l-9", session="s-1", act=Act.RENEW)
    assert Kind.TOKEN_REPLAY in _kinds([begun, taken], 2)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.TOKEN_REPLAYED, Kind.TOKEN_REPLAY),
        (Reason.PROOF_REPLAYED, Kind.PROOF_REPLAY),
        (Reason.REFRESH_REUSED, Kind.REFRESH_REUSE),
    ],
)
@pytest.mark.parametrize("who", ["p-3", ""])
def test_a_broken_protocol_is_told_of_from_the_first_day(reason: Reason, kind: Kind, who: str) -> None:
    assert kind in _kinds([signin(0, 13, who, "a-x", act=Act.USE, reason=reason)], 1)


def test_typing_errors_of_an_office_are_its_habit() -> None:
    slips = [wrong(day, 8 + n / 60, f"p-{2 * n + 1}", "a-1") for day in range(10) for n in range(4)]
    assert not _kinds(slips) & {Kind.SPRAYING, Kind.STUFFING, Kind.GUESSING}
