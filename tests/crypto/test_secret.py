"""A tag cannot be compared carelessly, and a secret cannot leave by accident."""

import copy
import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.crypto.secret import Secret, Tag


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_a_tag_matches_the_same_octets_and_no_others(one: bytes, other: bytes) -> None:
    assert Tag(one).matches(one)
    assert Tag(one).matches(Tag(one))
    assert Tag(one).matches(other) is (one == other)


def test_a_tag_refuses_every_careless_comparison() -> None:
    tag = Tag(b"tag")
    for careless in (
        lambda: tag == b"tag",
        lambda: tag != b"tag",
        lambda: b"tag" == tag,  # noqa: SIM300  the other way round is the point
        lambda: tag in [b"gat", b"tag"],
        lambda: {tag: 1},
    ):
        with pytest.raises(TypeError):
            careless()


def test_a_secret_prints_nothing_of_itself() -> None:
    secret = Secret(b"hunter2")
    shown = f"{secret} {secret!r} {secret:>20} {secret!s}" + str([secret]) + repr({"key": secret})
    assert "hunter2" not in shown
    assert shown.count("…") == 6
    assert secret.reveal() == b"hunter2"


def test_a_secret_is_neither_pickled_copied_encoded_nor_compared() -> None:
    secret = Secret(b"hunter2")
    for way in (
        lambda: pickle.dumps(secret),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy(secret),
        lambda: json.dumps({"key": secret}),
        lambda: msgspec.json.encode(secret),
        lambda: secret == b"hunter2",
        lambda: {secret: 1},
        lambda: vars(secret),
    ):
        with pytest.raises(TypeError):
            way()
    assert secret.matches(b"hunter2")
    assert not secret.matches(b"hunter3")
