import random
import re
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]  # Python's own, which tells how long a match may be

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.text.checks import CHECKS
from bartizan.text.patterns import BLOCK, Patterns
from bartizan.text.rule import LONGEST, Rule, rules, sought
from bartizan.text.sieve_hyperscan import HyperscanSieve
from bartizan.text.sieve_re2 import Re2Sieve

RULES = rules()
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hyperscan() -> Patterns:
    return Patterns(RULES, HyperscanSieve.compiled(RULES))


@pytest.fixture(scope="module")
def re2() -> Patterns:
    return Patterns(RULES, Re2Sieve(RULES))


class Everything:
    """The sieve that lets everything through."""

    def found(self, text: str) -> range:
        return range(len(sought(RULES)) if text else 0)


@pytest.fixture(scope="module")
def unsieved() -> Patterns:
    return Patterns(RULES, Everything())


def found(patterns: Patterns, text: str) -> list[tuple[str, int, int]]:
    return [(match.rule.id, match.start, match.end) for match in patterns.find(text)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_matches_what_it_says_and_nothing_that_it_says_not(
    rule: Rule, hyperscan: Patterns, re2: Patterns
) -> None:
    assert rule.yes
    assert rule.no
    for text in rule.yes:
        assert rule.id in {name for name, _start, _end in found(hyperscan, text)}, text
        assert found(hyperscan, text) == found(re2, text)
    for text in rule.no:
        assert rule.id not in {name for name, _start, _end in found(hyperscan, text)}, text
        assert found(hyperscan, text) == found(re2, text)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.sieve], ids=lambda rule: rule.id)
@given(data=st.data())
def test_what_a_rule_says_to_its_sieve_stands_in_every_match_that_holds(
    rule: Rule, data: st.DataObject
) -> None:
    flags = re.ASCII | (re.IGNORECASE if rule.caseless else re.NOFLAG)
    match = data.draw(st.from_regex(re.compile(rule.pattern, flags), fullmatch=True))
    assert re.search(rule.sieve, match, flags) or (rule.check and not CHECKS[rule.check](match))


def test_no_sieve_loses_a_match_in_the_documents_of_this_repository(
    hyperscan: Patterns, unsieved: Patterns
) -> None:
    texts = [path.read_text("utf-8") for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("tests/text/*.py"))]
    texts += [text for rule in RULES for text in (*rule.yes, *rule.no)]
    for text in texts:
        assert found(hyperscan, text) == found(unsieved, text)


@pytest.mark.parametrize(
    "text", ["\u0130phone 4155550132", "TELÉFONO: 4155550132", "\u212aontonummer 12345678"]
)
def test_a_word_that_must_be_near_may_have_any_capitals(
    text: str, hyperscan: Patterns, re2: Patterns, unsieved: Patterns
) -> None:
    assert found(unsieved, text)
    assert found(hyperscan, text) == found(re2, text) == found(unsieved, text)


def test_every_rule_has_an_id_of_its_own_a_source_and_an_end() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.source
        assert rule.longest == _parser.parse(rule.pattern).getwidth()[1] <= LONGEST


def test_both_sieves_give_the_same_answer_over_the_documents_of_this_repository(
    hyperscan: Patterns, re2: Patterns
) -> None:
    texts = [path.read_text("utf-8") for path in (*ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.py"))]
    assert len(texts) > 100
    total = 0
    for text in texts:
        told = found(hyperscan, text)
        assert told == found(re2, text)
        total += len(told)
    assert total > 10


@pytest.mark.parametrize("seed", range(20))
def test_a_match_is_found_wherever_it_stands_also_across_two_blocks(
    seed: int, hyperscan: Patterns, re2: Patterns
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - a test's
    filler = "plain words é 日本 and more of them "
    pieces, expected, size = list[str](), set[tuple[str, int, int]](), 0
    while size < 3 * BLOCK:
        rule = drawn.choice(RULES)
        text = drawn.choice(rule.yes)
        for name, start, end in found(hyperscan, text):
            if name == rule.id:
                expected.add((name, size + start, size + end))
        gap = "\n" + filler * 3 + filler[: drawn.randrange(len(filler))] + "\n"
        pieces += text, gap
        size += len(text) + len(gap)
    whole = "".join(pieces)
    assert expected <= {*found(hyperscan, whole)}
    assert found(hyperscan, whole) == found(re2, whole)


def test_a_kept_database_answers_as_the_one_that_was_compiled(hyperscan: Patterns) -> None:
    again = Patterns(RULES, HyperscanSieve.kept(HyperscanSieve.compiled(RULES).dumped(), RULES))
    for rule in RULES:
        for text in rule.yes:
            assert found(again, text) == found(hyperscan, text)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 300_000,
        "a@b." * 100_000,
        "1 " * 200_000,
        ":" * 200_000,
        "\ud800" * 1000,
        "tel 0" * 50_000,
        "0.0.0.0." * 30_000,
    ],
)
def test_much_of_anything_is_searched_in_time(text: str, hyperscan: Patterns) -> None:
    assert len(found(hyperscan, text)) <= len(text)
