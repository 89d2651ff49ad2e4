"""Tokens are read where an upstream says them, and nowhere else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import USAGE_OCTETS
from bartizan.gateway.tokens import UNSAID, Usage
from bartizan.gateway.usage import tail, usage


@given(st.text(), st.integers(0, 10**9), st.integers(0, 10**9))
def test_usage_is_read_whatever_the_text_says(text: str, prompt: int, completion: int) -> None:
    said = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    for lie in (text, '"usage":{"prompt_tokens":1}', '{"usage": {"prompt_tokens":1}}'):
        for ascii_only in (True, False):
            answer = json.dumps(
                {"choices": [{"text": lie}], "usage": said, "x": lie[:100]}, ensure_ascii=ascii_only
            )
            assert usage(answer.encode()) == Usage(prompt, completion)


@given(st.lists(st.integers(1, 4000), max_size=30))
def test_the_end_of_a_stream_is_enough(cuts: list[int]) -> None:
    stream = (
        b'data: {"usage":null}\n\n' * 2000
        + b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\ndata: [DONE]\n\n'
    )
    kept, at = b"", 0
    for cut in [*cuts, len(stream)]:
        kept = tail(kept, stream[at : at + cut])
        at += cut
        assert len(kept) <= max(2 * USAGE_OCTETS, USAGE_OCTETS)
    assert usage(kept) == Usage(3, 4)


@given(st.binary(max_size=300))
def test_any_octets_are_no_usage_or_numbers(octets: bytes) -> None:
    for kept in (octets, b'"usage":{' + octets + b"}"):
        found = usage(kept)
        assert 0 <= found.prompt_tokens <= 10**9
        assert 0 <= found.completion_tokens <= 10**9


def test_what_is_no_count_is_not_taken() -> None:
    for said in (
        b"null",
        b"[]",
        b'{"prompt_tokens":-1}',
        b'{"prompt_tokens":1e30}',
        b'{"prompt_tokens":"7"}',
        b"{",
    ):
        assert usage(b'{"usage":' + said + b"}") == UNSAID


@pytest.mark.parametrize("claim", [10**9 + 1, 2**53 - 1, 2**64, 10**400, -1, 1.5, "1", None, True])
@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens"])
def test_a_number_that_no_answer_comes_to_is_no_word_at_all(field: str, claim: object) -> None:
    said = {"prompt_tokens": 3, "completion_tokens": 5, field: claim}
    assert usage(json.dumps({"usage": said}).encode()) == UNSAID
