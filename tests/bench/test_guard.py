"""Peers are compared at their own false alarms, on the same texts; one that does not run is told, and no peer is in our environment."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import guard
from bench.bed.environments import NotInstalled, environment
from bench.bed.guard_goals import auc, goals, recall
from bench.bed.guard_peers import PEERS, Answers, Verdict, answers, asked
from bench.bed.guard_sets import DISGUISED, DOCUMENTS, SHIPPED, USERS, Case, cases
from bench.bed.processes import PeerFailed

SCORES = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.99]), min_size=1, max_size=30)


@given(SCORES, SCORES)
def test_the_area_under_the_curve_is_the_share_of_pairs(attacks: list[float], others: list[float]) -> None:
    pairs = [(one > other) + (one == other) / 2 for one in attacks for other in others]
    assert auc(attacks, others) == pytest.approx(sum(pairs) / len(pairs))


@given(SCORES, SCORES, st.sampled_from([0.0, 0.01, 0.05, 0.5]))
def test_recall_is_told_where_no_more_others_are(
    attacks: list[float], others: list[float], share: float
) -> None:
    found = recall(attacks, others, share)
    fits = [x for x in {-1.0, *others} if sum(each > x for each in others) <= share * len(others)]
    assert found == max(sum(each > x for each in attacks) for x in fits) / len(attacks)


def test_goals_are_told_by_what_our_guard_makes_of_each_set() -> None:
    sets = [
        (Case(USERS, "some, attacks", True, SHIPPED, "a"), True),
        (Case(USERS, "s-labs, others", False, SHIPPED, "b"), False),
        (Case(USERS, "trigger words (ours), others", False, SHIPPED, "c"), True),
        (Case(DISGUISED, "s-labs, plain", True, SHIPPED, "d"), True),
        (Case(DISGUISED, "s-labs, hex", True, SHIPPED, "e"), False),
        (Case(DISGUISED, "s-labs, each of these, others", False, SHIPPED, "f"), False),
    ]
    ours = [Verdict(told=told, score=0.9 if told else 0.1, ms=0) for _, told in sets]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in goals(
            [case for case, _ in sets], [*ours, Verdict(told=False, score=0, ms=0.5)]
        ).splitlines()
    ]
    assert ["false alarms, trigger words (1 of ours)", "<= 0.05", "1.000", "not met"] in rows
    assert ["recall in disguise, of the plain one's (least: hex)", ">= 0.9", "0.000", "not met"] in rows
    assert ["false alarms in disguise, more than plain", "<= 0.005", "0.000", "met"] in rows
    assert ["reading, patterns and model, CPU ms per 4 KB", "<= 0.7", "0.500", "met"] in rows
    assert ["users' words: AUC (floor 0.90)", ">= 0.95", "0.750", "not met"] in rows


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.99])), st.integers(0, 30))
def test_no_more_false_alarms_are_raised_than_the_peer_raised(scores: list[float], alarms: int) -> None:
    least = guard.above(scores, alarms)
    assert sum(score > least for score in scores) <= alarms
    if alarms >= len(scores):
        assert all(score > least for score in scores)


def _case(number: int, *, attack: bool) -> Case:
    return Case(USERS, "some, attacks" if attack else "some, others", attack, SHIPPED, str(number))


def test_the_table_has_recall_of_each_at_the_peers_false_alarms() -> None:
    texts = [_case(number, attack=number < 4) for number in range(14)]
    peer = Answers("peer 1.0", tuple(Verdict(told=n in {0, 4}, score=0, ms=3) for n in range(16)))
    scores = [0.9, 0.8, 0.5, 0.1, 0.95, 0.45, *(0.0 for _ in range(10))]
    ours = Answers("Bartizan 0", tuple(Verdict(told=score >= 0.9, score=score, ms=2) for score in scores))
    said = guard.told(texts, [peer, ours, Answers("other", fault="ERROR: there is none")])
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in said.splitlines()]
    assert ["some, attacks", "4", "0.250", "0.250"] in lines
    assert ["some, others", "10", "0.100", "0.100"] in lines
    assert ["", "3.00", "2.00"] in lines
    assert ["false alarms of the peer", "0.100"] in lines
    assert ["some, attacks", "0.250 -> 0.750"] in lines
    assert "set by set: met." in said
    assert "other did not run: ERROR: there is none" in said


def test_where_a_peer_is_better_the_goal_is_not_met() -> None:
    texts = [_case(number, attack=number < 4) for number in range(8)]
    peer = Answers("peer 1.0", tuple(Verdict(told=n < 3, score=0, ms=3) for n in range(9)))
    ours = Answers(
        "Bartizan 0", tuple(Verdict(told=n < 2, score=1 - n / 10, ms=2) for n in (0, 5, 6, 7, 1, 2, 3, 4, 8))
    )
    assert "not met: ahead in 0 of 1, level in 0" in guard.told(texts, [peer, ours])


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_is_not_there_says_so(name: str) -> None:
    with pytest.raises(PeerFailed, match="No module named"):
        asked([sys.executable], name, [("hello", "user")])


@pytest.mark.slow
def test_an_environment_is_made_anew_once_its_lock_is_another(tmp_path: Path) -> None:
    lock = tmp_path / "bench-guard-nobody.txt"
    lock.write_text("# nothing\n")
    python = environment("guard-nobody", tmp_path, tmp_path)
    mark = python.parents[1] / "mark"
    mark.touch()
    assert environment("guard-nobody", tmp_path, tmp_path) == python
    assert mark.exists()
    lock.write_text("# nothing else\n")
    environment("guard-nobody", tmp_path, tmp_path)
    assert not mark.exists()


@pytest.mark.slow
def test_what_has_no_hash_is_not_installed_and_the_peer_is_told_of_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench-guard-aicordon.txt").write_text("aicordon==1.4.0\n")
    with pytest.raises(NotInstalled, match="hashes"):
        environment("guard-aicordon", tmp_path, tmp_path)
    monkeypatch.setattr(
        "bench.bed.guard_peers.environment", lambda name: environment(name, tmp_path, tmp_path)
    )
    assert "hashes" in answers("aicordon", [("hello", "user")]).fault


@pytest.mark.slow
def test_texts_are_the_same_each_time_and_every_set_has_its_counterpart() -> None:
    if not guard.DATA.exists():
        pytest.skip("needs ../shared/data/guard")
    texts = cases(guard.DATA, 60)
    assert texts == cases(guard.DATA, 60)
    sides = Counter((each.of, each.attack) for each in texts)
    assert len(sides) == 6
    assert min(sides.values()) > 50
    names = {each.name for each in texts if each.attack}
    assert not names & {each.name for each in texts if not each.attack}
    assert {each.channel for each in texts if each.of == DOCUMENTS} == {"document"}
    assert all(each.source for each in texts if each.attack)
