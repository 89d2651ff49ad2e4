"""A tag of content says nothing without its subject's key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.content import ContentTags, content_tag


def test_a_content_tag_says_nothing_without_its_key() -> None:
    # RFC 4231, test case 2
    assert content_tag(b"Jefe", b"what do ya want for nothing?").startswith(
        "5bdcc146bf60754e6a042426089575c7"
    )
    assert content_tag(bytes(32), b"x") != content_tag(bytes(31) + b"\1", b"x")


@given(key=st.binary(max_size=64), contents=st.lists(st.binary(max_size=200), max_size=4))
def test_tags_under_one_key_are_those_that_are_made_one_by_one(key: bytes, contents: list[bytes]) -> None:
    tags = ContentTags(key)
    assert [tags.of(content) for content in contents] == [content_tag(key, content) for content in contents]


def test_a_key_of_more_than_a_block_makes_no_tags() -> None:
    with pytest.raises(ValueError, match="block"):
        ContentTags(bytes(65))
