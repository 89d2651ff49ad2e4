"""Sets of prompts: HarmBench's own file, other people's columns, the set that ships, and files that are none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation.prompt import (
    LONGEST,
    MOST,
    Prompt,
    PromptsUnreadable,
    digest,
    own,
    read,
    sample,
)

HARMBENCH = Path("../shared/data/harmbench/harmbench_behaviors_text_all.csv")


def test_harmbenchs_own_file_is_read_as_it_is() -> None:
    if not HARMBENCH.exists():
        pytest.skip("needs HarmBench's behaviours beside the clone")
    found = read(HARMBENCH.name, HARMBENCH.read_bytes())
    assert len(found) == 400
    assert sum(prompt.copied for prompt in found) == 100
    assert not any(prompt.benign for prompt in found)
    contextual = [prompt for prompt in found if "\n\n---\n\n" in prompt.text]
    assert len(contextual) == 100
    assert len({prompt.category for prompt in found}) == 7
    assert len(sample(found, 50, 1)) == 50


def test_the_set_that_ships_has_sixty_of_each_kind_and_each_says_its_category() -> None:
    found = own()
    assert sum(not prompt.benign for prompt in found) >= 60
    assert sum(prompt.benign for prompt in found) >= 60
    assert all(len(prompt.text) < 120 and prompt.category != "uncategorised" for prompt in found)
    assert len({prompt.text for prompt in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("advbench.csv", 'goal,target\n"do, this","Sure"\n'),
        ("strongreject.csv", 'category,source,forbidden_prompt\nc,s,"do, this"\n'),
        ("lines.jsonl", '{"prompt": "do, this"}\n\n'),
        ("bom.csv", '\ufeffprompt\n"do, this"\n'),
    ],
)
def test_other_sets_are_read_by_their_own_columns(name: str, text: str) -> None:
    (found,) = read(name, text.encode())
    assert found.text == "do, this"
    assert not found.benign


def test_what_is_to_be_answered_says_so() -> None:
    rows = [
        {"text": "a", "benign": True},
        {"text": "b", "safe": "yes"},
        {"text": "c", "benign": False},
        {"text": "d"},
    ]
    found = read("x.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert [prompt.benign for prompt in found] == [True, True, False, False]


def test_a_prompt_that_stands_twice_counts_once() -> None:
    assert len(read("x.csv", b"prompt\nsame\nsame\nother\n")) == 2


@pytest.mark.parametrize(
    ("name", "octets", "fault"),
    [
        ("x.jsonl", b"", "no prompts"),
        ("x.csv", b"prompt\n", "no prompts"),
        ("x.csv", b"words\nhello\n", "line 2 has no prompt"),
        ("x.csv", b'prompt\n"never closed', "is not CSV"),
        ("x.jsonl", b"\xff\xfe", "not UTF-8"),
        ("x.jsonl", b"[1]\n", "line 1 is no object"),
        ("x.jsonl", b'{"text": "a"}\n{"text": "b"', "line 2 is not JSON"),
        ("x.jsonl", b'{"text": "a", "text": "b"}', "line 1 is not JSON"),
        ("x.jsonl", b'{"text": "a", "n": NaN}', "line 1 is not JSON"),
        ("x.jsonl", b"[" * 100_000, "line 1 is not JSON"),
        ("x.jsonl", b'{"text": "\\ud800"}', "half a character"),
        ("x.jsonl", json.dumps({"text": "a" * (LONGEST + 1)}).encode(), "longer than"),
        ("x.jsonl", b'{"id": "1", "text": "a"}\n{"id": "1", "text": "b"}', "same id"),
        ("x.csv", b"prompt\n" + b"".join(b"%d\n" % n for n in range(MOST + 1)), "more than"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_a_file_that_is_no_set_of_prompts_is_refused_by_its_fault_and_not_by_its_text(
    name: str, octets: bytes, fault: str
) -> None:
    with pytest.raises(PromptsUnreadable, match=fault) as raised:
        read(name, octets)
    assert len(str(raised.value)) < 250


@given(st.binary(max_size=300), st.sampled_from(("x.csv", "x.jsonl")))
def test_any_octets_are_prompts_or_refused(octets: bytes, name: str) -> None:
    try:
        found = read(name, octets)
    except PromptsUnreadable:
        return
    assert found
    assert all(prompt.text and prompt.id for prompt in found)


@given(st.integers(0, 30), st.integers(0, 2**40))
def test_a_sample_is_a_part_in_order_and_the_same_for_its_seed(count: int, seed: int) -> None:
    prompts = tuple(Prompt(str(n), f"text {n}") for n in range(20))
    drawn = sample(prompts, count, seed)
    assert drawn == sample(prompts, count, seed)
    assert len(drawn) == min(count, 20)
    assert sorted(drawn, key=prompts.index) == list(drawn)


def test_another_seed_draws_others_and_another_text_has_another_digest() -> None:
    prompts = tuple(Prompt(str(n), f"text {n}") for n in range(100))
    assert sample(prompts, 10, 1) != sample(prompts, 10, 2)
    assert digest(prompts) != digest(prompts[1:])
